// SPDX-License-Identifier: Apache-2.0
#include "cluster/failover.hpp"

#include <signal.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>
#include <exception>
#include <stdexcept>

#include "cluster/cluster.hpp"
#include "cluster/crew.hpp"

namespace pawl::testing {

using namespace std::chrono_literals;

namespace {

class Story {
 public:
  explicit Story(const FailoverPlan& plan)
      : plan_(plan), crew_(plan.clients, cluster_.addresses(), plan.seed) {}

  FailoverReport tell() {
    try {
      settle();
      several("kill -9", plan_.kills, [this](std::size_t primary) { kill(primary); });
      several("pause", plan_.stops, [this](std::size_t primary) { stop(primary); });
      const unsigned one_way = plan_.cuts / 4;
      several("cut, both ways", plan_.cuts - 2 * one_way,
              [this](std::size_t primary) { cut(primary, Isolation::both_ways); });
      several("cut, outgoing", one_way,
              [this](std::size_t primary) { cut(primary, Isolation::outgoing); });
      several("cut, incoming", one_way,
              [this](std::size_t primary) { cut(primary, Isolation::incoming); });
      several("hand-over", plan_.handovers, [this](std::size_t primary) { hand_over(primary); });
      crew_.stop();
      compare();
    } catch (const std::exception& error) {
      crew_.judge().wrong(error.what() + std::string("\n") + cluster_.logs());
    }
    crew_.stop();
    report_.wrong = crew_.judge().first_wrong();
    report_.grants = crew_.judge().grants();
    return report_;
  }

 private:
  void several(const char* name, unsigned times, const std::function<void(std::size_t)>& fault) {
    if (times == 0) return;
    FailoverKind& kind = report_.kinds.emplace_back();
    kind.name = name;
    Counters& now = crew_.counters();
    const std::array before{now.successes.load(),   now.not_primary.load(), now.no_quorum.load(),
                            now.waits_moved.load(), now.broken.load(),      now.silent.load()};
    for (unsigned i = 0; i < times && crew_.judge().first_wrong().empty(); ++i) {
      const std::size_t primary = cluster_.await_primary();
      now.expect_other_than(primary);
      fault(primary);
      kind.gaps_ms.push_back(now.gap().value().count());
      settle();
    }
    kind.successes = now.successes - before[0];
    kind.not_primary = now.not_primary - before[1];
    kind.no_quorum = now.no_quorum - before[2];
    kind.waits_moved = now.waits_moved - before[3];
    kind.broken = now.broken - before[4];
    kind.silent = now.silent - before[5];
  }

  void kill(std::size_t primary) {
    cluster_.kill(primary);
    await_other();
    cluster_.start(primary);
  }

  void stop(std::size_t primary) {
    const auto until = std::chrono::steady_clock::now() + plan_.stop_for;
    cluster_.pause(primary);
    await_other();
    Cluster::await([&] { return std::chrono::steady_clock::now() >= until; }, "the pause", 60s);
    cluster_.go_on(primary);
  }

  void cut(std::size_t primary, Isolation how) {
    cluster_.isolate(primary, how);
    await_other();
    await_successes();  // while the old one is still among them
    cluster_.heal();
  }

  void hand_over(std::size_t primary) {
    const auto reply = cluster_.ask(primary, "HANDOVER");
    if (reply != "OK") throw std::runtime_error("HANDOVER: " + reply.value_or("no answer"));
    await_other();
  }

  void await_other() {
    Cluster::await([this] { return is_wrong() || crew_.counters().gap().has_value(); },
                   "a success with another primary");
    if (is_wrong()) throw std::runtime_error("something was wrong before");
  }

  void await_successes() {
    constexpr std::uint64_t enough = 200;
    const std::uint64_t goal = crew_.counters().successes + enough;
    Cluster::await([&] { return is_wrong() || crew_.counters().successes >= goal; },
                   "the clients going on");
  }

  void settle() {
    cluster_.await_all();
    await_successes();
  }

  bool is_wrong() { return !crew_.judge().first_wrong().empty(); }

  // Each has served in turn, and lists the same.
  void compare() {
    Cluster::await([this] { return cluster_.table_of(0).empty(); }, "the last lease ending", 40s);
    for (std::size_t node = 0; node < Cluster::size; ++node) {
      const auto held = cluster_.ask(cluster_.await_primary(), "LOCK last/" + std::to_string(node));
      if (!held || !held->starts_with("OK ")) throw std::runtime_error("a last LOCK failed");
    }
    const std::string first = cluster_.table_of(0);
    for (std::size_t node = 1; node < Cluster::size; ++node) {
      const std::string table = cluster_.table_of(node);
      if (table != first) {
        throw std::runtime_error("the tables differ:\n" + first + "and\n" + table);
      }
    }
  }

  FailoverPlan plan_;
  Cluster cluster_;
  Crew crew_;
  FailoverReport report_;
};

}  // namespace

double FailoverKind::percentile(double share) const {
  std::vector<double> sorted = gaps_ms;
  if (sorted.empty()) return 0;
  std::sort(sorted.begin(), sorted.end());
  const auto rank = static_cast<std::size_t>(std::ceil(share * static_cast<double>(sorted.size())));
  return sorted[std::max<std::size_t>(rank, 1) - 1];
}

std::string FailoverReport::table() const {
  std::string text =
      "| fault | times | p50 ms | p99 ms | max ms | OK | moved waits | unknown | "
      "broken | silent |\n|---|---|---|---|---|---|---|---|---|---|\n";
  for (const FailoverKind& one : kinds) {
    std::array<char, 256> line{};
    std::snprintf(line.data(), line.size(),
                  "| %s | %zu | %.0f | %.0f | %.0f | %llu | %llu | %llu | %llu | %llu |\n",
                  one.name.c_str(), one.gaps_ms.size(), one.percentile(0.5), one.percentile(0.99),
                  one.percentile(1), static_cast<unsigned long long>(one.successes),
                  static_cast<unsigned long long>(one.waits_moved),
                  static_cast<unsigned long long>(one.no_quorum),
                  static_cast<unsigned long long>(one.broken),
                  static_cast<unsigned long long>(one.silent));
    text += line.data();
  }
  return text + std::to_string(grants) + " grants, " + (wrong.empty() ? "no violation" : wrong);
}

const FailoverKind& FailoverReport::kind(const std::string& name) const {
  const auto found = std::find_if(kinds.begin(), kinds.end(),
                                  [&](const FailoverKind& one) { return one.name == name; });
  if (found == kinds.end()) throw std::runtime_error("no " + name + ": " + wrong);
  return *found;
}

FailoverReport run_failovers(const FailoverPlan& plan) { return Story(plan).tell(); }

}  // namespace pawl::testing
