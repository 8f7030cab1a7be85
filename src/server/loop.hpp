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

namespace pawl::server {

class Loop {
 public:
  Loop();

  [[nodiscard]] boost::asio::io_context& context() { return context_; }

  // The time of this handler; every handler reads it first.
  [[nodiscard]] Moment now() const { return now_; }
  Moment read_time();

  // Begins a turn, within its budget; true when nothing more was ready.
  bool run_ready();

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

  boost::asio::io_context context_;
  boost::asio::executor_work_guard<boost::asio::io_context::executor_type> work_;
  Moment now_;
  Moment expected_;  // until then the next reading of the time is no surprise
  Moment budget_began_;
  bool gap_seen_ = false;
  Span drained_{0};  // since the gap, the gaps left out
};

}  // namespace pawl::server
