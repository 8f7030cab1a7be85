// SPDX-License-Identifier: Apache-2.0
//
// Listening sockets that a service manager opened before pawld was started, as sd_listen_fds(3)
// documents them. Each is named for what it is to serve: client, peer or http. Its law: a socket
// that is handed over is used, or is a mistake that is told; nobody knocks in vain.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "server/config/environment.hpp"
#include "server/start_failure.hpp"

namespace pawl::server {

class Activation {
 public:
  static constexpr int first_descriptor = 3;  // where a service manager puts them

  Activation() = default;  // nothing was handed over

  // Of LISTEN_PID, LISTEN_FDS and LISTEN_FDNAMES; those meant for another process are not ours.
  [[nodiscard]] static Started<Activation> take(const Environment& environment,
                                                int first = first_descriptor);

  // The descriptor that serves in place of listen.<name>; it is the caller's then.
  [[nodiscard]] std::optional<int> claim(std::string_view name);

  // Whether one is left that nobody claimed.
  [[nodiscard]] std::optional<StartFailure> unclaimed() const;

 private:
  struct Given {
    std::string name;
    int descriptor;
  };
  std::vector<Given> given_;
};

}  // namespace pawl::server
