// SPDX-License-Identifier: Apache-2.0
#include "server/loop.hpp"

#include <algorithm>
#include <chrono>
#include <utility>

#include "server/clock.hpp"

namespace pawl::server {
namespace {

using namespace std::chrono_literals;

constexpr Span gap = 100ms;         // far beyond a turn: no work of our own takes so long
constexpr Span oversleep = 5ms;     // beyond the moment until which was blocked: as good as a gap
constexpr Span longest_drain = 1s;  // faster clients than this loop must not hold up time for ever

}  // namespace

// One thread runs the loop and touches sockets; others may post.
Loop::Loop()
    : context_(BOOST_ASIO_CONCURRENCY_HINT_UNSAFE_IO),
      work_(context_.get_executor()),
      readiness_(context_),
      now_(read_clock()),
      expected_(now_),
      budget_began_(now_) {}

Moment Loop::read_time() {
  now_ = read_clock();
  const Span late = now_ - expected_;
  expected_ = now_;
  if (late > (std::exchange(slept_, false) ? oversleep : gap)) {
    gap_seen_ = true;
    saw_nobody_ = false;
  }
  if (gap_seen_) {
    drained_ += std::clamp(late, Span::zero(), gap);
    if (drained_ > longest_drain) forget_gap();
  }
  return now_;
}

void Loop::end_gap() {
  if (saw_nobody_) forget_gap();
}

void Loop::forget_gap() {
  gap_seen_ = false;
  saw_nobody_ = false;
  drained_ = Span::zero();
}

bool Loop::asks_asio() {
  const bool posted =
      posted_.load(std::memory_order_relaxed) && posted_.exchange(false, std::memory_order_acquire);
  if (std::exchange(woken_by_clients_, false)) asked_ = now_;
  return posted || gap_seen_ || now_ - asked_ >= between_asks;
}

// One handler may be long, such as an answer over HTTP: then the others wait for the next turn.
int Loop::run_some() {
  int ran = 0;
  while (ran < most_of_asio && context_.poll_one() != 0) {
    ++ran;
    if (budget_is_spent()) ran = most_of_asio;
  }
  asked_ = ran == most_of_asio ? Moment{} : now_;  // there is more: next turn
  return ran;
}

void Loop::block(Moment until) {
  // Asio waits in milliseconds, rounded up, and wakes once a second: a day is as good as never.
  const Span most = std::chrono::hours(24);
  const Span wait = std::min(until - read_time(), most);
  end_turn();
  expected_ = std::max(now_, now_ + wait);  // idle so long; a longer sleep is a gap
  slept_ = true;
  readiness_.announce();
  context_.run_one_for(wait);
  woken_by_clients_ = readiness_.is_announced();
  if (!woken_by_clients_) asked_ = {};  // what woke it may have company
}

}  // namespace pawl::server
