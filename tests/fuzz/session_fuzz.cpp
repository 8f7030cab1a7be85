// SPDX-License-Identifier: Apache-2.0
//
// A session of the client library and a server that says anything: bytes decide what the user asks,
// what comes back, when, and which connections end. The session never says what a server would not
// understand, never counts its time from later than it asked, keeps no hold beyond that, tells of
// each what can be, and comes to rest.
#include <algorithm>
#include <array>
#include <iterator>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "base/ensure.hpp"
#include "client/session.hpp"
#include "draws.hpp"
#include "replay_corpus.hpp"
#include "wire/request.hpp"

namespace pawl::client {
namespace {

using namespace std::chrono_literals;

// % is a number that is drawn.
constexpr std::string_view replies[] = {"OK",
                                        "OK session=x handle=s1 ttl=10000 new=yes",
                                        "OK session=x handle=s% ttl=% new=no",
                                        "OK token=% ttl=10000",
                                        "OK ttl=10000 token=%",
                                        "OK ttl=10000",
                                        "OK ttl=%",
                                        "OK ttl=",
                                        "OK cancelled",
                                        "OK cancelled=no token=% ttl=10000",
                                        "OK released=%",
                                        "OK {\"a\":1}",
                                        "ERR TIMEOUT",
                                        "ERR BUSY waiters=% expires_in=%",
                                        "ERR NOT_HELD",
                                        "ERR CANCELLED",
                                        "ERR MISMATCH msg=\"no\"",
                                        "ERR SESSION_EXPIRED",
                                        "ERR NO_SESSION",
                                        "ERR NOT_PRIMARY primary=10.0.0.2:7295",
                                        "ERR NOT_PRIMARY",
                                        "ERR UNAVAILABLE",
                                        "ERR RESTARTING",
                                        "ERR GRACE",
                                        "ERR LIMIT limit=locks",
                                        "ERR BAD_REQUEST msg=\"what?\"",
                                        "ERR DEADLOCK cycle=\"s1 s2\"",
                                        "ERR INTERNAL",
                                        "ERR SOMETHING_NEW x=%",
                                        "EVENT LOST name=a token=% reason=expired",
                                        "EVENT LOST name=b token=% reason=max_hold",
                                        "EVENT LOST session=s1 locks=% reason=expired"};
constexpr std::string_view numbers[] = {"0",
                                        "1",
                                        "2",
                                        "3",
                                        "700",
                                        "10000",
                                        "86400000",
                                        "9007199254740991",
                                        "9223372036854775807",
                                        "9223372036854",
                                        "18446744073709551615",
                                        "-1"};
constexpr Span spans[] = {0ms, 1ms, 50ms, 700ms, 2s, 5s, 11s, 1min};

class Talk {
 public:
  explicit Talk(fuzz::Draws& draws) : draws_(draws) {}

  void play() {
    while (!draws_.at_end()) {
      act();
      tick_what_is_due();
      check();
    }
    perform([this](SessionActions& out) { session_.abandon(now_, out); });
    ensure(session_.is_over() && session_.next_deadline() == never);
    for (const auto& [key, told] : told_) ensure(told.is_over);
  }

 private:
  void act() {
    switch (draws_.below(11)) {
      case 0: return connect();
      case 1: return disconnect();
      case 2: return lock();
      case 3: {
        const HoldKey key = draws_.below(std::min<std::size_t>(told_.size() + 2, 256));
        return perform([&](SessionActions& out) { session_.release(now_, key, out); });
      }
      case 4:
      case 5:
      case 6: return reply(true);
      case 7: return reply(false);
      case 8: return pass(draws_.pick(spans));
      case 9: return hear(draws_.text(64));
      case 10:
        if (draws_.one_in(16)) perform([this](SessionActions& out) { session_.close(now_, out); });
        return;
    }
  }

  void connect() {
    if (connected_) return;
    connected_ = true;
    sent_.clear();
    perform([this](SessionActions& out) { session_.on_connected(now_, out); });
  }
  void disconnect() {
    if (!connected_) return;
    connected_ = false;
    perform([this](SessionActions& out) { session_.on_disconnected(now_, out); });
  }

  void lock() {
    constexpr std::array<std::string_view, 3> names{"a", "b", "jobs/c"};
    Wanted wanted;
    wanted.names.emplace_back(draws_.pick(names));
    if (draws_.one_in(3) && wanted.names.front() != "b") wanted.names.emplace_back("b");
    if (!draws_.one_in(3)) wanted.wait = std::chrono::duration_cast<Milliseconds>(pick_span());
    wanted.mode = static_cast<Mode>(draws_.below(3));
    if (wanted.mode == Mode::slot) wanted.slots = 3;
    if (draws_.one_in(3)) wanted.max_hold = 700ms;
    if (draws_.one_in(4)) wanted.delay = 2s;
    if (draws_.one_in(4)) wanted.note = "two \"words\"\n\\";
    perform([&](SessionActions& out) { told_.try_emplace(session_.lock(now_, wanted, out)); });
  }
  Span pick_span() { return draws_.pick(spans); }

  // To one of the last requests, or to nobody.
  void reply(bool tagged) {
    std::string line;
    if (tagged && !sent_.empty()) {
      const std::size_t back = draws_.below(std::min<std::size_t>(sent_.size(), 8));
      line = "#" + std::prev(sent_.end(), static_cast<std::ptrdiff_t>(back) + 1)->first + " ";
    }
    for (const char c : draws_.pick(replies)) {
      if (c == '%') {
        line += draws_.pick(numbers);
      } else {
        line += c;
      }
    }
    hear(line);
  }
  void hear(std::string_view line) {
    if (!connected_) return;
    const auto reply = parse_reply_line(line);
    if (reply && reply->kind == ReplyLine::Kind::ok && sent_.contains(reply->tag)) {
      // Whatever else the answer says, it promises no more than this.
      if (const auto ttl = reply->number("ttl")) promise(sent_.at(reply->tag), *ttl);
    }
    perform([&](SessionActions& out) { session_.on_line(now_, line, out); });
  }
  void promise(Moment sent, std::uint64_t ttl) {
    const auto most = static_cast<std::uint64_t>((never - sent) / 1ms);
    promised_ = std::max(promised_, sent + Milliseconds{std::min(ttl, most)});
  }

  void pass(Span span) {
    for (const Moment until = now_ + span; now_ < until;) {
      now_ = std::min(until, std::max(now_, session_.next_deadline()));
      tick_what_is_due();
    }
  }
  void tick_what_is_due() {
    for (int ticks = 0; session_.next_deadline() <= now_; ++ticks) {
      ensure(ticks < 8);  // a tick that changes nothing and asks for another never ends
      perform([this](SessionActions& out) { session_.on_tick(now_, out); });
    }
  }

  template <class Step>
  void perform(Step step) {
    SessionActions out;
    step(out);
    ensure(out.lines.empty() || connected_);
    for (const std::string& line : out.lines) take_line(line);
    for (const Told& told : out.told) take(told);
    if (out.reconnect) connected_ = false;
  }

  void take_line(const std::string& text) {
    const wire::Line line = parser_.parse(text);
    ensure(line.kind == wire::LineKind::request);
    ensure(!std::holds_alternative<request::Malformed>(line.request));
    if (line.tag.empty()) return;
    ensure(tags_.insert(std::string(line.tag)).second);
    sent_.emplace(line.tag, now_);
  }

  void take(const Told& told) {
    const auto [at, fresh] = told_.try_emplace(told.key);
    Told& before = at->second;
    ensure(!before.is_over);
    const bool moves = told.state != before.state;
    switch (before.state) {
      case HoldState::asking: break;
      case HoldState::held:
        ensure(!moves || told.state == HoldState::lost || told.state == HoldState::released);
        break;
      case HoldState::released:  // of several names some may turn out to be gone
        ensure(!moves || told.state == HoldState::lost);
        break;
      case HoldState::lost:
      case HoldState::refused: ensure(!moves || told.state == HoldState::released); break;
    }
    if (told.state == HoldState::held) ensure(told.token.value != 0);
    if (told.state == HoldState::held && !session_.is_open()) unfounded_.insert(told.key);
    before = told;
  }

  void check() {
    if (session_.is_open()) {
      ensure(session_.until() <= promised_);
      ensure(now_ < session_.until() || session_.is_over());
    }
    for (const auto& [key, told] : told_) {
      // A server that grants in a session that it has not opened lies, and is taken at its word.
      if (unfounded_.contains(key) && !session_.is_open()) continue;
      const bool held = !told.is_over && told.state == HoldState::held;
      ensure(held == (session_.left(now_, key) > Span{0}));
    }
  }

  fuzz::Draws& draws_;
  Session session_{{"secret", 10s, "", false, 5s}};
  Moment now_{1h};
  Moment promised_{};
  bool connected_ = false;
  wire::RequestParser parser_;
  std::map<std::string, Moment, std::less<>> sent_;  // on this connection, by tag
  std::set<std::string> tags_;                       // ever
  std::map<HoldKey, Told> told_;                     // the last of each
  std::set<HoldKey> unfounded_;
};

}  // namespace
}  // namespace pawl::client

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  pawl::fuzz::Draws draws(data, size);
  pawl::client::Talk(draws).play();
  return 0;
}
