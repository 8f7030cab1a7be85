// SPDX-License-Identifier: Apache-2.0
//
// Virtual time, the one true clock of a simulation, which is also the node's. What is due at the
// same moment happens in the order it was asked for.
#pragma once

#include <algorithm>
#include <cstdint>
#include <functional>
#include <utility>
#include <vector>

#include "base/moment.hpp"

namespace pawl::simulation {

class Schedule {
 public:
  [[nodiscard]] Moment now() const { return now_; }
  [[nodiscard]] std::uint64_t events() const { return events_; }

  void at(Moment moment, std::function<void()> what) {
    queue_.push_back({std::max(moment, now_), ++order_, std::move(what)});
    std::push_heap(queue_.begin(), queue_.end(), is_later);
  }
  void after(Span span, std::function<void()> what) { at(now_ + span, std::move(what)); }

  void run_until(Moment end) {
    while (!queue_.empty() && queue_.front().at <= end) {
      std::pop_heap(queue_.begin(), queue_.end(), is_later);
      Entry entry = std::move(queue_.back());
      queue_.pop_back();
      now_ = entry.at;
      ++events_;
      entry.what();
    }
    now_ = end;
  }

 private:
  struct Entry {
    Moment at;
    std::uint64_t order;
    std::function<void()> what;
  };
  static bool is_later(const Entry& left, const Entry& right) {
    return std::pair{left.at, left.order} > std::pair{right.at, right.order};
  }

  std::vector<Entry> queue_;  // a heap, the earliest in front
  Moment now_{std::chrono::hours{1}};
  std::uint64_t order_ = 0;
  std::uint64_t events_ = 0;
};

}  // namespace pawl::simulation
