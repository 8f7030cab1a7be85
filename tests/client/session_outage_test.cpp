// SPDX-License-Identifier: Apache-2.0
//
// The law of outages: a server that is out of reach for less than two thirds of the TTL, less the
// grace, at whatever moment, takes nobody's lock.
#include <algorithm>
#include <catch2/catch.hpp>
#include <deque>
#include <string>

#include "client/pace.hpp"
#include "client/session.hpp"

namespace pawl::client {
namespace {

using namespace std::chrono_literals;

constexpr Moment start{std::chrono::hours{1}};

Span grace_of(Milliseconds ttl) { return std::min<Span>(5s, Span{ttl} / 5); }

SessionWanted lasting(Milliseconds ttl) {
  SessionWanted wanted;
  wanted.secret = "x";
  wanted.ttl = ttl;
  return wanted;
}

// A holder, a server that grants and renews, and a network between them that takes `delay` each
// way, but for one outage: then nothing is delivered. Either every connection breaks and none comes
// to be, or all of it seems to work, as with a stopped server, which answers when it goes on.
class Outage {
 public:
  enum class Kind : std::uint8_t { breaks, stops };

  Outage(Milliseconds ttl, Span delay, Kind kind, Moment from, Span length)
      : ttl_(ttl),
        delay_(delay),
        kind_(kind),
        from_(from),
        until_(from + length),
        session_(lasting(ttl)) {
    SessionActions out;
    Wanted wanted;
    wanted.names = {"a"};
    wanted.wait = 0ms;
    key_ = session_.lock(now_, std::move(wanted), out);
  }

  // The least that was left of the lock, at any moment until `end`; less than none: it was lost.
  Span least_left(Moment end) {
    connect_at_ = start;
    while (now_ < end && !lost_) {
      now_ = std::min({end, session_.next_deadline(), connect_at_, next_line(), break_at()});
      note();
      work();
      note();
    }
    return held_ && !lost_ ? least_ : Span{-1};
  }
  [[nodiscard]] int steps() const { return steps_; }

 private:
  struct Line {
    Moment when;
    std::string text;
  };

  [[nodiscard]] bool is_out() const { return now_ >= from_ && now_ < until_; }
  [[nodiscard]] Moment next_line() const {
    if (lines_.empty()) return never;
    const Moment when = lines_.front().when;
    return when >= from_ && when < until_ ? until_ : when;
  }
  [[nodiscard]] Moment break_at() const {
    return kind_ == Kind::breaks && connected_ && now_ < from_ ? from_ : never;
  }
  void note() {
    if (held_) least_ = std::min(least_, session_.left(now_, key_));
  }

  void work() {
    ++steps_;
    SessionActions out;
    if (is_out() && kind_ == Kind::breaks && connected_) {
      session_.on_disconnected(now_, out);
      leave();
    }
    if (now_ >= connect_at_) connect(out);
    if (now_ >= next_line()) {
      const std::string line = lines_.front().text;
      lines_.pop_front();
      session_.on_line(now_, line, out);
    }
    session_.on_tick(now_, out);
    for (const Told& told : out.told) {
      held_ = held_ || told.state == HoldState::held;
      lost_ = lost_ || told.state == HoldState::lost;
    }
    if (out.reconnect) return leave();
    for (const std::string& line : out.lines) answer(line);
  }

  // The worst a driver does: the longest pause between attempts.
  void leave() {
    connected_ = false;
    lines_.clear();
    connect_at_ = now_ + longest_pause(ttl_);
  }
  void connect(SessionActions& out) {
    if (is_out() && kind_ == Kind::breaks) {
      connect_at_ = now_ + longest_pause(ttl_);
      return;
    }
    connect_at_ = never;
    connected_ = true;
    session_.on_connected(now_, out);
  }
  void answer(const std::string& line) {
    const std::string tag = line.starts_with('#') ? line.substr(0, line.find(' ') + 1) : "";
    std::string reply = tag + "OK";
    if (line.find(" LOCK ") != line.npos) reply += " token=42";
    if (line.find(" OPEN ") != line.npos) reply += " session=x handle=s1";
    if (!tag.empty()) reply += " ttl=" + std::to_string(ttl_.count());
    lines_.push_back({(is_out() ? until_ : now_) + 2 * delay_, reply});
  }

  Milliseconds ttl_;
  Span delay_;
  Kind kind_;
  Moment from_;
  Moment until_;
  Session session_;
  HoldKey key_ = 0;
  bool held_ = false;
  bool lost_ = false;
  Moment now_ = start;
  Moment connect_at_ = never;
  bool connected_ = false;
  std::deque<Line> lines_;
  Span least_ = Span::max();
  int steps_ = 0;
};

TEST_CASE("an outage of two thirds of the TTL less the grace, at any moment, goes unnoticed") {
  const auto kind = GENERATE(Outage::Kind::breaks, Outage::Kind::stops);
  for (const Milliseconds ttl :
       {250ms, 400ms, 1'000ms, 2'500ms, 10'000ms, 30'000ms, 300'000ms, 3'600'000ms}) {
    const Span length = Span{ttl} * 2 / 3 - grace_of(ttl) - 1ms;
    constexpr int moments = 400;
    for (int i = 0; i < moments; ++i) {
      // Behind the grant: an outage before there is anything to lose is none.
      const Moment from = start + 5ms + std::min<Span>(2 * Span{ttl}, 5min) * i / moments;
      Outage outage(ttl, 500us, kind, from, length);
      const Span left = outage.least_left(from + 2 * Span{ttl});
      INFO("ttl " << ttl.count() << " ms, outage at " << (from - start) / 1us << " us, left "
                  << left / 1us << " us");
      REQUIRE(left > grace_of(ttl));
      REQUIRE(outage.steps() < 2'000 + 8 * (Span{ttl} / 1s));
    }
  }
}

TEST_CASE("an outage of a whole TTL is noticed") {
  for (const Milliseconds ttl : {250ms, 1'000ms, 30'000ms}) {
    Outage outage(ttl, 500us, Outage::Kind::breaks, start + 1s, ttl);
    CHECK(outage.least_left(start + 1s + 2 * Span{ttl}) < Span{0});
  }
}

TEST_CASE("a way of 100 ms does not keep a session of a second from being renewed") {
  Outage none(1s, 50ms, Outage::Kind::breaks, start + 1h, 0ms);
  CHECK(none.least_left(start + 60s) > 200ms);
}

}  // namespace
}  // namespace pawl::client
