// SPDX-License-Identifier: Apache-2.0
//
// What to do with a command that works under a lock, as a pure value: time, lease and process come
// in, signals for its group go out. Its law: nobody of the group runs at held_until(), and nobody
// runs when the lock is given back. A renewal that comes after the first TERM saves nothing.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "base/moment.hpp"
#include "pawl/types.hpp"

namespace pawl::cli {

enum class OnLost : std::uint8_t { term, kill, ignore };

struct Policy {
  Milliseconds ttl{10'000};
  Milliseconds grace{2'000};  // from TERM to KILL
  OnLost on_lost = OnLost::term;
};

// How long before held_until KILL is sent: a killed process takes a moment to be gone, and a busy
// machine wakes us late.
[[nodiscard]] Span lead_of(Milliseconds ttl);

struct Situation {
  bool lost = false;  // the server said so, or held_until has passed
  Moment held_until;
  bool ended = false;        // the leader of the group has exited
  bool killed = false;       // by SIGKILL
  bool others_left = false;  // somebody else of its group still runs; asked only once it has ended
};

// Something a person should be told, once.
enum class Notice : std::uint8_t {
  feared,       // not renewed in time: TERM before it lapses
  told,         // the server says it is no longer ours: TERM
  too_late,     // KILL without a TERM before: it has lapsed, or on_lost says so
  ignored,      // lost, and the command goes on
  winding_up,   // the leader has exited, the rest is sent TERM
  out_of_time,  // TERM was not obeyed: KILL
};

struct Orders {
  std::vector<int> signals;  // for the group, in this order
  std::vector<Notice> notices;
};

class Supervision {
 public:
  explicit Supervision(Policy policy) : policy_(policy), lead_(lead_of(policy.ttl)) {}

  void review(Moment now, const Situation& situation, Orders& out);

  // The command was stopped, or would have been, because of the lock.
  [[nodiscard]] bool lost() const { return lost_; }
  [[nodiscard]] bool has_killed() const { return killed_; }
  // When review must be called at the latest, as things stand.
  [[nodiscard]] Moment next_deadline(const Situation& situation) const;

 private:
  void judge_lease(Moment now, const Situation& situation, Orders& out);
  void wind_up(Moment now, Orders& out);
  void term(Moment now, Moment at_the_latest, Notice why, Orders& out);
  void kill(Notice why, Orders& out);
  [[nodiscard]] Moment act_at(const Situation& situation) const;
  [[nodiscard]] Moment kill_at(const Situation& situation) const;

  Policy policy_;
  Span lead_;
  bool lost_ = false;
  bool ignored_ = false;           // lost, told, and not acted on
  std::optional<Moment> kill_at_;  // TERM was sent
  bool killed_ = false;
};

}  // namespace pawl::cli
