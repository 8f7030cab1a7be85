// SPDX-License-Identifier: Apache-2.0
#include "cli/bench/progress.hpp"

#include <poll.h>
#include <unistd.h>

#include <cmath>
#include <string_view>
#include <utility>

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

std::string seconds_text(Span span) {
  return std::to_string(std::chrono::duration_cast<std::chrono::seconds>(span).count()) + "s";
}

std::string measured_text(const Going& going, const Expected& expected, double rate,
                          const Tally& tally) {
  const Histogram& first = tally.measures().front().latency;
  return seconds_text(going.since) + " of " + seconds_text(expected.duration) + "  " +
         grouped(tally.operations()) + " operations  " +
         grouped(static_cast<std::uint64_t>(std::llround(rate))) + "/s  p99 " +
         latency_text(first.percentile(0.99)) + "  errors: " + grouped(tally.error_count());
}

}  // namespace

Progress::Progress(bool is_wanted, Expected expected)
    : is_shown_(is_wanted && isatty(STDERR_FILENO) == 1), expected_(expected), due_(1s) {}

Progress::~Progress() {
  if (has_shown_) put(clear_line);
}

void Progress::show(const Going& going, const Tally& tally) {
  if (!is_shown_) return;
  if (std::exchange(phase_, going.phase) != going.phase) {
    due_ = 1s;
    last_ = 0s;
  }
  if (going.since < due_) return;
  const std::uint64_t count = tally.operations();
  const double rate = rate_of(count - last_count_, going.since - last_);
  put(std::string(clear_line) + progress_text(going, expected_, rate, tally));
  has_shown_ = true;
  last_ = going.since;
  last_count_ = count;
  due_ = going.since + 1s;
}

std::string progress_text(const Going& going, const Expected& expected, double rate,
                          const Tally& tally) {
  switch (going.phase) {
    case Phase::connecting:
      return "connecting: " + grouped(going.count) + " of " + grouped(expected.connections);
    case Phase::working: return measured_text(going, expected, rate, tally);
    case Phase::ending: return "giving back: " + grouped(going.count) + " locks are left";
  }
  return {};
}

}  // namespace pawl::cli::bench
