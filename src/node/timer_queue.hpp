// SPDX-License-Identifier: Apache-2.0
//
// One deadline per slot. Moving it later only writes it down; the queue catches up when the old
// time comes, so a renewal costs no queue work. Past it a slot is `judged`, while a record that
// stands in the log may still renew it, then `decided`: its end stands in the log.
#pragma once

#include <algorithm>
#include <deque>
#include <functional>

#include "base/ids.hpp"
#include "base/moment.hpp"
#include "base/slab.hpp"

namespace pawl::node {

class TimerQueue {
 public:
  void set(Slot slot, Moment at) {
    make_room(slot);
    timers_[slot].deadline = at;
    if (at < timers_[slot].queued) enqueue(slot, at);
  }
  // Never moves it earlier.
  void raise(Slot slot, Moment at) {
    if (at > deadline(slot)) set(slot, at);
  }
  void clear(Slot slot) { set(slot, never); }
  // `until`: the record that the judgement waits for.
  void mark_judged(Slot slot, LogIndex until) {
    make_room(slot);
    timers_[slot].deadline = judged_until(until);
  }
  void mark_decided(Slot slot) { set(slot, decided); }

  [[nodiscard]] bool is_judged(Slot slot) const {
    return slot < timers_.size() && is_judgement(timers_[slot].deadline);
  }
  // … and not renewed and judged anew since, over records that came later.
  [[nodiscard]] bool is_judged(Slot slot, LogIndex until) const {
    return slot < timers_.size() && timers_[slot].deadline == judged_until(until);
  }
  [[nodiscard]] bool is_decided(Slot slot) const { return deadline(slot) == decided; }
  // Either of them: requests about it await the outcome.
  [[nodiscard]] bool is_ending(Slot slot) const { return is_judged(slot) || is_decided(slot); }
  // Later than any time, once it is ending.
  [[nodiscard]] Moment deadline(Slot slot) const {
    if (slot >= timers_.size()) return never;
    Moment kept = timers_[slot].deadline;
    return is_judgement(kept) ? judged : kept;
  }

  // No slot has a deadline any more.
  void reset() {
    timers_.clear();
    queue_.clear();
  }

  // The next slot whose deadline has come, cleared; or none.
  [[nodiscard]] Slot pop_due(Moment now) {
    while (!queue_.empty() && queue_.front().at <= now) {
      Entry entry = queue_.front();
      std::pop_heap(queue_.begin(), queue_.end(), std::greater<>{});
      queue_.pop_back();
      Timer& timer = timers_[entry.slot];
      if (entry.at != timer.queued) continue;  // superseded by an earlier one
      timer.queued = never;
      if (is_judgement(timer.deadline)) continue;
      if (timer.deadline <= now) {
        timer.deadline = never;
        return entry.slot;
      }
      if (timer.deadline < judged) enqueue(entry.slot, timer.deadline);
    }
    return no_slot;
  }

  // At the latest then there may be something due.
  [[nodiscard]] Moment next() const { return queue_.empty() ? never : queue_.front().at; }

 private:
  static constexpr Moment decided = never - Span{1};
  static constexpr Moment judged = never - Span{2};
  // A judged slot keeps the record that its judgement waits for, as a time before all times.
  [[nodiscard]] static Moment judged_until(LogIndex record) {
    return Moment{Span{-1 - static_cast<Span::rep>(record.value)}};
  }
  [[nodiscard]] static bool is_judgement(Moment kept) { return kept < Moment{}; }

  struct Timer {
    Moment deadline = never;
    Moment queued = never;  // of the slot's one live entry in the queue
  };
  struct Entry {
    Moment at;
    Slot slot;
    auto operator<=>(const Entry&) const = default;
  };

  void make_room(Slot slot) {
    if (slot >= timers_.size()) timers_.resize(slot + 1);
  }
  void enqueue(Slot slot, Moment at) {
    timers_[slot].queued = at;
    if (at >= judged) return;
    queue_.push_back({at, slot});
    std::push_heap(queue_.begin(), queue_.end(), std::greater<>{});
  }

  std::deque<Timer> timers_;  // grows without moving: no pause at a million
  std::deque<Entry> queue_;   // a heap, the earliest in front
};

}  // namespace pawl::node
