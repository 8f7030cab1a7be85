// SPDX-License-Identifier: Apache-2.0
//
// The longest time without a success, the one that has not ended at the end of the run included.
#pragma once

#include "cli/bench/tally.hpp"

namespace pawl::cli::bench {

class Outage {
 public:
  void begin(Time start) {
    start_ = last_ = longest_from_ = start;
    longest_ = Span{0};
    has_ended_ = false;
  }
  void success(Time now) {
    if (has_ended_) return;
    if (now - last_ > longest_) {
      longest_ = now - last_;
      longest_from_ = last_;
    }
    last_ = now;
  }
  void end(Time now) {
    success(now);
    has_ended_ = true;
  }

  [[nodiscard]] Span longest() const { return longest_; }
  [[nodiscard]] Span since() const { return longest_from_ - start_; }  // when it began

 private:
  Time start_{};
  Time last_{};
  Time longest_from_{};
  Span longest_{0};
  bool has_ended_ = false;
};

}  // namespace pawl::cli::bench
