// SPDX-License-Identifier: Apache-2.0
//
// What a workload is made of: a Driver for each connection, a small state machine that asks and
// judges what comes back, and what the drivers of one run share.
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <vector>

#include "cli/bench/answer.hpp"
#include "cli/bench/link.hpp"
#include "cli/bench/plan.hpp"
#include "cli/bench/tally.hpp"
#include "cli/text/describe.hpp"

namespace pawl::cli::bench {

class Driver {
 public:
  Driver() = default;
  virtual ~Driver() = default;
  Driver(const Driver&) = delete;
  Driver& operator=(const Driver&) = delete;

  // Once all connections stand; then after each new connection, nothing being under way on it.
  virtual void on_open(Link& link) = 0;
  virtual void on_reply(Link& link, const Asked& asked, const Answer& answer) = 0;
  virtual void on_tick(Link& /*link*/) {}  // every few milliseconds, while it is open
  // Nothing new from now on: what is held is given back. The link may be closed just then.
  virtual void on_end(Link& link) = 0;
  [[nodiscard]] virtual bool is_done() const = 0;        // nothing is left to give back
  [[nodiscard]] virtual std::uint64_t held() const = 0;  // locks that may be held still
};

// What a workload found out beside the measures.
struct Fact {
  std::string key;
  Json value;
  std::string text;  // for people
};
using Facts = std::vector<Fact>;

class Workload {
 public:
  Workload() = default;
  virtual ~Workload() = default;
  Workload(const Workload&) = delete;
  Workload& operator=(const Workload&) = delete;

  // Those of the plan, and any that look on.
  [[nodiscard]] virtual std::size_t connections() const = 0;
  [[nodiscard]] virtual std::unique_ptr<Driver> driver(std::size_t connection) = 0;
  virtual void begin(Time /*start*/) {}
  virtual void end(Time /*now*/) {}
  [[nodiscard]] virtual Facts facts() const { return {}; }
};

// One for the kind of the plan; adds its measures to the tally. It must not outlive either.
[[nodiscard]] std::unique_ptr<Workload> make_workload(const Plan& plan, Tally& tally);

}  // namespace pawl::cli::bench
