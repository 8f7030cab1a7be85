// SPDX-License-Identifier: Apache-2.0
//
// Each node is restarted in turn while programs lock through the library: none of them is told of
// an error, and none loses a lock.
#include <poll.h>

#include <atomic>
#include <catch2/catch.hpp>
#include <chrono>
#include <string>
#include <thread>

#include "cluster/cluster.hpp"
#include "cluster/wire.hpp"
#include "library/load.hpp"
#include "system/temporary_directory.hpp"

namespace pawl::testing {
namespace {

using namespace std::chrono_literals;
using Clock = std::chrono::steady_clock;

std::string output_of(const Words& words) {
  Process process(words);
  const int exit_code = process.wait();
  INFO(words.front() << ": " << process.output());
  REQUIRE(exit_code == 0);
  std::string output = process.output();
  while (output.ends_with('\n')) output.pop_back();
  return output;
}

std::string pawl(const Cluster& cluster, const Words& words) {
  Words all{PAWL_PROGRAM, "-s", cluster.servers()};
  all.insert(all.end(), words.begin(), words.end());
  return output_of(all);
}

// A leased lock of `pawl acquire`, renewed line by line at whoever is primary.
class Leased {
 public:
  static constexpr std::chrono::milliseconds ttl{5'000};

  Leased(const Cluster& cluster, std::string name)
      : cluster_(cluster),
        name_(std::move(name)),
        token_(pawl(cluster, {"acquire", name_, "--ttl", std::to_string(ttl.count()) + "ms"})),
        thread_([this] { renew_all_the_while(); }) {}
  ~Leased() { end(); }
  Leased(const Leased&) = delete;
  Leased& operator=(const Leased&) = delete;

  void give_back() {
    end();
    CHECK(faults_.first() == "");
    pawl(cluster_, {"release", name_, "--token", token_});
  }

 private:
  void renew_all_the_while() {
    TimePoint renewed = Clock::now();
    while (!over_ && !faults_.any()) {
      for (std::size_t node = 0; node < Cluster::size; ++node) {
        const TimePoint sent = Clock::now();
        if (is_renewed_at(node)) renewed = sent;
      }
      if (Clock::now() - renewed >= ttl) faults_.add(name_ + ": not renewed in time");
      ::poll(nullptr, 0, 20);
    }
  }
  // False: ask elsewhere.
  bool is_renewed_at(std::size_t node) {
    const std::string reply =
        cluster_.ask(node, "RENEW " + name_ + " token=" + token_).value_or("silence");
    if (reply.starts_with("OK ttl=")) return true;
    for (const char* known : {"silence", "ERR NOT_PRIMARY", "ERR NO_QUORUM", "ERR SHUTTING_DOWN"}) {
      if (reply.starts_with(known)) return false;
    }
    faults_.add(name_ + ": " + reply);
    return false;
  }
  void end() {
    over_ = true;
    if (thread_.joinable()) thread_.join();
  }

  const Cluster& cluster_;
  const std::string name_;
  const std::string token_;
  Faults faults_;
  std::atomic<bool> over_ = false;
  std::thread thread_;
};

void start_all(Load& load) {
  load.keep("kept/a/", 20);
  load.keep("kept/b/", 1);
  for (int i = 0; i < 3; ++i) load.take_turns("turns");
  load.take_turns("alone");
  load.try_and_try("tried");
  load.try_and_try("tried");
  load.guard("guarded");
  load.guard("guarded");
  load.take_turns_together("together", 8);
  load.read_and_write("read");
  load.read_and_write("read");
  load.take_several("several/1", "several/2");
  load.take_several("several/1", "several/2");
}

void await_done(const Load& load, std::uint64_t more) {
  const std::uint64_t goal = load.done() + more;
  Cluster::await([&] { return load.done() >= goal || load.faults().any(); }, "the load going on");
}

enum class Before : std::uint8_t { nothing, handover };

void restart(Cluster& cluster, std::size_t node, Before before, const Load& load) {
  if (before == Before::handover && cluster.await_primary() == node) pawl(cluster, {"handover"});
  CHECK(cluster.terminate(node) == 0);
  await_done(load, 100);
  cluster.start(node);
  cluster.await_caught_up(node);
  await_done(load, 100);
}

TEST_CASE("a rolling restart under load fails no request of the library and loses no lock") {
  const Before before = GENERATE(Before::handover, Before::nothing);
  Cluster cluster;
  Leased leased(cluster, "leased");
  Load load(cluster.servers());
  start_all(load);
  await_done(load, 200);

  for (int round = 0; round < 2; ++round) {
    for (std::size_t node = 0; node < Cluster::size; ++node) {
      restart(cluster, node, before, load);
    }
  }

  load.end();
  CHECK(load.faults().first() == "");
  leased.give_back();
}

TEST_CASE("a standby is stopped and backed up under load, and nobody notices") {
  Cluster cluster;
  Load load(cluster.servers());
  start_all(load);
  await_done(load, 200);

  const std::size_t standby = (cluster.await_primary() + 1) % Cluster::size;
  cluster.await_caught_up(standby);
  CHECK(cluster.terminate(standby) == 0);
  const TemporaryDirectory place;
  const std::string said = output_of(
      {PAWLD_PROGRAM, "-c", cluster.data(standby) + ".yaml", "backup", place.path("backup")});
  CHECK(said.find(" sessions") != said.npos);
  await_done(load, 100);
  cluster.start(standby);
  cluster.await_caught_up(standby);
  await_done(load, 100);

  load.end();
  CHECK(load.faults().first() == "");
}

}  // namespace
}  // namespace pawl::testing
