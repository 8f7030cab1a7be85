// SPDX-License-Identifier: Apache-2.0
//
// Beside leases that end together: lane 0 makes a pair at every beat; a beat that passes while the
// one before is held up was held up as well. Lane 1 asks the server how many locks there are.
#pragma once

#include <algorithm>

#include "load/engine.hpp"
#include "load/histogram.hpp"

namespace pawl::bench {

class Ending final : public Workload {
 public:
  static constexpr Span beat = std::chrono::milliseconds(1);

  Ending(Moment begins, std::uint64_t other_locks) : due_(begins), most_left_(other_locks + 1) {}

  std::optional<Request> next(Lane lane, Moment now) override {
    if (lane == counter) return ask_count(now);
    if (held_) return Request{Op::release, name, token_};
    if (now < due_) return std::nullopt;
    return Request{Op::acquire, name, 3'000'000};
  }

  void on_reply(Lane lane, const Request& asked, const Reply& reply, Span took,
                Moment now) override {
    if (lane == counter) {
      if (reply.right && reply.value <= most_left_ && all_gone_ == Moment{}) all_gone_ = now;
      return;
    }
    held_ = asked.op == Op::acquire && reply.right;
    token_ = reply.value;
    if (asked.op == Op::release) {
      delays_.add(took);
      return;
    }
    for (; due_ < now; due_ += beat) delays_.add(now - due_);
  }

  // By the server's own count; before that, the first moment there is.
  [[nodiscard]] Moment all_gone() const { return all_gone_; }
  [[nodiscard]] const Histogram& delays() const { return delays_; }

 private:
  static constexpr std::string_view name = "probe/00000000000000";
  static constexpr Lane counter = 1;

  std::optional<Request> ask_count(Moment now) {
    if (now < next_count_) return std::nullopt;
    next_count_ = now + 5 * beat;
    return Request{Op::count};
  }

  Moment due_;
  std::uint64_t most_left_;  // the probe's own is one of them
  Moment next_count_{};
  Moment all_gone_{};
  bool held_ = false;
  std::uint64_t token_ = 0;
  Histogram delays_;
};

}  // namespace pawl::bench
