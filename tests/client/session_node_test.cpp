// SPDX-License-Identifier: Apache-2.0
//
// Sessions against the node and the wire that ship, in virtual time: whatever breaks, expires or is
// broken, never two of one name are held.
#include <algorithm>
#include <catch2/catch.hpp>
#include <deque>
#include <map>
#include <memory>
#include <random>

#include "client/session.hpp"
#include "node/core.hpp"

namespace pawl::client {
namespace {

using namespace std::chrono_literals;
using testing::Core;

// One client: a session after the other, a hold after the other, over connections that can be cut.
struct Contender {
  std::string name;
  int connections = 0;  // its connection is "A7"
  int sessions = 0;
  bool ending = false;  // the session takes no more
  bool connected = false;
  std::unique_ptr<Session> session;
  HoldKey key = 0;
  Token token;                         // of the hold, once it is granted
  std::deque<Told> told;               // and not looked at yet
  std::deque<std::string> on_the_way;  // to it
  Moment late_until;                   // until then no line reaches it
  bool broken = false;    // by an operator, and it may not know: that is what tokens are for
  bool released = false;  // asked for: it does not act on the lock any more
};

class Contest {
 public:
  explicit Contest(std::uint64_t seed, bool breaks)
      : random_(seed), breaks_(breaks), core_({}, testing::Flushing::at_once) {
    for (const char* name : {"A", "B", "C"}) contenders_.push_back(Contender{name});
    for (Contender& contender : contenders_) begin_session(contender);
  }

  void step() {
    Contender& one = contenders_[below(contenders_.size())];
    const std::size_t what = below(100);
    if (what < 50) {
      advance(Span{1ms} * below(what < 3 ? 3'000 : 200));
    } else if (what < 60) {
      cut(one);
    } else if (what < 80) {
      connect(one);
    } else if (what < 88) {
      release(one);
    } else if (what < 90 && breaks_) {
      break_lock();
    } else if (what < 91) {
      end_session(one);
    } else {
      lose_a_line(one);
    }
    settle();
    for (Contender& each : contenders_) react(each);
  }

  [[nodiscard]] auto held() const {
    return std::count_if(contenders_.begin(), contenders_.end(),
                         [this](const Contender& one) { return is_held(one); });
  }
  [[nodiscard]] std::uint64_t grants() const { return grants_; }
  [[nodiscard]] const std::map<HoldState, int>& ends() const { return ends_; }
  [[nodiscard]] bool tokens_rise() const { return tokens_rise_; }

 private:
  [[nodiscard]] std::size_t below(std::size_t n) { return static_cast<std::size_t>(random_() % n); }

  // As the one who works under the lock sees it: by the clock.
  [[nodiscard]] bool is_held(const Contender& one) const {
    return !one.broken && !one.released && one.session->left(core_.now(), one.key) > 0ms;
  }
  [[nodiscard]] std::string connection_of(const Contender& one) const {
    return one.name + std::to_string(one.connections);
  }

  void begin_session(Contender& one) {
    SessionWanted wanted;
    one.ending = false;
    wanted.secret = one.name + std::to_string(++one.sessions);
    wanted.ttl = Milliseconds{100 + below(1'500)};
    one.session = std::make_unique<Session>(wanted);
    ask(one);
  }
  void end_session(Contender& one) {
    one.ending = true;
    const bool politely = below(2) == 0;
    perform(one, [&](SessionActions& out) {
      politely ? one.session->close(core_.now(), out) : one.session->abandon(core_.now(), out);
    });
  }
  // What it was told, and what it does then.
  void react(Contender& one) {
    for (; !one.told.empty(); one.told.pop_front()) note(one, Told(one.told.front()));
    if (!one.session->is_over()) return;
    cut(one);
    one.told.clear();
    begin_session(one);
  }

  void ask(Contender& one) {
    one.broken = one.released = false;
    one.token = Token{};
    Wanted wanted;
    wanted.names = {"a"};
    wanted.wait = Milliseconds{below(5'000)};
    if (below(4) == 0) wanted.wait = 0ms;
    if (below(4) == 0) wanted.wait.reset();
    perform(one, [&](SessionActions& out) {
      one.key = one.session->lock(core_.now(), std::move(wanted), out);
    });
  }
  void release(Contender& one) {
    one.released = true;
    perform(one, [&](SessionActions& out) { one.session->release(core_.now(), one.key, out); });
  }

  void connect(Contender& one) {
    if (one.connected) return;
    one.connected = true;
    ++one.connections;
    one.on_the_way.clear();
    core_.connect(connection_of(one));
    perform(one, [&](SessionActions& out) { one.session->on_connected(core_.now(), out); });
  }
  void cut(Contender& one) {
    if (!std::exchange(one.connected, false)) return;
    core_.disconnect(connection_of(one));
    perform(one, [&](SessionActions& out) { one.session->on_disconnected(core_.now(), out); });
  }
  void lose_a_line(Contender& one) {
    if (!one.on_the_way.empty()) one.on_the_way.pop_front();
  }
  void break_lock() {
    for (Contender& one : contenders_) {
      if (one.token.value == 0) continue;
      one.broken = true;
      core_.send("operator", "BREAK a token=" + std::to_string(one.token.value) + " reason=x");
    }
  }

  template <class Step>
  void perform(Contender& one, Step step) {
    SessionActions out;
    step(out);
    if (one.connected) {
      for (const std::string& line : out.lines) core_.send(connection_of(one), line);
    }
    one.told.insert(one.told.end(), out.told.begin(), out.told.end());
    if (out.reconnect) cut(one);
  }

  void note(Contender& one, const Told& told) {
    if (told.key != one.key) return;
    if (told.state == HoldState::held) {
      ++grants_;
      tokens_rise_ = tokens_rise_ && told.token > last_token_;
      last_token_ = one.token = told.token;
      return;
    }
    const bool is_lost = told.state == HoldState::lost && !told.is_over;
    if (!is_lost && !told.is_over) return;
    ++ends_[told.state];
    if (is_lost) release(one);
    if (!one.ending) ask(one);
  }

  // What the server says stays on its way until settle(): it may be lost before.
  void collect() {
    for (Contender& one : contenders_) {
      if (!one.connected) continue;
      while (auto line = core_.read(connection_of(one))) one.on_the_way.push_back(*line);
    }
  }
  void settle() {
    collect();
    for (Contender& one : contenders_) {
      if (below(12) == 0) one.late_until = core_.now() + Span{1ms} * below(800);
      if (core_.now() < one.late_until) continue;
      while (one.connected && !one.on_the_way.empty()) {
        const std::string line = one.on_the_way.front();
        one.on_the_way.pop_front();
        perform(one, [&](SessionActions& out) { one.session->on_line(core_.now(), line, out); });
      }
      collect();
    }
  }

  void advance(Span span) {
    const Moment until = core_.now() + span;
    while (core_.now() < until) {
      Moment next = until;
      for (const Contender& one : contenders_) {
        next = std::min(next, one.session->next_deadline());
      }
      core_.advance(std::max<Span>(next - core_.now(), Span{1}));
      REQUIRE(held() <= 1);
      for (Contender& one : contenders_) {
        perform(one, [&](SessionActions& out) { one.session->on_tick(core_.now(), out); });
        react(one);
      }
    }
  }

  std::mt19937_64 random_;
  bool breaks_;
  Core core_;
  std::vector<Contender> contenders_;
  std::uint64_t grants_ = 0;
  std::map<HoldState, int> ends_;
  Token last_token_;
  bool tokens_rise_ = true;
};

TEST_CASE("never two of one name are held, whatever breaks") {
  std::uint64_t grants = 0;
  std::map<HoldState, int> ends;
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    INFO("seed " << seed);
    const bool breaks = seed % 2 == 0;
    Contest contest(seed, breaks);
    for (int step = 0; step < 2'000; ++step) {
      contest.step();
      REQUIRE(contest.held() <= 1);
    }
    // Whose lock is broken may learn of its own grant after the next holder did.
    if (!breaks) REQUIRE(contest.tokens_rise());
    grants += contest.grants();
    for (const auto& [state, count] : contest.ends()) ends[state] += count;
  }
  CHECK(grants > 1'000);
  CHECK(ends[HoldState::lost] > 100);
  CHECK(ends[HoldState::refused] > 100);
  CHECK(ends[HoldState::released] > 100);
}

}  // namespace
}  // namespace pawl::client
