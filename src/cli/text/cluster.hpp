// SPDX-License-Identifier: Apache-2.0
//
// STATUS, with the "servers" of nodes.hpp, told to people: the nodes, each by its own word where it
// was asked itself, else as the one who told sees it.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "cli/text/field.hpp"
#include "cli/text/paint.hpp"

namespace pawl::cli {

struct NodeFacts {
  std::string id;
  std::string role;
  bool is_witness = false;
  std::string server;  // host:port, where it is known
  std::string error;   // why it does not answer; empty: it does, or was not asked
  std::optional<std::int64_t> epoch;
  std::optional<std::int64_t> lag;
  std::optional<std::int64_t> last_contact_ms;

  [[nodiscard]] bool is_reached() const { return error.empty(); }
  // Of many heartbeats none was heard.
  [[nodiscard]] bool is_heard() const { return last_contact_ms.value_or(0) < 1'000; }
};

[[nodiscard]] std::vector<NodeFacts> nodes_in(const Json& status);
[[nodiscard]] std::string status_text(const Json& status, Paint paint = {});

}  // namespace pawl::cli
