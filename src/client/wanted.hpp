// SPDX-License-Identifier: Apache-2.0
//
// What one acquisition asks for, and how a LOCK says it.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/moment.hpp"
#include "base/request.hpp"
#include "client/reply_line.hpp"
#include "client/request_line.hpp"
#include "pawl/types.hpp"

namespace pawl::client {

struct Wanted {
  std::vector<std::string> names;  // several: all of them or none, one token, one lease
  std::string id;  // names this acquisition: a repeated LOCK is the same one, never a second
  Milliseconds ttl{30'000};
  std::optional<Milliseconds> wait;  // none: for ever; 0: try once
  Mode mode = Mode::exclusive;
  std::uint32_t slots = 0;   // of Mode::slot
  Milliseconds delay{0};     // how long nobody is granted it after an unclean loss
  Milliseconds max_hold{0};  // taken back after so long; 0: never
  std::string note;          // shown to others; empty: none
  // From its start it is asked for at least so long, wait=0 too, where no server says yes or no.
  Milliseconds patience{1'000};
};

// What no server needs to be asked for: a name, an id or a note that is none.
[[nodiscard]] std::optional<Refusal> refusal_of_form(const Wanted& wanted);

// When the wait is over; never, if it is for ever.
[[nodiscard]] Moment wait_end_of(const Wanted& wanted, Moment now);
// Until when it is asked for at all.
[[nodiscard]] Moment ask_until_of(const Wanted& wanted, Moment now);

// The words behind the names and the TTL of its LOCK.
void add_wait(RequestLine& line, const Wanted& wanted, Moment wait_end, Moment now);
void add_shape(RequestLine& line, const Wanted& wanted);

}  // namespace pawl::client
