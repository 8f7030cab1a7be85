// SPDX-License-Identifier: Apache-2.0
#include "server/maintenance_progress.hpp"

#include <poll.h>
#include <unistd.h>

#include <utility>

namespace pawl::server {
namespace {

using namespace std::chrono_literals;

constexpr Span first = 1s;
constexpr Span every = 250ms;
constexpr std::string_view clear_line = "\r\x1b[K";

std::string amount(std::uint64_t count, Unit unit) {
  return std::to_string(unit == Unit::bytes ? count >> 20U : count);
}

}  // namespace

Progress::Progress() : Progress(STDERR_FILENO, isatty(STDERR_FILENO) == 1, read_clock) {}

Progress::Progress(int stream, bool is_shown, Clock clock)
    : stream_(stream),
      is_shown_(is_shown),
      clock_(clock),
      started_(clock()),
      due_(started_ + first) {}

Progress::~Progress() {
  if (has_shown_) put(clear_line);
}

void Progress::begin(Stage stage) {
  stage_ = std::move(stage);
  done_ = 0;
}

void Progress::add(std::uint64_t count) {
  done_ += count;
  if (!is_shown_) return;
  const Moment now = clock_();
  if (now < due_) return;
  due_ = now + every;
  put(std::string(clear_line) + progress_text(stage_, done_, now - started_));
  has_shown_ = true;
}

void Progress::put(std::string_view text) const {
  pollfd terminal{stream_, POLLOUT, 0};
  if (poll(&terminal, 1, 0) != 1) return;
  [[maybe_unused]] const ssize_t written = write(stream_, text.data(), text.size());
}

std::string progress_text(const Stage& stage, std::uint64_t done, Span elapsed) {
  std::string text = stage.what + ": " + amount(done, stage.unit);
  if (stage.total != 0) text += " of " + amount(stage.total, stage.unit);
  text += stage.unit == Unit::bytes ? " MiB, " : " pieces, ";
  return text + std::to_string(std::chrono::duration_cast<std::chrono::seconds>(elapsed).count()) +
         " s";
}

}  // namespace pawl::server
