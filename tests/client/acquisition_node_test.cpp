// SPDX-License-Identifier: Apache-2.0
//
// Acquisitions against the node and the wire that ship, in virtual time: whatever breaks, expires
// or is broken, never two of one name are held.
#include <map>
#include <memory>
#include <random>

#include "client/acquisition.hpp"
#include "client/conversation.hpp"
#include "node/core.hpp"

namespace pawl::client {
namespace {

using testing::Core;

// One client: an acquisition after the other, over a connection that can be cut.
struct Contender {
  std::string name;
  int connections = 0;  // its connection is "A7"
  int acquisitions = 0;
  bool connected = false;
  std::unique_ptr<Acquisition> acquisition;
  std::deque<std::string> on_the_way;  // to it
  Moment late_until;                   // until then no line reaches it
  bool held = false;
  bool broken = false;    // by an operator, and it may not know: that is what tokens are for
  bool released = false;  // asked for: it does not act on the lock any more
  std::uint64_t grants = 0;
};

class Contest {
 public:
  explicit Contest(std::uint64_t seed, bool breaks)
      : random_(seed), breaks_(breaks), core_({}, testing::Flushing::at_once) {
    for (const char* name : {"A", "B", "C"}) contenders_.push_back(Contender{name});
    for (Contender& contender : contenders_) begin(contender);
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
      one.released = true;
      perform(one, [&](Actions& out) { one.acquisition->release(core_.now(), out); });
    } else if (what < 90 && breaks_) {
      break_lock();
    } else {
      lose_a_line(one);
    }
    settle();
  }

  [[nodiscard]] int held() const {
    int count = 0;
    for (const Contender& one : contenders_) count += is_held(one) ? 1 : 0;
    return count;
  }
  [[nodiscard]] std::uint64_t grants() const {
    std::uint64_t sum = 0;
    for (const Contender& one : contenders_) sum += one.grants;
    return sum;
  }
  [[nodiscard]] const std::map<State, int>& ends() const { return ends_; }
  [[nodiscard]] bool tokens_rise() const { return tokens_rise_; }

 private:
  [[nodiscard]] std::size_t below(std::size_t n) { return static_cast<std::size_t>(random_() % n); }

  // As the one who works under the lock sees it: by the clock too.
  [[nodiscard]] bool is_held(const Contender& one) const {
    return !one.broken && !one.released && one.acquisition->state() == State::held &&
           core_.now() < one.acquisition->held_until();
  }
  [[nodiscard]] std::string connection_of(const Contender& one) const {
    return one.name + std::to_string(one.connections);
  }

  void begin(Contender& one) {
    std::optional<Milliseconds> wait = Milliseconds{below(5'000)};
    if (below(4) == 0) wait = 0ms;
    if (below(4) == 0) wait.reset();
    Wanted wanted = wanted_for(wait, Milliseconds{100 + below(1'500)});
    wanted.id = one.name + std::to_string(++one.acquisitions);
    one.acquisition = std::make_unique<Acquisition>(wanted, core_.now());
    one.held = one.broken = one.released = false;
  }

  void connect(Contender& one) {
    if (one.connected) return;
    one.connected = true;
    ++one.connections;
    one.on_the_way.clear();
    core_.connect(connection_of(one));
    perform(one, [&](Actions& out) { one.acquisition->on_connected(core_.now(), out); });
  }
  void cut(Contender& one) {
    if (!one.connected) return;
    one.connected = false;
    core_.disconnect(connection_of(one));
    one.acquisition->on_disconnected(core_.now());
  }
  void lose_a_line(Contender& one) {
    if (!one.on_the_way.empty()) one.on_the_way.pop_front();
  }
  void break_lock() {
    for (Contender& one : contenders_) {
      if (one.acquisition->token().value == 0) continue;
      one.broken = true;
      core_.send("operator",
                 "BREAK a token=" + std::to_string(one.acquisition->token().value) + " reason=x");
    }
  }

  template <class Step>
  void perform(Contender& one, Step step) {
    Actions out;
    step(out);
    if (one.connected) {
      for (const std::string& line : out.lines) core_.send(connection_of(one), line);
    }
    if (out.reconnect) cut(one);
    note(one);
  }

  void note(Contender& one) {
    const bool held = one.acquisition->state() == State::held;
    if (held && !one.held) {
      ++one.grants;
      tokens_rise_ = tokens_rise_ && one.acquisition->token() > last_token_;
      last_token_ = one.acquisition->token();
    }
    one.held = held;
    if (!one.acquisition->is_over()) return;
    ++ends_[one.acquisition->state()];
    cut(one);  // each has connections of its own
    begin(one);
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
        perform(one, [&](Actions& out) { one.acquisition->on_line(core_.now(), line, out); });
      }
      collect();
    }
  }

  void advance(Span span) {
    const Moment until = core_.now() + span;
    while (core_.now() < until) {
      Moment next = until;
      for (Contender& one : contenders_) {
        next = std::min(next, one.acquisition->next_deadline());
      }
      core_.advance(std::max<Span>(next - core_.now(), Span{1}));
      REQUIRE(held() <= 1);
      for (Contender& one : contenders_) {
        perform(one, [&](Actions& out) { one.acquisition->on_tick(core_.now(), out); });
      }
    }
  }

  std::mt19937_64 random_;
  bool breaks_;
  Core core_;
  std::vector<Contender> contenders_;
  std::map<State, int> ends_;
  Token last_token_;
  bool tokens_rise_ = true;
};

TEST_CASE("never two of one name are held, whatever breaks") {
  std::uint64_t grants = 0;
  std::map<State, int> ends;
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
  CHECK(ends[State::lost] > 100);
  CHECK(ends[State::refused] > 100);
  CHECK(ends[State::released] > 100);
}

}  // namespace
}  // namespace pawl::client
