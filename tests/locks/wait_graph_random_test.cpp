// SPDX-License-Identifier: Apache-2.0
//
// Random graphs of up to 1,000 sessions against a plain reduction: whoever is queued leaves nobody
// deadlocked, whoever is told DEADLOCK would have been.
#include <catch2/catch.hpp>
#include <random>

#include "locks/wait_graph.hpp"
#include "plain_reduction.hpp"
#include "table_driver.hpp"

namespace pawl::locks {
namespace {

class RandomGraph {
 public:
  RandomGraph(std::uint64_t seed, std::size_t sessions, std::size_t names)
      : random_(seed), names_(names) {
    for (std::size_t at = 0; at < sessions; ++at) {
      sessions_.push_back(table_.open(std::to_string(at), !one_in(20)));
    }
  }

  // Empty if the table judged as the reduction does, wherever that was asked.
  [[nodiscard]] std::string step(std::uint64_t judge_one_in) {
    SessionId session = sessions_[below(sessions_.size())];
    Slot at = table_.table().find_session(session);
    const Session& state = table_.table().session(at);
    if (one_in(5)) return give_back(state), "";
    if (one_in(30) && state.first_wait != no_slot) return unclaim(state), "";
    if (state.first_wait != no_slot && !one_in(40)) return {};
    return lock(session, judge_one_in);
  }
  [[nodiscard]] std::size_t deadlocks() const { return deadlocks_; }
  [[nodiscard]] std::size_t queued() const { return queued_; }

 private:
  [[nodiscard]] std::uint64_t below(std::uint64_t end) { return random_() % end; }
  [[nodiscard]] bool one_in(std::uint64_t times) { return below(times) == 0; }

  void unclaim(const Session& session) {
    const Acquisition& wait = table_.table().acquisition(session.first_wait);
    wait.stage == Stage::waiting ? table_.unclaim(wait.claim()) : table_.end_wait(wait.claim());
  }

  void give_back(const Session& session) {
    if (session.first_hold == no_slot) return;
    const Acquisition& hold = table_.table().acquisition(session.first_hold);
    std::string name{table_.table().name_of(hold.lock)};
    table_.unlock(name, hold.token(), session.id);
  }

  std::string lock(SessionId session, std::uint64_t judge_one_in) {
    std::set<std::string> names;
    for (std::uint64_t left = one_in(3) ? 1 + below(4) : 1; left > 0; --left) {
      names.insert("n" + std::to_string(below(names_)));
    }
    // A name has a mode that most use.
    Mode mode = one_in(20) ? Mode(below(3)) : Mode((*names.begin()).back() % 3);
    Wish wish{.wait = true, .session = session, .mode = mode};
    if (mode == Mode::slot) wish.slots = 2;
    Verdict verdict = table_.lock_all({names.begin(), names.end()}, wish);
    queued_ += verdict == Verdict::queued ? 1u : 0u;
    deadlocks_ += verdict == Verdict::deadlock ? 1u : 0u;
    if (verdict == Verdict::queued && one_in(judge_one_in)) {
      PlainReduction plain{table_.table(), {}, {}, mode};
      return plain.stuck().empty() ? "" : "queued, though it is deadlocked";
    }
    if (verdict != Verdict::deadlock || !one_in(judge_one_in)) return {};
    PlainReduction plain{table_.table(), session, {names.begin(), names.end()}, mode};
    if (!plain.stuck().contains(session)) return "told of a deadlock that is none";
    return judge_cycle(table_.cycle(), session, plain.steps());
  }

  std::mt19937_64 random_;
  std::size_t names_;
  TableDriver table_;
  std::vector<SessionId> sessions_;
  std::size_t deadlocks_ = 0;
  std::size_t queued_ = 0;
};

struct Counts {
  std::size_t queued = 0;
  std::size_t deadlocks = 0;
};

void judge_steps(RandomGraph graph, std::size_t steps, std::uint64_t judge_one_in, Counts& told) {
  for (std::size_t at = 0; at < steps; ++at) {
    std::string wrong = graph.step(judge_one_in);
    if (wrong.empty()) continue;
    CAPTURE(at);
    FAIL(wrong);
  }
  told.queued += graph.queued();
  told.deadlocks += graph.deadlocks();
}

TEST_CASE("in random graphs exactly those are told of a deadlock who would wait for ever") {
  Counts told;
  for (std::uint64_t seed = 1; seed <= 40; ++seed) {
    CAPTURE(seed);
    judge_steps({seed, 2 + seed % 12, 3 + seed % 9}, 6'000, 1, told);
  }
  CHECK(told.queued > 5'000);
  CHECK(told.deadlocks > 5'000);
}

TEST_CASE("in random graphs of 1,000 sessions too") {
  Counts told;
  for (std::uint64_t seed = 1; seed <= 3; ++seed) {
    CAPTURE(seed);
    judge_steps({seed, 1'000, 600 * seed}, 20'000, 50, told);
  }
  CHECK(told.queued > 3'000);
  CHECK(told.deadlocks > 300);
}

}  // namespace
}  // namespace pawl::locks
