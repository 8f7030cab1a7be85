// SPDX-License-Identifier: Apache-2.0
//
// What was logged of late, so that one trouble does not fill the log: the same is said again after
// a while only, or so many times in that while. Bounded: of more troubles at a time than it can
// remember it says nothing.
#pragma once

#include <cstddef>
#include <map>
#include <string>
#include <utility>

#include "base/moment.hpp"

namespace pawl::server {

class SaidLately {
 public:
  explicit SaidLately(Span pause, int times = 1) : pause_(pause), times_(times) {}

  // True if it may be said now; it counts as said then.
  [[nodiscard]] bool may_say(std::string what, Moment now) {
    const auto is_old = [&](const auto& entry) { return now - entry.second.since >= pause_; };
    if (said_.size() == most_remembered) std::erase_if(said_, is_old);
    const auto known = said_.find(what);
    if (known == said_.end()) {
      if (said_.size() == most_remembered) return false;
      said_.emplace(std::move(what), Said{now, 1});
      return true;
    }
    if (is_old(*known)) known->second = {now, 0};
    return ++known->second.times <= times_;
  }

 private:
  struct Said {
    Moment since;
    int times;
  };
  static constexpr std::size_t most_remembered = 256;

  Span pause_;
  int times_;
  std::map<std::string, Said> said_;
};

}  // namespace pawl::server
