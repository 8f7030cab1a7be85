// SPDX-License-Identifier: Apache-2.0
#include "server/http/health.hpp"

#include <algorithm>
#include <chrono>

#include "node/view.hpp"
#include "server/config/values.hpp"

namespace pawl::server::http {
namespace {

using namespace std::chrono_literals;
using replication::Stage;

constexpr Span disk_is_stuck = 10s;
// A standby that is further behind takes in what it missed.
constexpr std::uint64_t most_unapplied = 4'096;

std::string for_so_long(Span span) {
  return format_duration(std::chrono::duration_cast<Milliseconds>(span));
}

Check disk(const Facts& facts) {
  if (facts.durability == Durability::none) return {"disk", true, "ok, durability none"};
  const Span silent = facts.disk_silent_since == never ? 0s : facts.now - facts.disk_silent_since;
  if (silent < disk_is_stuck) return {"disk", true, "ok"};
  return {"disk", false, "a flush has taken " + for_so_long(silent) + " so far"};
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
  const Span silence = facts.now - replica.heard_primary();
  if (const std::string primary = view.primary(); !primary.empty()) {
    return {"primary", true, primary + ", heard " + for_so_long(silence) + " ago"};
  }
  if (!node.awaits().empty()) return {"primary", false, "none: not met yet: " + node.awaits()};
  return {"primary", false, "none heard for " + for_so_long(view.without_primary())};
}

Check caught_up(const node::Node& node) {
  const replication::Replica& replica = node.replica();
  if (replica.role() == Role::learner) {
    return {"caught_up", false, "records were lost here and are being given back"};
  }
  const std::uint64_t behind = replica.commit().value - replica.applied().value;
  if (behind > most_unapplied) {
    return {"caught_up", false, std::to_string(behind) + " records are still to be applied"};
  }
  const bool serves = replica.stage() != Stage::primary || replica.role() == Role::primary;
  return {"caught_up", serves, serves ? "yes" : "elected, its first record is not committed yet"};
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

}  // namespace

std::vector<Check> checks(Question question, const node::Node& node, const Facts& facts) {
  switch (question) {
    case Question::livez: return {loop(facts), disk(facts)};
    case Question::readyz:
      return {disk(facts), draining(facts), hears_primary(node, facts), caught_up(node)};
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
