// SPDX-License-Identifier: Apache-2.0
//
// The law of outages: a server that is out of reach for less than two thirds of the TTL, less the
// grace, at whatever moment, takes nobody's lock.
#include <algorithm>
#include <deque>
#include <random>

#include "client/acquisition.hpp"
#include "client/conversation.hpp"

namespace pawl::client {
namespace {

Span grace_of(Milliseconds ttl) { return std::min<Span>(5s, Span{ttl} / 5); }

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
        acquisition_(wanted_for(0ms, ttl), start) {}

  // The least that was left before held_until(), at any moment until `end`.
  Span least_left(Moment end) {
    connect_at_ = start;
    while (now_ < end && acquisition_.state() != State::lost) {
      now_ = std::min({end, acquisition_.next_deadline(), connect_at_, next_line(), break_at()});
      note();
      work();
      note();
    }
    return acquisition_.state() == State::held ? least_ : Span{-1};
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
    if (acquisition_.state() == State::held) {
      least_ = std::min(least_, acquisition_.held_until() - now_);
    }
  }

  void work() {
    ++steps_;
    Actions out;
    if (is_out() && kind_ == Kind::breaks && connected_) {
      acquisition_.on_disconnected(now_);
      leave();
    }
    if (now_ >= connect_at_) connect(out);
    if (now_ >= next_line()) {
      const std::string line = lines_.front().text;
      lines_.pop_front();
      acquisition_.on_line(now_, line, out);
    }
    acquisition_.on_tick(now_, out);
    for (const std::string& line : out.lines) answer(line);
    if (out.reconnect) leave();
  }

  // The worst a driver does: the longest pause between attempts.
  void leave() {
    connected_ = false;
    lines_.clear();
    connect_at_ = now_ + longest_pause(ttl_);
  }
  void connect(Actions& out) {
    if (is_out() && kind_ == Kind::breaks) {
      connect_at_ = now_ + longest_pause(ttl_);
      return;
    }
    connect_at_ = never;
    connected_ = true;
    acquisition_.on_connected(now_, out);
  }
  void answer(const std::string& line) {
    const std::string tag = line.starts_with('#') ? line.substr(0, line.find(' ') + 1) : "";
    std::string reply = tag + "OK";
    if (line.find("LOCK") != line.npos) reply += " token=42";
    if (!tag.empty()) reply += " ttl=" + std::to_string(ttl_.count());
    lines_.push_back({(is_out() ? until_ : now_) + 2 * delay_, reply});
  }

  Milliseconds ttl_;
  Span delay_;
  Kind kind_;
  Moment from_;
  Moment until_;
  Acquisition acquisition_;
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

TEST_CASE("a way of 100 ms does not keep a lease of a second from being renewed") {
  Outage none(1s, 50ms, Outage::Kind::breaks, start + 1h, 0ms);
  CHECK(none.least_left(start + 60s) > 200ms);
}

}  // namespace
}  // namespace pawl::client
