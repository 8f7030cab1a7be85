// SPDX-License-Identifier: Apache-2.0
//
// Turns of the one io thread: run what is ready until dry or until the turn is over, then block.
// After a gap (the process was stopped or starved) turns go on, but time passes for nobody until
// what clients sent in the meantime has been seen, or until a second has been spent on it.
#pragma once

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <chrono>

#include "base/moment.hpp"
#include "server/readiness.hpp"

namespace pawl::server {

class Loop {
 public:
  Loop();

  [[nodiscard]] boost::asio::io_context& context() { return context_; }

  // The time of this handler; every handler reads it first.
  [[nodiscard]] Moment now() const { return now_; }
  Moment read_time();

  // Whose sockets clients' are: entered here, told by run_ready.
  [[nodiscard]] Readiness& readiness() { return readiness_; }

  // Begins a turn, within its budget: tells `on_edge` of clients' sockets that are ready, and runs
  // what Asio has. True when nothing more was ready.
  template <class OnEdge>
  bool run_ready(OnEdge&& on_edge) {
    begin_budget();
    int handlers = run_some();  // however many clients are ready
    while (handlers < most_handlers && !budget_is_spent()) {
      if (const auto edge = readiness_.take()) {
        on_edge(*edge);
        ++handlers;
      } else if (!readiness_.fetch()) {
        const int ran = run_some();
        if (ran == 0) return true;
        handlers += ran;
      }
    }
    return false;
  }

  // A millisecond for all the work of a turn, and another one for its effects.
  void begin_budget() { budget_began_ = read_time(); }
  [[nodiscard]] bool budget_is_spent() { return read_time() - budget_began_ > budget; }

  // A gap, and since then not all has been seen: do not tick.
  [[nodiscard]] bool gap_seen() const { return gap_seen_; }
  // Nothing is ready and all that was read has been stepped.
  void end_gap();

  // Until something is ready, of which one handler is run, or that moment.
  void block(Moment until);

 private:
  static constexpr Span budget = std::chrono::milliseconds(1);
  static constexpr int most_handlers = 512;
  static constexpr int most_of_asio = 16;

  // Some of what Asio has ready; how many.
  int run_some();

  boost::asio::io_context context_;
  boost::asio::executor_work_guard<boost::asio::io_context::executor_type> work_;
  Readiness readiness_;
  Moment now_;
  Moment expected_;  // until then the next reading of the time is no surprise
  Moment budget_began_;
  bool gap_seen_ = false;
  Span drained_{0};  // since the gap, the gaps left out
};

}  // namespace pawl::server
