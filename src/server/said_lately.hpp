// SPDX-License-Identifier: Apache-2.0
//
// What was logged of late, so that one trouble does not fill the log: the same is said again after
// a while only. Bounded: of more troubles at a time than it can remember it says nothing.
#pragma once

#include <cstddef>
#include <map>
#include <string>
#include <utility>

#include "base/moment.hpp"

namespace pawl::server {

class SaidLately {
 public:
  explicit SaidLately(Span pause) : pause_(pause) {}

  // True if it may be said now; it counts as said then.
  [[nodiscard]] bool may_say(std::string what, Moment now) {
    const auto is_old = [&](const auto& entry) { return now - entry.second >= pause_; };
    if (said_.size() == most_remembered) std::erase_if(said_, is_old);
    const auto known = said_.find(what);
    if (known != said_.end() && !is_old(*known)) return false;
    if (known == said_.end() && said_.size() == most_remembered) return false;
    said_[std::move(what)] = now;
    return true;
  }

 private:
  static constexpr std::size_t most_remembered = 256;

  Span pause_;
  std::map<std::string, Moment> said_;
};

}  // namespace pawl::server
