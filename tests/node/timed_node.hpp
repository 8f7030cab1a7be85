// SPDX-License-Identifier: Apache-2.0
//
// A node under a stopwatch: every step is timed, answers are counted by what they say. Requests are
// values, so that tens of thousands cost the test little. Time passes in pass() only.
#pragma once

#include <time.h>

#include <algorithm>
#include <catch2/catch.hpp>
#include <chrono>
#include <iostream>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "base/ensure.hpp"
#include "base/settings.hpp"
#include "node/event.hpp"
#include "node/node.hpp"
#include "wire/reply.hpp"

namespace pawl::testing {

class TimedNode {
 public:
  explicit TimedNode(const Settings& settings) : settings_(settings), node_(settings, now_, 0) {
    step(node::Tick{});
    flush();
    restart_watch();
  }

  ConnectionId connect() {
    ConnectionId id{next_slot_++, 1};
    step(node::Connected{id, "127.0.0.1:40000"});
    return id;
  }
  void send(ConnectionId who, const Request& request) {
    step(node::ClientRequest{{who, ++requests_}, &request});
    REQUIRE_FALSE(out_.parked);
  }
  // Names are given by their texts, which need live no longer than the call.
  void lock(ConnectionId who, const std::vector<std::string>& names, request::Lock wish = {}) {
    const std::vector<std::string_view> views(names.begin(), names.end());
    wish.names = views;
    send(who, wish);
  }
  void unlock(ConnectionId who, const std::vector<std::string>& names, Token token) {
    const std::vector<std::string_view> views(names.begin(), names.end());
    send(who, request::Unlock{views, token});
  }
  void open(ConnectionId who, request::Open wish = {}) {
    const std::string secret = "5ec4e7-" + std::to_string(++requests_);
    wish.secret = secret;
    send(who, wish);
  }
  void disconnect(ConnectionId who) { step(node::Disconnected{who}); }
  void drain() { step(node::Drain{}); }
  void tick() { step(node::Tick{}); }
  void flush() { step(node::Flushed{node_.replica().last()}); }
  void pass(Span span) { now_ += span; }  // under a second: more at once would be a stall
  [[nodiscard]] bool is_due() const { return node_.next_deadline() <= now_; }
  // Until nothing is due now.
  void come_to_rest() {
    for (int turns = 0; is_due() || node_.replica().in_flight() > 0; ++turns) {
      REQUIRE(turns < 10'000);
      tick();
      flush();
    }
  }

  void restart_watch() { times_.clear(); }
  [[nodiscard]] std::size_t steps() const { return times_.size(); }
  // The longest step since, in milliseconds; printed, with the median.
  double longest_ms(const char* what) {
    REQUIRE_FALSE(times_.empty());
    std::sort(times_.begin(), times_.end());
    std::cout << what << ": " << times_.size() << " steps, median " << times_[times_.size() / 2]
              << " ms, longest " << times_.back() << " ms\n";
    return times_.back();
  }

  // Answers that begin so: "OK token=" for every grant.
  [[nodiscard]] std::size_t told(std::string_view beginning) const {
    std::size_t count = 0;
    for (const auto& [line, times] : told_) {
      if (line.starts_with(beginning)) count += times;
    }
    return count;
  }
  [[nodiscard]] const std::string& last_line() const { return last_line_; }
  [[nodiscard]] Token last_token() const { return last_token_; }
  [[nodiscard]] const locks::LockTable& table() const { return node_.table(); }

 private:
  // Of this thread: what else the machine does meanwhile makes no step long.
  static double worked_ms() {
    timespec worked{};
    ensure(clock_gettime(CLOCK_THREAD_CPUTIME_ID, &worked) == 0);
    return static_cast<double>(worked.tv_sec) * 1e3 + static_cast<double>(worked.tv_nsec) / 1e6;
  }

  void step(const node::Event& event) {
    out_.clear();
    const double start = worked_ms();
    node_.step(now_, event, out_);
    times_.push_back(worked_ms() - start);
    if (settings_.durability != Durability::none) node_.hand_over([](const auto&) {});
    for (const Reply& reply : out_.replies) count(reply.body);
  }
  void count(const ReplyBody& body) {
    last_line_.clear();
    if (const auto* granted = std::get_if<reply::Granted>(&body)) {
      last_token_ = granted->token;
      last_line_ = "OK token=";
    } else {
      wire::format_reply(last_line_, {}, body);
      if (last_line_.ends_with('\n')) last_line_.pop_back();
    }
    ++told_[last_line_];
  }

  Settings settings_;
  Moment now_{std::chrono::hours{1}};
  node::Node node_;
  node::Actions out_;
  std::uint32_t next_slot_ = 0;
  RequestNumber requests_ = 0;
  std::vector<double> times_;
  std::map<std::string, std::size_t> told_;
  std::string last_line_;
  Token last_token_;
};

// Of one step, in milliseconds: asserted with room for a slow machine.
#if defined(__OPTIMIZE__) && !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
inline constexpr std::size_t crowd_size = 10'000;
inline constexpr double patience_ms = 200;
#else
inline constexpr std::size_t crowd_size = 2'000;
inline constexpr double patience_ms = 2'000;
#endif

}  // namespace pawl::testing
