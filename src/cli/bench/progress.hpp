// SPDX-License-Identifier: Apache-2.0
//
// One line on a terminal that says how a run goes, once a second, over itself; gone at the end.
// Never blocks: what the terminal does not take is not shown.
#pragma once

#include <cstdint>
#include <string>

#include "cli/bench/tally.hpp"

namespace pawl::cli::bench {

class Progress {
 public:
  // On stderr, if that is a terminal and `is_wanted`.
  explicit Progress(bool is_wanted);
  ~Progress();
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;

  void show(Span since_start, const Tally& tally);

 private:
  bool is_shown_;
  bool has_shown_ = false;
  Span due_;
  Span last_{0};
  std::uint64_t last_count_ = 0;
};

// "3s  123,456 operations  41,152/s  p99 812us  errors: 0"
[[nodiscard]] std::string progress_text(Span since_start, double rate, const Tally& tally);

}  // namespace pawl::cli::bench
