// SPDX-License-Identifier: Apache-2.0
//
// Turns of the one io thread: run what is ready until dry, within bounds, then block. After a gap
// (the process was stopped or starved) the bounds do not hold until the sockets are dry: what
// clients sent in the meantime is seen before time passes for anybody.
#pragma once

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>

#include "base/moment.hpp"

namespace pawl::server {

class Loop {
 public:
  Loop();

  [[nodiscard]] boost::asio::io_context& context() { return context_; }

  // The time of this handler; every handler reads it first.
  [[nodiscard]] Moment now() const { return now_; }
  Moment read_time();

  // True when nothing more was ready.
  bool run_ready();

  // A gap since the sockets were dry: do not tick, run_ready() again.
  [[nodiscard]] bool gap_seen() const { return gap_seen_; }

  // Until something is ready, of which one handler is run, or that moment.
  void block(Moment until);

 private:
  boost::asio::io_context context_;
  boost::asio::executor_work_guard<boost::asio::io_context::executor_type> work_;
  Moment now_;
  bool gap_seen_ = false;
};

}  // namespace pawl::server
