// SPDX-License-Identifier: Apache-2.0
#include "cli/bench/progress.hpp"

#include <poll.h>
#include <unistd.h>

#include <cmath>
#include <string_view>

#include "cli/bench/report.hpp"

namespace pawl::cli::bench {
namespace {

using namespace std::chrono_literals;

constexpr std::string_view clear_line = "\r\x1b[K";

void put(std::string_view text) {
  pollfd terminal{STDERR_FILENO, POLLOUT, 0};
  if (poll(&terminal, 1, 0) != 1) return;
  [[maybe_unused]] const ssize_t written = write(STDERR_FILENO, text.data(), text.size());
}

}  // namespace

Progress::Progress(bool is_wanted) : is_shown_(is_wanted && isatty(STDERR_FILENO) == 1), due_(1s) {}

Progress::~Progress() {
  if (has_shown_) put(clear_line);
}

void Progress::show(Span since_start, const Tally& tally) {
  if (!is_shown_ || since_start < due_) return;
  const std::uint64_t count = tally.operations();
  const double rate = rate_of(count - last_count_, since_start - last_);
  put(std::string(clear_line) + progress_text(since_start, rate, tally));
  has_shown_ = true;
  last_ = since_start;
  last_count_ = count;
  due_ = since_start + 1s;
}

std::string progress_text(Span since_start, double rate, const Tally& tally) {
  const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(since_start).count();
  const Histogram& first = tally.measures().front().latency;
  return std::to_string(seconds) + "s  " + grouped(tally.operations()) + " operations  " +
         grouped(static_cast<std::uint64_t>(std::llround(rate))) + "/s  p99 " +
         latency_text(first.percentile(0.99)) + "  errors: " + grouped(tally.error_count());
}

}  // namespace pawl::cli::bench
