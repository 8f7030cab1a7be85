// SPDX-License-Identifier: Apache-2.0
//
// Whom to ask next, and when: one server of the list after the other, the primary first where
// another node has named it; a pause after each round of the list, longer each time; an end. The
// caller brings the time.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <random>
#include <string_view>
#include <vector>

#include "client/server_address.hpp"

namespace pawl::client {

// Why an attempt came to nothing.
enum class Trouble : std::uint8_t {
  refused,    // nobody listens there: where nobody listens at all, that is the answer
  silent,     // no connection or no reply in time
  broken,     // it was asked, and went away
  elsewhere,  // it says that it does not serve now
};

class Rounds {
 public:
  using Time = std::chrono::steady_clock::time_point;
  using Span = std::chrono::milliseconds;

  // Gives up `limit` after begin().
  Rounds(std::vector<ServerAddress> list, Span limit, std::uint32_t seed);

  void begin(Time now);
  // The one to ask now; with no call of failed() in between, the list goes on.
  const ServerAddress& next();

  // How long to pause before next(). Nothing: there is no use in going on.
  [[nodiscard]] std::optional<Span> failed(Time now, Trouble trouble,
                                           std::string_view primary = {});

  // How long to wait for a connection, for a reply, before the next one is tried: not so long that
  // one machine that is gone would use up the limit, and longer each round.
  [[nodiscard]] Span to_connect(Time now) const;
  [[nodiscard]] Span to_answer(Time now) const;

  [[nodiscard]] std::size_t count() const { return list_.size(); }

 private:
  [[nodiscard]] Span bounded(Time now, Span first) const;
  [[nodiscard]] Span pause_before(Time until, Time now);

  std::vector<ServerAddress> list_;
  Span limit_;
  std::minstd_rand random_;
  Time until_;
  std::size_t next_ = 0;  // of the list
  std::optional<ServerAddress> primary_;
  ServerAddress asked_;
  bool knows_others_ = false;     // a primary was named: the list is not all there is
  bool followed_ = false;         // in this round
  bool worth_repeating_ = false;  // since begin()
  std::size_t failed_ = 0;        // in this round
  unsigned round_ = 0;
};

}  // namespace pawl::client
