// SPDX-License-Identifier: Apache-2.0
//
// One node, many clients and the network between them, from one seed. Phase 1: faults and churn,
// laws after every step. Phase 2: the clients stop, the faults too; everything must come to rest.
#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <vector>

#include "client.hpp"
#include "history.hpp"
#include "invariants.hpp"
#include "options.hpp"
#include "random.hpp"
#include "schedule.hpp"
#include "shell.hpp"
#include "tally.hpp"

namespace pawl::simulation {

struct Result {
  Options options;
  std::optional<Violation> violation;
  std::uint64_t hash = 0;  // of everything the clients were told, and when
  std::uint64_t events = 0;
  std::uint64_t operations = 0;
  std::uint64_t grants = 0;
  std::uint64_t starts = 0;    // of the process
  Tally tally;                 // of a cluster
  bool refused_start = false;  // it ended so, after damage
  Span simulated{0};
};

class Simulator : private World {
 public:
  explicit Simulator(std::uint64_t seed) : Simulator(draw_options(seed)) {}
  explicit Simulator(const Options& options);
  Simulator(const Simulator&) = delete;
  Simulator& operator=(const Simulator&) = delete;

  [[nodiscard]] Result run();
  // What happened to whom, for whoever looks into a violation.
  [[nodiscard]] std::string trace(std::size_t last) const;

 private:
  struct Link {  // both directions keep their order
    std::uint32_t client = 0;
    bool client_open = true;
    Moment last_to_node{};
    Moment last_to_client{};
  };

  std::uint32_t connect(std::uint32_t client) override;
  void send(std::uint32_t client, std::uint32_t link, Ask ask) override;
  void disconnect(std::uint32_t client, std::uint32_t link) override;
  void end_input(std::uint32_t link) override;
  void after(Span span, std::function<void()> what) override;

  void run_phases();
  void pause_now_and_then();
  void look_for_overdue();
  void on_reply(Operation& operation);
  void on_push(std::uint32_t link, const EventBody& push);
  void on_closed(std::uint32_t link);
  Moment arrival(Moment& last);

  Options options_;
  Random random_;
  Schedule schedule_;
  History history_;
  Invariants invariants_;
  Shell shell_;
  std::deque<Link> links_;
  std::deque<Client> clients_;
  bool over_ = false;
};

// Runs one seed from start to end.
[[nodiscard]] Result simulate(std::uint64_t seed);
[[nodiscard]] Result simulate_with_disk(std::uint64_t seed);

}  // namespace pawl::simulation
