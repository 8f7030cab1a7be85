// SPDX-License-Identifier: Apache-2.0
//
// Servers that a test scripts, as a command is told of them.
#pragma once

#include <cstdint>

#include "cli/globals.hpp"
#include "client/asking/scripted_nodes.hpp"

namespace pawl::cli {

class Nodes : public client::Nodes {
 public:
  [[nodiscard]] Globals globals(std::uint32_t timeout_ms = 10'000) const {
    Globals globals;
    globals.timeout_ms = timeout_ms;
    globals.servers.clear();
    for (const client::ServerAddress& server : list()) {
      globals.servers += (globals.servers.empty() ? "" : ",") + client::to_text(server);
    }
    return globals;
  }
};

using client::saying;

}  // namespace pawl::cli
