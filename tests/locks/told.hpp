// SPDX-License-Identifier: Apache-2.0
//
// What can be seen of a record from outside, without slots: each change, then the answer. By this
// the real lock table and the naive one are compared.
#pragma once

#include <cstdint>
#include <ostream>
#include <string>
#include <string_view>

namespace pawl::locks {

using Stamp = std::int64_t;

struct Told {
  std::string_view what;
  std::uint64_t who =
      0;  // an acquisition's `stamp_ms` (the driver makes each unique), or a session
  std::uint64_t number = 0;  // token, claim number, count of holds, or 1 if there is more to sweep
  int why = 0;  // HoldEnd, WaitEnd or SessionEnd; of an answer its Verdict, of a delay its mode
  std::string name{};    // where it is about one name
  bool several = false;  // its LOCK had more than one name
  auto operator<=>(const Told&) const = default;
};

inline std::ostream& operator<<(std::ostream& out, const Told& told) {
  return out << told.what << " " << told.who << " number " << told.number << " why " << told.why
             << " " << told.name << (told.several ? " of several" : "");
}

}  // namespace pawl::locks
