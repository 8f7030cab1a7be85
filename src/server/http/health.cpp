// SPDX-License-Identifier: Apache-2.0
#include "server/http/health.hpp"

#include <algorithm>
#include <chrono>

#include "node/view.hpp"
#include "server/http/words.hpp"

namespace pawl::server::http {
namespace {

using namespace std::chrono_literals;
using replication::Stage;

constexpr Span disk_is_stuck = 10s;
constexpr Span peer_is_silent = 2s;
// A standby that is further behind takes in what it missed.
constexpr std::uint64_t most_behind = 4'096;

Check disk(const node::Node& node, const Facts& facts) {
  if (facts.durability == Durability::none) return {"disk", true, "ok, durability none"};
  // A restart would make no room.
  if (node::View{node}.is_disk_full()) return {"disk", true, "full: what needs room waits for it"};
  const Span silent = facts.disk_silent_since == never ? 0s : facts.now - facts.disk_silent_since;
  if (silent < disk_is_stuck) return {"disk", true, "ok"};
  return {"disk", false, "a flush has taken " + in_words(silent) + " so far"};
}

Check loop(const Facts& facts) {
  return {"loop", true, facts.in_gap ? "ok, catching up after a gap" : "ok"};
}

Check draining(const Facts& facts) {
  return {"draining", !facts.draining, facts.draining ? "yes, it is about to end" : "no"};
}

Check hears_primary(const node::Node& node, const Facts& facts) {
  const node::View view{node, facts.now};
  const replication::Replica& replica = node.replica();
  if (replica.stage() == Stage::primary) return {"primary", true, "this node"};
  if (const std::string primary = view.primary(); !primary.empty()) {
    const Span silence = facts.now - replica.heard_primary();
    return {"primary", true, primary + ", heard " + in_words(silence) + " ago"};
  }
  if (!node.awaits().empty()) return {"primary", false, "none: not met yet: " + node.awaits()};
  return {"primary", false, "none heard for " + in_words(view.without_primary())};
}

Check caught_up(const node::Node& node) {
  const replication::Replica& replica = node.replica();
  if (replica.role() == Role::learner) {
    return {"caught_up", false, "records were lost here and are being given back"};
  }
  const std::uint64_t behind = replica.told_commit().value - replica.applied().value;
  if (behind > most_behind) {
    return {"caught_up", false, std::to_string(behind) + " records are still to be applied"};
  }
  const bool serves = replica.stage() != Stage::primary || node::View{node}.serves();
  return {"caught_up", serves, serves ? "yes" : "elected, and about to serve"};
}

Check serves(const node::Node& node) {
  const bool yes = node::View{node}.serves();
  return {"primary", yes, yes ? "this node serves" : "this node does not serve"};
}

std::string_view name_of(Question question) {
  switch (question) {
    case Question::livez: return "livez";
    case Question::readyz: return "readyz";
    case Question::primary: return "primary";
  }
  return "livez";
}

// What the primary sees of the others.
void judge_peers(std::vector<std::string>& why, const reply::Status& status) {
  for (const reply::NodeLine& node : status.nodes) {
    if (node.last_contact >= peer_is_silent) {
      why.push_back(node.id + " has not been heard for " + in_words(node.last_contact));
    } else if (node.role == Role::learner) {
      why.push_back(node.id + " does not vote before it has caught up: " +
                    std::to_string(node.lag) + " records behind");
    } else if (node.lag > most_behind) {
      why.push_back(node.id + " is " + std::to_string(node.lag) + " records behind");
    }
  }
}

}  // namespace

Health health_of(const node::Node& node, const Facts& facts) {
  const node::View view{node, facts.now};
  const reply::Status status = view.status();
  Health health;
  for (const Check& check : {disk(node, facts), hears_primary(node, facts), caught_up(node)}) {
    if (!check.ok) health.why.push_back(std::string(check.name) + ": " + check.text);
  }
  if (facts.draining) health.why.emplace_back("this node is about to end");
  if (status.role == Role::primary) judge_peers(health.why, status);
  if (view.is_disk_full()) {
    health.why.emplace_back("the disk is full: no new locks, renew and unlock go on");
  }
  if (view.is_memory_full()) {
    health.why.emplace_back("limits.memory is reached: no new locks, sessions and waits");
  }
  if (const Span left = view.held_back_for(); left > 0s) {
    health.why.push_back("new grants wait " + in_words(left) +
                         ": this start may have forgotten locks");
  }
  if (view.primary().empty()) {
    health.state = "no_primary";
  } else if (!health.why.empty()) {
    health.state = "degraded";
  }
  return health;
}

std::vector<Check> checks(Question question, const node::Node& node, const Facts& facts) {
  switch (question) {
    case Question::livez: return {loop(facts), disk(node, facts)};
    case Question::readyz:
      return {disk(node, facts), draining(facts), hears_primary(node, facts), caught_up(node)};
    case Question::primary: return {draining(facts), serves(node)};
  }
  return {};
}

Answer answer_health(Question question, bool verbose, const node::Node& node, const Facts& facts) {
  const std::vector<Check> all = checks(question, node, facts);
  const bool ok = std::all_of(all.begin(), all.end(), [](const Check& check) { return check.ok; });
  Answer answer{.status = ok ? 200u : 503u};
  if (!verbose) {
    answer.body = ok ? "ok\n" : "failed\n";
    return answer;
  }
  for (const Check& check : all) {
    answer.body += check.ok ? "[+] " : "[-] ";
    answer.body += std::string(check.name) + ' ' + check.text + '\n';
  }
  answer.body += std::string(name_of(question)) + (ok ? " ok\n" : " failed\n");
  return answer;
}

}  // namespace pawl::server::http
