// SPDX-License-Identifier: Apache-2.0
//
// One connection's go at having its requests stepped: then the others have theirs.
#pragma once

#include <cstddef>
#include <string_view>
#include <utility>

#include "server/connection.hpp"
#include "server/loop.hpp"

namespace pawl::server {

class Going {
 public:
  Going(const Connection& connection, std::string_view rest, Loop& loop)
      : connection_(connection),
        loop_(loop),
        most_requests_(connection.owns(rest) ? later : at_first),
        told_before_(connection.outbox.unread_bytes()) {}

  // Asked before each request is stepped.
  [[nodiscard]] bool is_over() {
    const int before = requests_++;
    const bool look = before != 0 && (before % between_looks == 0 || std::exchange(costly_, false));
    return before == most_requests_ ||
           connection_.outbox.unread_bytes() > told_before_ + most_told ||
           (look && loop_.budget_is_spent());
  }

  // The request just stepped may have cost as much as many others: the clock is read before the
  // next.
  void was_costly() { costly_ = true; }

 private:
  // The first one, of what was just read, is short: a hundred pipelines that come at once are soon
  // put in line, and who sends little is not.
  static constexpr int at_first = 8;
  static constexpr int later = 64;
  static constexpr int between_looks = 8;  // at the clock
  static constexpr std::size_t most_told = 16'384;

  const Connection& connection_;
  Loop& loop_;
  const int most_requests_;
  const std::size_t told_before_;
  int requests_ = 0;
  bool costly_ = false;
};

}  // namespace pawl::server
