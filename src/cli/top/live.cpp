// SPDX-License-Identifier: Apache-2.0
#include "cli/top/live.hpp"

#include <utility>

namespace pawl::cli::top {

using namespace std::chrono_literals;
using boost::system::error_code;

namespace {

constexpr auto longest_within_key = 50ms;  // between the bytes of one key

}  // namespace

Live::Live(const Globals& globals, Milliseconds interval, View view)
    : interval_(interval),
      view_(std::move(view)),
      looker_(context_, globals),
      next_look_(context_),
      second_(context_),
      rest_of_key_(context_),
      screen_(context_, {.typed = [this](std::string_view bytes) { on_typed(bytes); },
                         .redraw = [this] { draw(); },
                         .ended = [this](int signal) { end(128 + signal); }}) {}

int Live::run() {
  draw();
  look();
  await_second();
  context_.run();
  return code_;
}

void Live::look() {
  if (std::exchange(is_looking_, true)) {
    is_look_due_ = true;
    return;
  }
  is_look_due_ = false;
  next_look_.expires_after(interval_);
  looker_.look(view_.question(screen_.size()), [this](Told told) { on_told(std::move(told)); });
}

void Live::on_told(Told told) {
  is_looking_ = false;
  view_.take(std::move(told));
  draw();
  if (is_look_due_) return look();
  await_look();
}

// Of looks that take longer than the interval the next begins at once.
void Live::await_look() {
  next_look_.async_wait([this](error_code error) {
    if (error || is_looking_) return;
    if (!view_.is_paused()) return look();
    next_look_.expires_after(interval_);
    await_look();
  });
}

void Live::await_second() {
  second_.expires_after(1s);
  second_.async_wait([this](error_code error) {
    if (error) return;
    draw();
    await_second();
  });
}

void Live::on_typed(std::string_view bytes) {
  rest_of_key_.cancel();
  for (const Key& key : keys_.read(bytes)) heed(key);
  draw();
  if (!keys_.is_within_key()) return;
  rest_of_key_.expires_after(longest_within_key);
  rest_of_key_.async_wait([this](error_code error) {
    if (error) return;
    if (const auto key = keys_.end()) heed(*key);
    draw();
  });
}

void Live::heed(const Key& key) {
  switch (view_.on_key(key)) {
    case Deed::none: return;
    case Deed::look: return look();
    case Deed::quit: return end(0);
  }
}

void Live::draw() { screen_.show(view_.draw(screen_.size())); }

void Live::end(int code) {
  code_ = code;
  context_.stop();
}

}  // namespace pawl::cli::top
