// SPDX-License-Identifier: Apache-2.0
#include "client/asking/loop.hpp"

#include <signal.h>

#include <boost/asio/executor_work_guard.hpp>
#include <boost/system/error_code.hpp>

namespace pawl::client {

void Loop::catch_signals() {
  signals_.emplace(context_, SIGINT, SIGTERM);
  signals_->async_wait([this](boost::system::error_code error, int number) {
    if (!error) signal_ = number;
  });
}

void Loop::stop_catching() {
  signals_.reset();
  context_.restart();
  context_.poll();  // the handler, before `signal_` begins anew
  signal_ = 0;
}

bool Loop::run_until(const bool& done, Patience patience) {
  const auto start = std::chrono::steady_clock::now();
  context_.restart();
  while (!done && signal_ == 0) {
    const std::size_t ran =
        patience ? context_.run_one_until(start + *patience) : context_.run_one();
    if (ran == 0) break;
  }
  return done;
}

void Loop::pause(std::chrono::milliseconds span) {
  const auto work = boost::asio::make_work_guard(context_);
  run_until(false, span);
}

}  // namespace pawl::client
