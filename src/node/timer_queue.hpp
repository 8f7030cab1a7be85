// SPDX-License-Identifier: Apache-2.0
//
// One deadline per slot. Moving it later only writes it down; the queue catches up when the old
// time comes, so a renewal costs no queue work. Past it a slot is `judged`, while a record that
// stands in the log may still renew it, then `decided`: its end stands in the log. A deadline is
// due at the first whole millisecond that is not before it: never early, and in the order of those.
#pragma once

#include <algorithm>
#include <cstdint>
#include <deque>

#include "base/ids.hpp"
#include "base/moment.hpp"
#include "base/row.hpp"
#include "base/slab.hpp"

namespace pawl::node {

class TimerQueue {
 public:
  void set(Slot slot, Moment at) {
    make_room(slot);
    deadlines_[slot] = at;
    if (at < judged) queue_by(slot, at);
  }
  // Never moves it earlier.
  void raise(Slot slot, Moment at) {
    if (at > deadline(slot)) set(slot, at);
  }
  void clear(Slot slot) { set(slot, never); }
  // `until`: the record that the judgement waits for.
  void mark_judged(Slot slot, LogIndex until) {
    make_room(slot);
    deadlines_[slot] = judged_until(until);
  }
  void mark_decided(Slot slot) { set(slot, decided); }

  [[nodiscard]] bool is_judged(Slot slot) const {
    return slot < deadlines_.size() && is_judgement(deadlines_[slot]);
  }
  // … and not renewed and judged anew since, over records that came later.
  [[nodiscard]] bool is_judged(Slot slot, LogIndex until) const {
    return slot < deadlines_.size() && deadlines_[slot] == judged_until(until);
  }
  [[nodiscard]] bool is_decided(Slot slot) const { return deadline(slot) == decided; }
  // Either of them: requests about it await the outcome.
  [[nodiscard]] bool is_ending(Slot slot) const { return is_judged(slot) || is_decided(slot); }
  // Later than any time, once it is ending.
  [[nodiscard]] Moment deadline(Slot slot) const {
    if (slot >= deadlines_.size()) return never;
    Moment kept = deadlines_[slot];
    return is_judgement(kept) ? judged : kept;
  }

  // Nothing earlier will be set. Said before the first is set, it spares each to be queued anew for
  // every horizon since the queue last had something to do.
  void start(Moment now) {
    if (queue_.empty())
      floor_ = std::max(floor_, std::chrono::floor<Millis>(now.time_since_epoch()));
  }
  // No slot has a deadline any more.
  void reset() {
    deadlines_.clear();
    queued_.clear();
    queue_.clear();
  }

  // The next slot whose deadline has come, cleared; or none, or none yet: while next() has come,
  // ask again, after others had their turn.
  [[nodiscard]] Slot pop_due(Moment now) {
    for (int passed_over = 0; passed_over < most_passed_over && next() <= now; ++passed_over) {
      Entry entry = queue_.front();
      std::pop_heap(queue_.begin(), queue_.end(), Later{tick_of(floor_)});
      queue_.pop_back();
      floor_ += Millis{since_floor(entry.tick)};
      if (entry.tick != queued_[entry.slot]) continue;  // superseded by an earlier one
      queued_[entry.slot] = unqueued;
      Moment& deadline = deadlines_[entry.slot];
      if (is_judgement(deadline)) continue;
      if (deadline <= now) {
        deadline = never;
        return entry.slot;
      }
      if (deadline < judged) queue_by(entry.slot, deadline);
    }
    return no_slot;
  }

  // At the latest then there may be something due.
  [[nodiscard]] Moment next() const {
    return queue_.empty() ? never : Moment{floor_ + Millis{since_floor(queue_.front().tick)}};
  }

 private:
  static constexpr Moment decided = never - Span{1};
  static constexpr Moment judged = never - Span{2};
  // A judged slot keeps the record that its judgement waits for, as a time before all times.
  [[nodiscard]] static Moment judged_until(LogIndex record) {
    return Moment{Span{-1 - static_cast<Span::rep>(record.value)}};
  }
  [[nodiscard]] static bool is_judgement(Moment kept) { return kept < Moment{}; }

  // A time in the queue: the last 31 bits of its millisecond. All in the queue are between the
  // floor, the time of what left it last, and the horizon, so that this is enough to tell them
  // apart.
  using Tick = std::uint32_t;
  using Millis = std::chrono::milliseconds;
  static constexpr Tick tick_bits = 0x7FFF'FFFF;
  static constexpr Tick unqueued = ~Tick{0};
  static constexpr Millis horizon{tick_bits};  // 24 days: what is later is queued anew then
  static constexpr int most_passed_over = 1'000;

  struct Entry {
    Tick tick;
    Slot slot;
  };
  struct Later {
    Tick floor;
    bool operator()(const Entry& one, const Entry& other) const {
      Tick left = (one.tick - floor) & tick_bits;
      Tick right = (other.tick - floor) & tick_bits;
      return left != right ? left > right : one.slot > other.slot;
    }
  };

  [[nodiscard]] static Tick tick_of(Millis time) {
    return static_cast<Tick>(time.count()) & tick_bits;
  }
  [[nodiscard]] Tick since_floor(Tick tick) const { return (tick - tick_of(floor_)) & tick_bits; }

  void make_room(Slot slot) {
    if (slot < deadlines_.size()) return;
    deadlines_.reach(slot, never);
    queued_.reach(slot, unqueued);
  }
  // Unless it is in the queue for then or earlier.
  void queue_by(Slot slot, Moment at) {
    auto time = std::chrono::ceil<Millis>(at.time_since_epoch());
    time = std::clamp(time, floor_, floor_ + horizon);
    Tick tick = tick_of(time);
    Tick& queued = queued_[slot];
    if (queued != unqueued && since_floor(queued) <= since_floor(tick)) return;
    queued = tick;
    queue_.push_back({tick, slot});
    std::push_heap(queue_.begin(), queue_.end(), Later{tick_of(floor_)});
  }

  Row<Moment> deadlines_;  // by slot, like what follows; one struct of both would be a third larger
  Row<Tick> queued_;       // of the slot's one live entry in the queue
  std::deque<Entry> queue_;  // a heap, the earliest in front
  Millis floor_{0};          // never later than now
};

}  // namespace pawl::node
