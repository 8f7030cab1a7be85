// SPDX-License-Identifier: Apache-2.0
#include "cluster/crashes.hpp"

#include <signal.h>

#include <exception>
#include <random>
#include <stdexcept>

#include "cluster/cluster.hpp"
#include "cluster/crew.hpp"

namespace pawl::testing {
namespace {

constexpr unsigned clients = 8;
constexpr std::uint64_t enough = 100;  // successes between two crashes

class Story {
 public:
  explicit Story(const CrashPlan& plan)
      : plan_(plan),
        random_(plan.seed),
        cluster_({}, Guard::tls_and_users),
        crew_(clients, cluster_.addresses(), plan.seed) {}

  CrashReport tell() {
    try {
      put_on_forgetful_disks();
      for (settle(); report_.cycles < plan_.cycles && !is_wrong(); ++report_.cycles) {
        one_cycle();
        settle();
      }
    } catch (const std::exception& error) {
      crew_.judge().wrong(error.what() + std::string("\n") + cluster_.logs());
    }
    crew_.stop();
    report_.wrong = crew_.judge().first_wrong();
    report_.grants = crew_.judge().grants();
    return report_;
  }

 private:
  Start forgetful(std::size_t node) {
    return {.environment = {"LD_PRELOAD=" FORGET_UNFLUSHED, "ASAN_OPTIONS=verify_asan_link_order=0",
                            "SHIM_DIRECTORY=" + cluster_.data(node),
                            "SHIM_SEED=" + std::to_string(random_())}};
  }

  void put_on_forgetful_disks() {
    for (std::size_t node = 0; node < Cluster::size; ++node) {
      cluster_.terminate(node);
      cluster_.start(node, forgetful(node));
      cluster_.await_all();
    }
  }

  // Now one node, most often the primary, now all three in one moment.
  void one_cycle() {
    const bool cuts = report_.cycles % 2 == 1;
    const bool all = random_() % 5 == 0;
    const std::size_t primary = cluster_.await_primary();
    const std::size_t one = random_() % 3 == 0 ? (primary + 1) % Cluster::size : primary;
    report_.power_cuts += cuts ? 1 : 0;
    report_.of_all += all ? 1 : 0;
    for (std::size_t node = 0; node < Cluster::size; ++node) {
      if (all || node == one) cluster_.signal(node, cuts ? SIGUSR2 : SIGKILL);
    }
    for (std::size_t node = 0; node < Cluster::size; ++node) {
      if (all || node == one) crashed(node, cuts ? Node::power_cut : Node::killed);
    }
  }

  void crashed(std::size_t node, int expected) {
    const int code = cluster_.await_exit(node);
    if (code != expected) throw std::runtime_error("ended by itself, " + std::to_string(code));
    cluster_.start(node, forgetful(node));
  }

  void settle() {
    cluster_.await_all();
    const std::uint64_t goal = crew_.counters().successes + enough;
    Cluster::await([&] { return is_wrong() || crew_.counters().successes >= goal; },
                   "the clients going on");
  }

  bool is_wrong() { return !crew_.judge().first_wrong().empty(); }

  const CrashPlan plan_;
  std::mt19937_64 random_;
  Cluster cluster_;
  Crew crew_;
  CrashReport report_;
};

}  // namespace

std::string CrashReport::text() const {
  return "cluster, TLS and users: " + std::to_string(cycles) + " cycles, " +
         std::to_string(power_cuts) + " of them power cuts, " + std::to_string(of_all) +
         " of all nodes at once, " + std::to_string(grants) + " grants; " +
         (wrong.empty() ? "nothing lost" : "FAILED: " + wrong);
}

CrashReport run_crashes(const CrashPlan& plan) { return Story(plan).tell(); }

}  // namespace pawl::testing
