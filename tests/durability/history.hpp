// SPDX-License-Identifier: Apache-2.0
//
// What all clients asked and were told, across every crash, and whether it can be true: no token
// repeats or falls, a lock has one holder, what was acknowledged is still so after a restart. The
// first thing that cannot be true is kept. Any thread.
#pragma once

#include <cstdint>
#include <map>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

namespace pawl::testing {

// One acquisition; its note is unique and tells it apart wherever the server shows it.
struct Acquisition {
  std::string name;
  std::string note;
  std::string id;           // or none
  std::uint64_t floor = 0;  // tokens known when it was first asked for
  std::uint64_t token = 0;  // once granted
  bool in_session = false;
};

// What SHOW tells of a holder.
struct Holder {
  std::uint64_t token = 0;
  std::string note;
};

struct Tally {
  std::size_t grants = 0;
  std::size_t releases = 0;
  std::size_t sessions = 0;
  std::size_t survived = 0;          // grants found again after a restart
  std::size_t still_released = 0;    // releases found again
  std::size_t unknown_made = 0;      // LOCKs that were cut off and had been granted
  std::size_t unknown_not_made = 0;  // and had not
  std::size_t unlocks_made = 0;      // UNLOCKs that were cut off and had been done
  std::size_t unlocks_not_made = 0;  // and had not
};

class History {
 public:
  // Before it is asked for the first time: every token acknowledged so far is below its own.
  void asks(Acquisition& acquisition);
  // Its token became known, by a reply or by SHOW.
  void granted(Acquisition& acquisition, std::uint64_t token);
  // Before the release is asked for: from here on another may hold it.
  void releases(const Acquisition& acquisition);
  // After a crash, a release that was cut off had not been done.
  void holds_still(const Acquisition& acquisition);
  // The server lost its memory, as it may: who held what means nothing any more.
  void forget_holders();

  void expect(bool holds, const std::string& otherwise);
  void wrong(const std::string& what);
  [[nodiscard]] std::string first_wrong() const;  // empty: all can be true
  void count(std::size_t Tally::*what);
  [[nodiscard]] Tally tally() const;

 private:
  void take_holder(const Acquisition& acquisition);
  void wrong_locked(const std::string& what);

  mutable std::mutex mutex_;
  std::uint64_t highest_ = 0;
  std::map<std::uint64_t, std::string> notes_;  // by token
  std::map<std::string, std::string> holders_;  // by lock name: a note
  std::string first_wrong_;
  Tally tally_;
};

}  // namespace pawl::testing
