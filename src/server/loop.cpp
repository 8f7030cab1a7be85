// SPDX-License-Identifier: Apache-2.0
#include "server/loop.hpp"

#include <algorithm>
#include <chrono>

#include "server/clock.hpp"

namespace pawl::server {
namespace {

using namespace std::chrono_literals;

constexpr int most_handlers = 512;
constexpr Span longest_turn = 1ms;
constexpr Span gap = 100ms;
constexpr Span longest_drain = 1s;  // faster clients than this loop must not hold up time for ever

}  // namespace

// One thread runs the loop and touches sockets; others may post.
Loop::Loop()
    : context_(BOOST_ASIO_CONCURRENCY_HINT_UNSAFE_IO),
      work_(context_.get_executor()),
      now_(read_clock()) {}

Moment Loop::read_time() {
  const Moment reading = read_clock();
  if (reading - now_ > gap) gap_seen_ = true;
  now_ = reading;
  return now_;
}

bool Loop::run_ready() {
  const Moment began = read_time();
  for (int handlers = 0;; ++handlers) {
    const Span spent = read_time() - began;
    const bool enough = handlers >= most_handlers || spent > longest_turn;
    if ((enough && !gap_seen_) || spent > longest_drain) break;
    if (context_.poll_one() == 0) {
      gap_seen_ = false;
      return true;
    }
  }
  gap_seen_ = false;
  return false;
}

void Loop::block(Moment until) {
  // Asio waits in milliseconds, rounded up, and wakes once a second: a day is as good as never.
  const Span most = std::chrono::hours(24);
  context_.run_one_for(std::min(until - read_time(), most));
}

}  // namespace pawl::server
