// SPDX-License-Identifier: Apache-2.0
//
// What a run counts: verified operations with how long each took, and everything else under its
// code. Once closed it counts nothing more: what is only given back is no part of the measurement.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "cli/bench/histogram.hpp"

namespace pawl::cli::bench {

using Time = std::chrono::steady_clock::time_point;
using Span = std::chrono::nanoseconds;

struct Measure {
  std::string name;
  bool is_operation = true;  // false: a part of one, which is not counted twice
  Histogram latency;         // nanoseconds
  Span span{0};              // in which it was measured; 0: the whole run
};

class Tally {
 public:
  using Errors = std::map<std::string, std::uint64_t, std::less<>>;

  // Which one it is, for success().
  std::size_t add_operation(std::string name) { return add({std::move(name), true, {}, {}}); }
  std::size_t add_part(std::string name) { return add({std::move(name), false, {}, {}}); }

  void success(std::size_t measure, Span took);
  void error(std::string_view code);
  void close() { is_closed_ = true; }

  [[nodiscard]] const std::vector<Measure>& measures() const { return measures_; }
  [[nodiscard]] Measure& measure(std::size_t index) { return measures_[index]; }
  [[nodiscard]] const Errors& errors() const { return errors_; }
  [[nodiscard]] std::uint64_t operations() const;
  [[nodiscard]] std::uint64_t error_count() const;

 private:
  std::size_t add(Measure measure) {
    measures_.push_back(std::move(measure));
    return measures_.size() - 1;
  }

  std::vector<Measure> measures_;
  Errors errors_;
  bool is_closed_ = false;
};

}  // namespace pawl::cli::bench
