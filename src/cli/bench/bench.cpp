// SPDX-License-Identifier: Apache-2.0
#include "cli/bench/bench.hpp"

#include <sys/resource.h>

#include <algorithm>
#include <cstdio>
#include <random>

#include "cli/access.hpp"
#include "cli/asking.hpp"
#include "cli/bench/engine.hpp"
#include "cli/bench/progress.hpp"
#include "cli/bench/report.hpp"
#include "cli/output.hpp"
#include "cli/text/duration.hpp"

namespace pawl::cli::bench {
namespace {

// No user's lock is named so.
std::string random_prefix() {
  char text[32];
  std::snprintf(text, sizeof text, "bench/%08x/", static_cast<unsigned>(std::random_device{}()));
  return text;
}

// As many as the system allows at most; whether they suffice is seen when they are opened.
void allow_many_files() {
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
  limit.rlim_cur = limit.rlim_max;
  setrlimit(RLIMIT_NOFILE, &limit);
}

// Whoever serves now, found as every command does: what is wrong is told before anything is begun.
client::ServerAddress primary_of(const Globals& globals, const std::string& prefix) {
  client::Asker asker = asker_of(globals);
  ask(asker, client::RequestLine("SHOW").word(prefix + "primary"));
  return asker.server();
}

// The primary first; the others where the run follows it.
Target target_of(const Globals& globals, const Plan& plan) {
  Target target;
  target.access = access_of(globals);
  target.timeout = std::chrono::milliseconds{globals.timeout_ms};
  target.follows = plan.kind == Kind::failover;
  const client::ServerAddress primary = primary_of(globals, plan.prefix);
  if (target.follows) target.servers = servers_of(globals);
  const auto known = std::remove(target.servers.begin(), target.servers.end(), primary);
  target.servers.erase(known, target.servers.end());
  target.servers.insert(target.servers.begin(), primary);
  return target;
}

std::string text_of_all(const std::vector<client::ServerAddress>& servers) {
  std::string text;
  for (const auto& server : servers) text += (text.empty() ? "" : ",") + client::to_text(server);
  return text;
}

void tell(const Globals& globals, const Outcome& outcome, const Tally& tally) {
  print(globals.json() ? report_json(outcome, tally).dump() + "\n" : report_text(outcome, tally));
  if (outcome.held == 0) return;
  say(grouped(outcome.held) + " locks may be held until their leases end, at most " +
      duration_text(outcome.plan.ttl) + " from now: " + outcome.plan.prefix + "...");
}

}  // namespace

int run_bench(const Globals& globals, const Plan& given, bool is_quiet) {
  Plan plan = completed(given);
  plan.prefix = random_prefix();
  allow_many_files();
  Target target = target_of(globals, plan);
  const std::string servers = text_of_all(target.servers);
  Tally tally;
  const auto workload = make_workload(plan, tally);
  Outcome outcome;
  int signal = 0;
  {
    Progress progress(!is_quiet && !globals.json(), {plan.duration, workload->connections()});
    Engine engine(std::move(target), *workload, tally,
                  [&](const Going& going) { progress.show(going, tally); });
    engine.run(plan.duration);
    outcome = {plan, servers, engine.elapsed(), workload->facts(), engine.held()};
    signal = engine.signal();
  }
  tell(globals, outcome, tally);
  if (signal != 0) return 128 + signal;
  if (tally.operations() == 0) throw Failure(exit_refused, "nothing succeeded, the errors say why");
  return exit_ok;
}

}  // namespace pawl::cli::bench
