// SPDX-License-Identifier: Apache-2.0
#include "durability/cycles.hpp"

#include <poll.h>

#include <cstdlib>
#include <exception>
#include <iostream>
#include <memory>
#include <random>
#include <stdexcept>
#include <thread>
#include <utility>
#include <vector>

#include "durability/worker.hpp"
#include "system/temporary_directory.hpp"

namespace pawl::testing {
namespace {

constexpr unsigned workers = 8;

class Story {
 public:
  explicit Story(const Plan& plan) : plan_(plan), random_(plan.seed) {
    if (is_guarded()) {
      make_guard(certificates_.path(), "crashes", {"n1"});
      for (std::string& one : settings_of_guard(certificates_.path(), "n1")) {
        settings_.push_back(std::move(one));
      }
    }
    for (unsigned number = 0; number < workers; ++number) {
      const bool has_session = number % 4 == 3;
      crew_.push_back(std::make_unique<Worker>(number, has_session, plan.seed, history_));
    }
  }

  Outcome tell() {
    Outcome outcome;
    try {
      for (; outcome.cycles < plan_.cycles && history_.first_wrong().empty(); ++outcome.cycles) {
        one_cycle();
      }
      if (history_.first_wrong().empty()) end_in_peace();
    } catch (const std::exception& error) {
      history_.wrong(error.what());
    }
    outcome.wrong = history_.first_wrong();
    outcome.tally = history_.tally();
    return outcome;
  }

 private:
  Node::Options options() {
    return {.directory = directory_.path(),
            .durability = plan_.durability,
            .disk = plan_.disk,
            .seed = random_(),
            .settings = settings_};
  }
  [[nodiscard]] bool is_guarded() const { return plan_.guard == Guard::tls_and_users; }
  [[nodiscard]] Door door(const Node& node) const {
    return {node.port(), is_guarded() ? ca_of_guard(certificates_.path()) : ""};
  }
  [[nodiscard]] bool may_forget() const { return plan_.durability != "fsync"; }

  void look(const Node& node) {
    ++starts_;
    Connection client(door(node));
    client.send("PING");
    history_.expect(client.read_line() == "OK pong", "no answer to PING");
    if (may_forget()) {
      history_.forget_holders();
      for (auto& worker : crew_) worker->forget(starts_);
      return;
    }
    const Shown shown = show(door(node), Worker::lock_names(), history_);
    for (auto& worker : crew_) worker->check(door(node), shown);
  }

  void one_cycle() {
    Node node(options());
    look(node);
    std::vector<std::thread> threads;
    for (auto& worker : crew_) {
      threads.emplace_back([&worker, there = door(node)] { worker->work(there); });
    }
    ::poll(nullptr, 0, 10 + static_cast<int>(random_() % 51));  // the moment of the crash
    const bool kills = plan_.crash == Crash::kill;
    const int ended = kills ? node.kill() : node.cut_power();
    for (std::thread& thread : threads) thread.join();
    if (ended != (kills ? Node::killed : Node::power_cut)) {
      history_.wrong("pawld ended by itself, " + std::to_string(ended) + ":\n" + node.output());
    }
  }

  // And a clean end loses nothing either.
  void end_in_peace() {
    for (int start = 0; start < 2; ++start) {
      // On the real disk: the shim is for crashes.
      Node::Options real = options();
      real.disk = Disk::honest;
      Node node(real);
      look(node);
      const int code = node.terminate();
      if (code != 0) history_.wrong("exit code " + std::to_string(code) + ":\n" + node.output());
    }
  }

  Plan plan_;
  std::mt19937_64 random_;
  StateDirectory directory_;
  TemporaryDirectory certificates_;
  std::vector<std::string> settings_{"leases.restart_grace=0"};
  History history_;
  std::uint64_t starts_ = 0;
  std::vector<std::unique_ptr<Worker>> crew_;
};

}  // namespace

Outcome run(const Plan& plan) {
  Outcome outcome = Story(plan).tell();
  const Tally& tally = outcome.tally;
  std::cout << (plan.crash == Crash::kill ? "kill -9" : "power cut") << ", " << plan.durability
            << (plan.guard == Guard::none ? "" : ", TLS and users") << ": " << outcome.cycles
            << " cycles, " << tally.grants << " grants, " << tally.releases << " releases, "
            << tally.sessions << " sessions; after restarts " << tally.survived << " grants and "
            << tally.still_released << " releases found again; cut off: " << tally.unknown_made
            << " LOCKs granted, " << tally.unknown_not_made << " not, " << tally.unlocks_made
            << " UNLOCKs done, " << tally.unlocks_not_made << " not" << std::endl;
  return outcome;
}

unsigned cycles_wanted() {
  static const unsigned wanted = [] {
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
    unsigned cycles = 20;
#else
    unsigned cycles = 200;
#endif
    if (const char* said = std::getenv("PAWL_KILL_CYCLES")) {
      cycles = static_cast<unsigned>(std::strtoul(said, nullptr, 10));
    }
    ::unsetenv("PAWL_KILL_CYCLES");  // pawld refuses what it does not know
    return cycles;
  }();
  return wanted;
}

}  // namespace pawl::testing
