// SPDX-License-Identifier: Apache-2.0
//
// What the waits of one thread that blocks run on, each with an end of its own. Signals, where they
// are caught, end a wait.
#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/signal_set.hpp>
#include <chrono>
#include <optional>

namespace pawl::client {

using Patience = std::optional<std::chrono::milliseconds>;  // none: for ever

class Loop {
 public:
  void catch_signals();  // SIGINT and SIGTERM end a wait from now on, not the process
  [[nodiscard]] int signal() const { return signal_; }  // the first that came; 0: none
  void stop_catching();  // a signal ends the process again, what came is forgotten

  // Runs until `done`, a signal, or the end of patience; true if done.
  bool run_until(const bool& done, Patience patience);
  void pause(std::chrono::milliseconds span);  // a signal ends it
  [[nodiscard]] boost::asio::io_context& context() { return context_; }

 private:
  boost::asio::io_context context_{1};
  std::optional<boost::asio::signal_set> signals_;
  int signal_ = 0;
};

}  // namespace pawl::client
