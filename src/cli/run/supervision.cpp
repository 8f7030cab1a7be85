// SPDX-License-Identifier: Apache-2.0
#include "cli/run/supervision.hpp"

#include <algorithm>
#include <csignal>

namespace pawl::cli {

Span lead_of(Milliseconds ttl) { return std::min<Span>(Span(ttl) / 20, Milliseconds(100)); }

void Supervision::review(Moment now, const Situation& situation, Orders& out) {
  // Whoever had ended before pawl looked, and not by KILL, had ended in time: a guard saw to it.
  const bool over = situation.ended && !situation.others_left && !situation.killed;
  if (!over && !lost_ && !ignored_) judge_lease(now, situation, out);
  if (situation.ended && situation.others_left && !kill_at_ && !killed_) wind_up(now, out);
  if (kill_at_ && !killed_ && now >= kill_at(situation)) kill(Notice::out_of_time, out);
}

void Supervision::judge_lease(Moment now, const Situation& situation, Orders& out) {
  if (policy_.on_lost == OnLost::ignore) {
    if (!situation.lost) return;
    ignored_ = true;
    out.notices.push_back(Notice::ignored);
    return;
  }
  if (!situation.lost && now < act_at(situation)) return;
  // What is left after its leader has ended is taken down by wind_up, and in time.
  if (!situation.lost && situation.ended && !situation.killed) return;
  lost_ = true;
  if (killed_) return;
  const Moment latest = situation.held_until - lead_;
  if (policy_.on_lost == OnLost::kill || kill_at_ || now >= latest) {
    kill(Notice::too_late, out);
  } else {
    term(now, latest, situation.lost ? Notice::told : Notice::feared, out);
  }
}

void Supervision::wind_up(Moment now, Orders& out) { term(now, never, Notice::winding_up, out); }

// CONT too: who is stopped cannot obey.
void Supervision::term(Moment now, Moment at_the_latest, Notice why, Orders& out) {
  out.signals.insert(out.signals.end(), {SIGTERM, SIGCONT});
  out.notices.push_back(why);
  kill_at_ = std::min(now + policy_.grace, at_the_latest);
}

void Supervision::kill(Notice why, Orders& out) {
  out.signals.push_back(SIGKILL);
  out.notices.push_back(why);
  killed_ = true;
}

Moment Supervision::act_at(const Situation& situation) const {
  const Span grace = policy_.on_lost == OnLost::term ? Span(policy_.grace) : Span::zero();
  return situation.held_until - std::max(grace, lead_);
}

Moment Supervision::kill_at(const Situation& situation) const {
  if (policy_.on_lost == OnLost::ignore) return *kill_at_;
  return std::min(*kill_at_, situation.held_until - lead_);
}

Moment Supervision::next_deadline(const Situation& situation) const {
  if (killed_) return never;
  if (kill_at_) return kill_at(situation);
  if (policy_.on_lost == OnLost::ignore) return never;
  return act_at(situation);
}

}  // namespace pawl::cli
