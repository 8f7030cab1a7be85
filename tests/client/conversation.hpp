// SPDX-License-Identifier: Apache-2.0
//
// An Acquisition and the test that plays its server, in virtual time. What it sends stands in
// `sent`; the server's lines are put in by hand. Ticks come when next_deadline() asks for them and
// at no other time; one that changes nothing, and asks for another at once, fails the test.
#pragma once

#include <catch2/catch.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "client/acquisition.hpp"

namespace pawl::client {

using namespace std::chrono_literals;

inline constexpr Moment start{std::chrono::hours{1}};

inline Wanted wanted_for(std::optional<Milliseconds> wait, Milliseconds ttl = 30s) {
  Wanted wanted;
  wanted.names = {"a"};
  wanted.id = "x";
  wanted.ttl = ttl;
  wanted.wait = wait;
  return wanted;
}

class Conversation {
 public:
  explicit Conversation(Wanted wanted) : acquisition(std::move(wanted), start) {}

  void connect() {
    connected = true;
    sent.clear();
    perform([this](Actions& out) { acquisition.on_connected(now, out); });
    reply("OK");  // to EVENTS on
  }
  void connect_silently() {
    connected = true;
    sent.clear();
    perform([this](Actions& out) { acquisition.on_connected(now, out); });
  }
  void disconnect() {
    connected = false;
    acquisition.on_disconnected(now);
  }
  void reply(std::string_view line) {
    perform([&](Actions& out) { acquisition.on_line(now, line, out); });
  }
  // To the last request of this verb, with its tag.
  void answer(std::string_view verb, std::string_view reply_text) {
    for (auto line = sent.rbegin(); line != sent.rend(); ++line) {
      const std::size_t blank = line->find(' ');
      if (!line->starts_with('#') || !line->substr(blank + 1).starts_with(verb)) continue;
      reply(line->substr(0, blank + 1) + std::string(reply_text));
      return;
    }
    FAIL("no " << verb << " was sent");
  }
  void release() {
    perform([this](Actions& out) { acquisition.release(now, out); });
  }

  void advance(Span span) { advance_to(now + span); }
  void advance_to(Moment until) {
    int at_once = 0;
    while (acquisition.next_deadline() <= until) {
      at_once = acquisition.next_deadline() <= now ? at_once + 1 : 0;
      if (at_once > 3) FAIL("ticks without end");
      now = std::max(now, acquisition.next_deadline());
      ++ticks;
      perform([this](Actions& out) { acquisition.on_tick(now, out); });
    }
    now = until;
  }

  // How many lines with these words were sent since the connection stands.
  [[nodiscard]] std::size_t count(std::string_view words) const {
    std::size_t found = 0;
    for (const std::string& line : sent) found += line.find(words) != line.npos ? 1U : 0U;
    return found;
  }
  [[nodiscard]] State state() const { return acquisition.state(); }
  [[nodiscard]] std::string refusal() const {
    return acquisition.refusal() ? acquisition.refusal()->code : "";
  }
  void hold(std::string_view grant = "OK token=42 ttl=30000") {
    connect();
    answer("LOCK", grant);
    REQUIRE(state() == State::held);
  }

  Acquisition acquisition;
  Moment now = start;
  std::vector<std::string> sent;  // on this connection
  bool connected = false;
  std::string primary;
  int ticks = 0;

 private:
  template <class Step>
  void perform(Step step) {
    Actions out;
    step(out);
    sent.insert(sent.end(), out.lines.begin(), out.lines.end());
    if (!out.reconnect) return;
    connected = false;
    primary = out.primary;
  }
};

}  // namespace pawl::client
