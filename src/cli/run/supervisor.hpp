// SPDX-License-Identifier: Apache-2.0
//
// The loop of `pawl run`: lease, command, signals, terminal and time in one place and one thread.
// It decides nothing about losing a lock (supervision.hpp) and nothing about holding one
// (pawl/client.hpp); after whatever happened it looks at everything anew.
#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/system/error_code.hpp>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "cli/run/child.hpp"
#include "cli/run/guard.hpp"
#include "cli/run/holders.hpp"
#include "cli/run/run_options.hpp"
#include "cli/run/signals.hpp"
#include "cli/run/supervision.hpp"
#include "cli/run/terminal.hpp"
#include "client/boot_timer.hpp"
#include "client/clock.hpp"
#include "pawl/client.hpp"

namespace pawl::cli {

class Supervisor {
 public:
  Supervisor(const RunOptions& options, const Signals& signals, Guard& guard,
             const std::vector<int>& descriptors);
  [[nodiscard]] int run();  // the exit code
  // The lock was lost, before or while the command ran, and no signal had asked for its end.
  [[nodiscard]] bool was_lost() const { return was_lost_ && !asked_to_end_; }

 private:
  enum class Phase : std::uint8_t {
    waiting,    // not granted yet
    granted,    // and about to start the command
    leaving,    // a signal came first: out of the queue, or back with a grant that raced it
    running,    // until nobody of the command's group is left
    returning,  // the lock is given back
    over,
  };

  void ask();
  void on_granted(Lease lease);
  void on_refused(boost::system::error_code error);

  void review();
  void review_granted();
  void review_running();
  void on_renewed();
  void look_at_clock();
  void look_at_command();
  void tell_guard();
  void start();
  void fork_command();
  void look_for_others();
  void obey(const Orders& orders);
  void signal_command(int signal);
  void end_command();

  void wait_for_signals();
  void on_signal(int signal);
  void on_child_signal();
  void on_stopped(int by);
  void resume(bool lend);

  void give_back(Phase phase, int code);
  void on_client_ended(boost::system::error_code error);
  void finish(int code);

  void set_timer();
  void say_who_holds_it();
  [[nodiscard]] Situation situation() const;

  const RunOptions& options_;
  const Signals& signals_;
  Guard& guard_;
  const std::vector<int>& descriptors_;

  boost::asio::io_context context_;
  boost::asio::posix::stream_descriptor signal_stream_;
  client::BootTimer timer_;
  boost::asio::steady_timer patience_;  // before it says who is waited for
  Client client_;
  Diagnostics diagnostics_;
  Lease lease_;
  std::optional<std::stop_callback<std::function<void()>>> on_lost_;
  client::Clock clock_{client::read_clocks()};
  Moment now_;
  Moment held_until_;
  std::optional<Holders> holders_;
  Terminal terminal_;
  Supervision supervision_;
  std::unique_ptr<Child> child_;

  Phase phase_ = Phase::waiting;
  int code_ = 0;
  bool client_is_over_ = false;
  bool was_lost_ = false;
  bool asked_to_end_ = false;
  bool on_terminal_ = false;
  Moment guard_acts_at_ = never;
  bool guard_struck_ = false;
  std::optional<Moment> look_at_;  // when to look for others of its group again
  Span look_pause_{0};
  bool others_left_ = false;
  bool swept_ = false;
  bool said_not_ours_ = false;
};

}  // namespace pawl::cli
