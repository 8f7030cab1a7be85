// SPDX-License-Identifier: Apache-2.0
//
// Each node is restarted in turn while the real pawl is used from several shells: whoever runs it
// notices nothing.
#include <atomic>
#include <catch2/catch.hpp>
#include <fstream>
#include <functional>
#include <mutex>
#include <thread>

#include "cluster/cluster.hpp"

namespace pawl::testing {
namespace {

// What was typed, and what came of it. Any thread.
class Shells {
 public:
  explicit Shells(const Cluster& cluster) : environment_{"PAWL_SERVER=" + cluster.servers()} {}
  ~Shells() { end(); }
  Shells(const Shells&) = delete;
  Shells& operator=(const Shells&) = delete;

  // Again and again until the end or the first that fails.
  void loop(const std::string& script) {
    threads_.emplace_back([this, script] {
      while (!over_ && run(script)) ++done_;
    });
  }
  // One command, from now to the end.
  void hold(const std::string& lock) {
    const std::string until_over = "until test -e " + sign_ + "; do echo; sleep 0.1; done";
    const std::string script = "\"$0\" run -q --ttl 2s " + lock + " -- sh -c '" + until_over + "'";
    threads_.emplace_back([this, script] { static_cast<void>(run(script)); });
  }
  void end() {
    over_ = true;
    std::ofstream{sign_};
    for (std::thread& thread : threads_) thread.join();
    threads_.clear();
  }
  [[nodiscard]] unsigned done() const { return done_; }
  [[nodiscard]] std::string first_failure() const {
    const std::lock_guard lock(mutex_);
    return failure_;
  }

 private:
  bool run(const std::string& script) {
    std::string what;
    try {
      Process shell({"/bin/sh", "-ec", script, PAWL_PROGRAM}, environment_);
      const int code = shell.wait();
      if (code == 0) return true;
      what = script + ": exit " + std::to_string(code) + ": " + shell.output();
    } catch (const std::exception& error) {
      what = script + ": " + error.what();
    }
    const std::lock_guard lock(mutex_);
    if (failure_.empty()) failure_ = what;
    return false;
  }

  const TemporaryDirectory place_;
  const std::string sign_ = place_.path("over");
  const Words environment_;
  std::atomic<bool> over_ = false;
  std::atomic<unsigned> done_ = 0;
  mutable std::mutex mutex_;
  std::string failure_;
  std::vector<std::thread> threads_;
};

void await_done(const Shells& shells, unsigned more) {
  const unsigned goal = shells.done() + more;
  Cluster::await([&] { return shells.done() >= goal || !shells.first_failure().empty(); },
                 "the commands going on");
}

}  // namespace

TEST_CASE("a rolling restart under load fails no request of pawl") {
  Cluster cluster;
  Shells shells(cluster);
  shells.hold("held");
  for (const char* name : {"a", "b"}) {
    shells.loop("\"$0\" run -q " + std::string("own/") + name + " -- true");
    shells.loop("\"$0\" run -q --ttl 2s shared -- true");
    const std::string lock = std::string("leased/") + name;
    shells.loop("token=$(\"$0\" acquire " + lock + " --ttl 20s --wait 10s)\n\"$0\" renew " + lock +
                " --token $token\n\"$0\" verify " + lock + " --token $token\n\"$0\" release " +
                lock + " --token $token");
  }
  await_done(shells, 20);

  for (int round = 0; round < 2; ++round) {
    for (std::size_t node = 0; node < Cluster::size; ++node) {
      if (round == 1) cluster.move_primary(node);
      CHECK(cluster.terminate(node) == 0);
      await_done(shells, 10);
      cluster.start(node);
      cluster.await_caught_up(node);
      await_done(shells, 10);
    }
  }

  shells.end();
  CHECK(shells.first_failure() == "");
  CHECK(shells.done() > 100);
}

}  // namespace pawl::testing
