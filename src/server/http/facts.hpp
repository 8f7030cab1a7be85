// SPDX-License-Identifier: Apache-2.0
//
// What the shell knows beside its node, when it is asked.
#pragma once

#include <cstdint>
#include <string>

#include "base/moment.hpp"
#include "base/settings.hpp"

namespace pawl::server::http {

struct Facts {
  Moment now;
  std::string cluster;  // empty: a node alone
  Durability durability = Durability::fsync;
  bool draining = false;
  bool in_gap = false;               // the loop was stopped or starved, and has not caught up
  Moment disk_silent_since = never;  // records went to the disk then, and none has come back since
  std::uint64_t connections = 0;
};

}  // namespace pawl::server::http
