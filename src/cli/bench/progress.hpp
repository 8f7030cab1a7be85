// SPDX-License-Identifier: Apache-2.0
//
// One line on a terminal that says how a run goes, once a second, over itself; gone at the end.
// What takes less than a second, connecting, say, is not worth a line.
// Never blocks: what the terminal does not take is not shown.
#pragma once

#include <cstdint>
#include <string>

#include "cli/bench/engine.hpp"
#include "cli/bench/tally.hpp"

namespace pawl::cli::bench {

// Of the whole run.
struct Expected {
  Span duration{0};  // of what is measured
  std::uint64_t connections = 0;
};

class Progress {
 public:
  // On stderr, if that is a terminal and `is_wanted`.
  Progress(bool is_wanted, Expected expected);
  ~Progress();
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;

  void show(const Going& going, const Tally& tally);

 private:
  bool is_shown_;
  Expected expected_;
  bool has_shown_ = false;
  Phase phase_ = Phase::connecting;
  Span due_;
  Span last_{0};
  std::uint64_t last_count_ = 0;
};

// "3s of 10s  123,456 operations  41,152/s  p99 812us  errors: 0", "connecting: 512 of 4,096",
// "giving back: 71,024 locks are left"
[[nodiscard]] std::string progress_text(const Going& going, const Expected& expected, double rate,
                                        const Tally& tally);

}  // namespace pawl::cli::bench
