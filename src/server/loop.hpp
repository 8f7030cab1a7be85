// SPDX-License-Identifier: Apache-2.0
//
// Turns of the one io thread: run what is ready, or until the turn is over; when dry, block.
// After a gap (the process was stopped or starved) turns go on, but time passes for nobody until
// what clients sent in the meantime has been seen, or until a second has been spent on it.
#pragma once

#include <atomic>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <chrono>
#include <utility>

#include "base/histogram.hpp"
#include "base/moment.hpp"
#include "server/readiness.hpp"

namespace pawl::server {

class Loop {
 public:
  Loop();

  [[nodiscard]] boost::asio::io_context& context() { return context_; }

  // From any thread: runs it soon, on the loop's.
  template <class Function>
  void post(Function&& function) {
    boost::asio::post(context_, std::forward<Function>(function));
    posted_.store(true, std::memory_order_release);
  }

  // The time of this handler; every handler reads it first.
  [[nodiscard]] Moment now() const { return now_; }
  Moment read_time();

  // Whose sockets clients' are: entered here, told by run_ready.
  [[nodiscard]] Readiness& readiness() { return readiness_; }

  // Begins a turn, within its budget: runs what Asio has, if it is time to ask it, and tells
  // `on_edge` of clients' sockets that are ready. True when to block is right. Behind several
  // clients others are ready by the time they are served, and share a batch; behind a lone one
  // seldom.
  template <class OnEdge>
  bool run_ready(OnEdge&& on_edge) {
    begin_budget();
    note_turn();
    const bool asked = asks_asio();
    const int of_asio = asked ? run_some() : 0;  // however many clients are ready
    int clients = 0;
    int before = 0;
    do {
      before = clients;
      readiness_.fetch();
      while (const auto edge = readiness_.take()) {
        on_edge(*edge);
        if (++clients == most_clients || budget_is_spent()) return false;
      }
    } while (clients - before >= several);
    saw_nobody_ = asked && of_asio + clients == 0;
    if (gap_seen_) return saw_nobody_;
    return of_asio < most_of_asio;
  }

  // A millisecond for all the work of a turn, and another one for its effects.
  void begin_budget() { budget_began_ = read_time(); }
  [[nodiscard]] bool budget_is_spent() { return read_time() - budget_began_ > budget; }

  // A gap, and since then not all has been seen: do not tick.
  [[nodiscard]] bool gap_seen() const { return gap_seen_; }
  // All that was read has been stepped: ends it, if nobody at all was ready since it was seen.
  void end_gap();

  [[nodiscard]] Moment turn_began() const { return turn_began_; }
  // How long each turn took, from when it looked who is ready: so long others waited meanwhile.
  [[nodiscard]] const Histogram& turns() const { return turns_; }

  // Until something is ready, of which one handler of Asio's is run, or that moment.
  void block(Moment until);

 private:
  static constexpr Span budget = std::chrono::milliseconds(1);
  static constexpr int most_clients = 512;
  static constexpr int several = 2;
  static constexpr int most_of_asio = 16;

  // To ask Asio costs a system call: not more often than this while clients are ready.
  static constexpr Span between_asks = std::chrono::microseconds(100);
  [[nodiscard]] bool asks_asio();
  // Some of what Asio has ready; how many.
  int run_some();
  void forget_gap();
  // One ends where the next begins, or where the loop blocks.
  void end_turn() {
    if (turn_began_ != never) turns_.add(now_ - turn_began_);
    turn_began_ = never;
  }
  void note_turn() {
    end_turn();
    turn_began_ = now_;
  }

  boost::asio::io_context context_;
  boost::asio::executor_work_guard<boost::asio::io_context::executor_type> work_;
  Readiness readiness_;
  Moment now_;
  Moment expected_;  // until then the next reading of the time is no surprise
  Moment budget_began_;
  Moment turn_began_ = never;  // while it blocks
  Histogram turns_{std::chrono::microseconds{100}};
  Moment asked_;
  bool woken_by_clients_ = false;     // and by nothing else
  std::atomic<bool> posted_ = false;  // since Asio was asked
  bool gap_seen_ = false;
  bool slept_ = false;       // and has not read the time since
  bool saw_nobody_ = false;  // by the last look at all there is, since the gap if there is one
  Span drained_{0};          // since the gap, the gaps left out
};

}  // namespace pawl::server
