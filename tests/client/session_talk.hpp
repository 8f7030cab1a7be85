// SPDX-License-Identifier: Apache-2.0
//
// A Session and the test that plays its server, in virtual time. What it sends stands in `sent`;
// the server's lines are put in by hand. Ticks come when next_deadline() asks for them and at no
// other time; one that changes nothing, and asks for another at once, fails the test.
#pragma once

#include <catch2/catch.hpp>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "client/session.hpp"

namespace pawl::client {

using namespace std::chrono_literals;

class SessionTalk {
 public:
  explicit SessionTalk(Milliseconds ttl = 10s, bool names_user = false)
      : session({"secret", ttl, "", false, 5s, names_user}) {}

  void connect() {
    connected = true;
    sent.clear();
    perform([this](SessionActions& out) { session.on_connected(now, out); });
    reply("OK");  // to EVENTS on
  }
  void open() {
    connect();
    answer("OPEN", "OK session=x handle=s1 ttl=10000 new=yes");
  }
  void disconnect() {
    connected = false;
    perform([this](SessionActions& out) { session.on_disconnected(now, out); });
  }
  void reply(std::string_view line) {
    perform([&](SessionActions& out) { session.on_line(now, line, out); });
  }
  // To the last request of this verb and, if given, with these words: with its tag.
  void answer(std::string_view verb, std::string_view text, std::string_view with = "") {
    for (auto line = sent.rbegin(); line != sent.rend(); ++line) {
      const std::size_t blank = line->find(' ');
      if (!line->starts_with('#') || !line->substr(blank + 1).starts_with(verb)) continue;
      if (line->find(with) == line->npos) continue;
      return reply(line->substr(0, blank + 1) + std::string(text));
    }
    FAIL("no " << verb << " was sent");
  }
  HoldKey lock(std::vector<std::string> names = {"a"},
               std::optional<Milliseconds> wait = std::nullopt, Milliseconds max_hold = 0ms) {
    Wanted wanted;
    wanted.names = std::move(names);
    wanted.wait = wait;
    wanted.max_hold = max_hold;
    HoldKey key = 0;
    perform([&](SessionActions& out) { key = session.lock(now, wanted, out); });
    return key;
  }
  HoldKey hold(const std::string& name = "a", std::uint64_t token = 42) {
    const HoldKey key = lock({name}, 0ms);
    answer("LOCK " + name, "OK ttl=10000 token=" + std::to_string(token));
    REQUIRE(state(key) == HoldState::held);
    return key;
  }
  void release(HoldKey key) {
    perform([&](SessionActions& out) { session.release(now, key, out); });
  }
  void close() {
    perform([this](SessionActions& out) { session.close(now, out); });
  }
  void abandon() {
    perform([this](SessionActions& out) { session.abandon(now, out); });
  }

  void advance(Span span) {
    const Moment until = now + span;
    int at_once = 0;
    while (session.next_deadline() <= until) {
      at_once = session.next_deadline() <= now ? at_once + 1 : 0;
      if (at_once > 3) FAIL("ticks without end");
      now = std::max(now, session.next_deadline());
      perform([this](SessionActions& out) { session.on_tick(now, out); });
    }
    now = until;
  }
  // While the server answers every renewal.
  void live(Span span) {
    for (const Moment until = now + span; now < until;) {
      advance(100ms);
      if (sent.empty() || sent.back().find(" KEEPALIVE") == std::string::npos) continue;
      answer("KEEPALIVE", "OK ttl=10000");
      sent.clear();
    }
  }

  [[nodiscard]] std::size_t count(std::string_view words) const {
    std::size_t found = 0;
    for (const std::string& line : sent) found += line.find(words) != line.npos ? 1U : 0U;
    return found;
  }
  [[nodiscard]] HoldState state(HoldKey key) const {
    const auto found = told.find(key);
    return found == told.end() ? HoldState::asking : found->second.state;
  }
  [[nodiscard]] bool is_over(HoldKey key) const {
    const auto found = told.find(key);
    return found != told.end() && found->second.is_over;
  }
  [[nodiscard]] std::string refusal(HoldKey key) const {
    const auto found = told.find(key);
    return found != told.end() && found->second.refusal ? found->second.refusal->code : "";
  }

  Session session;
  Moment now{std::chrono::hours{1}};
  std::vector<std::string> sent;  // on this connection
  std::map<HoldKey, Told> told;   // the last of each
  bool connected = false;
  std::string primary;

 private:
  template <class Step>
  void perform(Step step) {
    SessionActions out;
    step(out);
    sent.insert(sent.end(), out.lines.begin(), out.lines.end());
    for (const Told& one : out.told) {
      if (one.is_over) CHECK_FALSE(is_over(one.key));
      told[one.key] = one;
    }
    if (!out.reconnect) return;
    connected = false;
    primary = out.primary;
  }
};

}  // namespace pawl::client
