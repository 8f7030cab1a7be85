// SPDX-License-Identifier: Apache-2.0
//
// failover --kills 50 --stops 50 --cuts 50 --handovers 50 [--stop-for-ms 5000] [--clients 16]
// [--seed 1] [--out failover.json]: the table of tests/cluster/failover.hpp. What a file of that
// name holds already is added to, so that a long run may be made in pieces.
#include <fstream>
#include <iostream>
#include <map>
#include <nlohmann/json.hpp>
#include <string>

#include "cluster/failover.hpp"

namespace {

using namespace pawl::testing;
using nlohmann::json;

void add_earlier(FailoverReport& report, const json& earlier) {
  report.grants += earlier.at("grants").get<std::size_t>();
  for (const json& one : earlier.at("kinds")) {
    const auto name = one.at("name").get<std::string>();
    auto kind = report.kinds.begin();
    while (kind != report.kinds.end() && kind->name != name) ++kind;
    if (kind == report.kinds.end()) {
      kind = report.kinds.emplace(kind);
      kind->name = name;
    }
    for (const json& gap : one.at("gaps_ms")) kind->gaps_ms.push_back(gap.get<double>());
    kind->successes += one.at("successes").get<std::uint64_t>();
    kind->no_quorum += one.at("no_quorum").get<std::uint64_t>();
    kind->waits_moved += one.at("waits_moved").get<std::uint64_t>();
    kind->broken += one.at("broken").get<std::uint64_t>();
    kind->silent += one.at("silent").get<std::uint64_t>();
  }
}

json to_json(const FailoverReport& report) {
  json kinds = json::array();
  for (const FailoverKind& one : report.kinds) {
    kinds.push_back({{"name", one.name},
                     {"gaps_ms", one.gaps_ms},
                     {"p50_ms", one.percentile(0.5)},
                     {"p99_ms", one.percentile(0.99)},
                     {"max_ms", one.percentile(1)},
                     {"successes", one.successes},
                     {"no_quorum", one.no_quorum},
                     {"waits_moved", one.waits_moved},
                     {"broken", one.broken},
                     {"silent", one.silent}});
  }
  return {{"grants", report.grants}, {"wrong", report.wrong}, {"kinds", kinds}};
}

int run(const std::map<std::string, std::string>& words) {
  const auto number = [&](const char* name, unsigned otherwise) {
    const auto found = words.find(name);
    return found == words.end() ? otherwise : static_cast<unsigned>(std::stoul(found->second));
  };
  FailoverPlan plan;
  plan.kills = number("--kills", 0);
  plan.stops = number("--stops", 0);
  plan.cuts = number("--cuts", 0);
  plan.handovers = number("--handovers", 0);
  plan.stop_for = std::chrono::milliseconds(number("--stop-for-ms", 5'000));
  plan.clients = number("--clients", 16);
  plan.seed = number("--seed", 1);
  FailoverReport report = run_failovers(plan);
  const auto out = words.find("--out");
  if (out != words.end()) {
    std::ifstream file(out->second);
    if (file) add_earlier(report, json::parse(file));
    std::ofstream(out->second) << to_json(report).dump(1) << '\n';
  }
  std::cout << report.table() << '\n';
  return report.wrong.empty() ? 0 : 1;
}

}  // namespace

int main(int count, char** words) {
  std::map<std::string, std::string> options;
  for (int i = 1; i + 1 < count; i += 2) options[words[i]] = words[i + 1];
  return run(options);
}
