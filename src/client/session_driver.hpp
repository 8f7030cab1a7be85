// SPDX-License-Identifier: Apache-2.0
//
// Drives one Session over the network, on one io_context and its thread: connects to one server
// after the other, reconnects at once and often, ticks. Time is a BootTimer and a clock that takes
// the larger elapsed of CLOCK_BOOTTIME and CLOCK_MONOTONIC_RAW. What is held can be looked at from
// any thread: whoever looks reads the clock, so that a process that was stopped believes nothing.
#pragma once

#include <boost/asio/io_context.hpp>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "client/access.hpp"
#include "client/address_book.hpp"
#include "client/boot_timer.hpp"
#include "client/clock.hpp"
#include "client/link.hpp"
#include "client/route.hpp"
#include "client/session.hpp"

namespace pawl::client {

struct DriverOptions {
  std::vector<ServerAddress> servers;  // at least one
  SessionWanted wanted;
  Resolve resolve = ask_system;
  Access access = {};
};

class SessionDriver : public std::enable_shared_from_this<SessionDriver> {
 public:
  // Called by the io_context, never from within a call of ours, and not after shut().
  struct Calls {
    std::function<void(const Told&)> told;
    std::function<void()> renewed;
    std::function<void(const std::optional<Refusal>&)> over;  // once, the last of all
  };
  struct View {
    Span left{0};  // how long it is certainly held; zero: it is not
    bool is_confirmed = false;
  };

  SessionDriver(boost::asio::io_context& context, DriverOptions options, Calls calls);

  void start();  // until then nobody is connected to, and no wait ends
  void shut();   // nothing of ours is left on the io_context

  HoldKey lock(Wanted wanted);
  void release(HoldKey key);
  void close();
  void abandon();

  [[nodiscard]] View look(HoldKey key) const;  // from any thread

 private:
  template <class Step>
  void perform(Step step);
  void carry_out(Moment at, SessionActions out);
  void wake();
  void connect(Moment at);
  void on_up();
  void on_nearer();
  void on_line(std::string_view line);
  void on_down(const Link::End& end);
  void leave(Moment at, bool again, std::string_view primary, bool soon);
  void settle(Moment at);
  void explain(Refusal& unreachable) const;
  void tell();
  [[nodiscard]] Link::Calls link_calls();

  boost::asio::io_context& context_;
  DriverOptions options_;
  Calls calls_;

  mutable std::mutex mutex_;  // of these two: the io_context's thread changes, others look
  mutable Clock clock_;
  Session session_;

  Route route_;
  std::optional<BootTimer> timer_;
  std::optional<AddressBook> book_;
  std::shared_ptr<Link> link_;
  bool is_up_ = false;
  bool is_heard_ = false;
  std::string last_words_;  // of the server, to nobody in particular: why it closes
  Moment up_since_;
  Span attempt_length_{0};  // of each step on the way to `up`
  Moment attempt_until_ = never;
  Moment connect_at_ = never;

  Moment next_deadline_ = never;  // of the session
  bool is_open_ = false;
  bool is_over_ = false;
  Moment armed_for_ = never;
  std::vector<Told> told_;  // still to be told
  bool renewed_ = false;    // and this
  bool telling_ = false;
  bool told_over_ = false;
  bool is_shut_ = false;
};

}  // namespace pawl::client
