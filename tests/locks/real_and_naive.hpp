// SPDX-License-Identifier: Apache-2.0
//
// The real table and the naive one side by side: each record goes to both, and whatever can be seen
// from outside must be the same. A difference comes back as a text; none is empty.
#pragma once

#include <set>
#include <sstream>
#include <string>
#include <vector>

#include "base/overloaded.hpp"
#include "locks/lock_table.hpp"
#include "naive_table.hpp"
#include "same_state.hpp"

namespace pawl::locks {

class RealAndNaive {
 public:
  explicit RealAndNaive(std::uint64_t hash_seed) : real_(hash_seed) {}

  [[nodiscard]] const NaiveTable& naive() const { return naive_; }

  [[nodiscard]] std::string apply(Epoch epoch, const Record& record) {
    real_.apply(epoch, record, effects_);
    naive_.apply(epoch, record);
    std::vector<Told> real;
    if (effects_.answer.verdict != Verdict::none) real.push_back(answer());
    for (const Change& change : effects_.changes) real.push_back(told(change));
    // At the start of an epoch each wait is judged by itself: their order means nothing.
    if (std::holds_alternative<record::EpochStart>(record)) {
      std::ranges::sort(real);
      std::ranges::sort(naive_.told);
    }
    for (const Told& one : real) {
      bool is_partial_sweep = one.what == "swept" && one.number != 0;
      kinds_told_.insert({one.what, 0, is_partial_sweep, one.why, {}, one.several});
    }
    if (real == naive_.told) return judge(record);
    std::ostringstream text;
    text << "record kind " << record.index();
    for (const Told& one : real) text << "\n  real:  " << one;
    for (const Told& one : naive_.told) text << "\n  naive: " << one;
    return text.str();
  }

  // How many of the 17 answers and of the 50 changes, with their reasons, have come up; one of
  // several names in a LOCK is another than one of one, and a delay of each mode is one.
  [[nodiscard]] std::size_t kinds_told() const { return kinds_told_.size(); }

  [[nodiscard]] std::string compare_state() const { return SameState{real_, naive_}.compare(); }

 private:
  // What the two agree on may still be wrong.
  [[nodiscard]] std::string judge(const Record& record) {
    if (effects_.answer.verdict == Verdict::deadlock && !naive_.were_lowered) {
      SessionId asker = std::get<record::Lock>(record).session;
      std::string wrong = judge_cycle(effects_.cycle, asker, naive_.deadlock);
      if (!wrong.empty()) return "the cycle " + wrong;
    } else if (effects_.answer.verdict != Verdict::deadlock && !effects_.cycle.empty()) {
      return "a cycle without a deadlock";
    }
    bool may_be_overlooked = has_dead_ || !naive_.dead.empty();
    has_dead_ = !naive_.dead.empty();
    const NaiveTable::Acquisition* one = may_be_overlooked ? naive_.overlooked() : nullptr;
    return one == nullptr ? "" : "overlooked: who waits for " + one->left.front();
  }

  [[nodiscard]] std::uint64_t stamp(Slot slot) const {
    return static_cast<std::uint64_t>(real_.acquisition(slot).stamp_ms);
  }

  [[nodiscard]] Told answer() const {
    const Answer& real = effects_.answer;
    Told told{"answered", 0, 0, static_cast<int>(real.verdict)};
    if (real.verdict == Verdict::closed) {
      told.number = real.released;
    } else if (real.session != no_slot) {
      told.number = real_.session(real.session).id.value;
    } else if (real.lock != no_slot) {
      told.name = real_.name_of(real.lock);
    } else if (real.acquisition != no_slot) {
      told.who = stamp(real.acquisition);
      told.number = real_.acquisition(real.acquisition).number;
    }
    return told;
  }

  [[nodiscard]] Told about(std::string_view what, Slot slot, int why = 0) const {
    return {what, stamp(slot), 0, why, {}, several(slot)};
  }
  [[nodiscard]] Told held(std::string_view what, Slot slot) const {
    Told told = about(what, slot);
    told.number = real_.acquisition(slot).number;
    return told;
  }
  [[nodiscard]] bool several(Slot slot) const {
    const Details* details = real_.details(real_.acquisition(slot).details);
    return details != nullptr && details->names > 1;
  }
  [[nodiscard]] std::string name_of(Slot acquisition) const {
    return std::string{real_.name_of(real_.acquisition(acquisition).lock)};
  }
  [[nodiscard]] Told delay(std::string_view what, Slot slot) const {
    const Acquisition& one = real_.acquisition(slot);
    return {what, one.ttl_ms, one.number, static_cast<int>(one.mode), name_of(slot)};
  }

  [[nodiscard]] Told told(const Change& change) const {
    return std::visit(
        Overloaded{
            [&](const change::Granted& one) {
              return held(one.from_queue ? "granted from the queue" : "granted", one.acquisition);
            },
            [&](const change::Renewed& one) { return held("renewed", one.acquisition); },
            [&](const change::Released& one) {
              return Told{"released",
                          stamp(one.acquisition),
                          one.token.value,
                          static_cast<int>(one.end),
                          name_of(one.acquisition),
                          several(one.acquisition)};
            },
            [&](const change::Delayed& one) { return delay("delayed", one.acquisition); },
            [&](const change::DelayEnded& one) { return delay("delay ended", one.acquisition); },
            [&](const change::Claimed& one) { return about("claimed", one.acquisition); },
            [&](const change::Unclaimed& one) { return about("unclaimed", one.acquisition); },
            [&](const change::WaitEnded& one) {
              return about("wait ended", one.acquisition, static_cast<int>(one.end));
            },
            [&](const change::SessionOpened& one) {
              return Told{"opened", real_.session(one.session).id.value};
            },
            [&](const change::SessionEnded& one) {
              return Told{"session ended", real_.session(one.session).id.value, one.holds,
                          static_cast<int>(one.end)};
            },
            [&](const change::SessionSwept& one) {
              return Told{"swept", one.session.value, one.more ? 1u : 0u};
            }},
        change);
  }

  LockTable real_;
  NaiveTable naive_;
  Effects effects_;
  std::set<Told> kinds_told_;
  bool has_dead_ = false;
};

}  // namespace pawl::locks
