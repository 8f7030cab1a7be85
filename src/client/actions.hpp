// SPDX-License-Identifier: Apache-2.0
//
// What the pure side of a client asks of whoever drives it.
#pragma once

#include <string>
#include <vector>

namespace pawl::client {

struct Actions {
  std::vector<std::string> lines;  // to send, in this order, without LF
  bool reconnect = false;          // this connection is of no use: connect to another server,
  std::string primary;             // to this one if given: host:port,
  bool soon = false;               // without a long pause: somebody is primary now or in a moment
};

}  // namespace pawl::client
