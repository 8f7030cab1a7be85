// SPDX-License-Identifier: Apache-2.0
//
// Several pawlds that are one lock server, on loopback, each with a data directory that outlives
// it; between any two of them a link that can be made bad. Nodes are numbered from 0. Every wait
// has a deadline and throws at its end, with what the nodes logged.
#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "cluster/wire.hpp"
#include "durability/node.hpp"
#include "support/fault_proxy.hpp"
#include "system/process.hpp"
#include "system/temporary_directory.hpp"

namespace pawl::testing {

using Words = std::vector<std::string>;

// What stands around one start of a node.
struct Start {
  Words settings = {};
  Words environment = {};
  Words wrapper = {};  // a program that becomes pawld
};

enum class Isolation : std::uint8_t { both_ways, outgoing, incoming };

class Cluster {
 public:
  static constexpr std::size_t size = 3;

  // All nodes run and one is primary, when made.
  explicit Cluster(const std::array<Start, size>& starts = {}, Guard guard = Guard::none);
  ~Cluster();
  Cluster(const Cluster&) = delete;
  Cluster& operator=(const Cluster&) = delete;

  void start(std::size_t node, const Start& how = {});
  void kill(std::size_t node);      // SIGKILL
  int terminate(std::size_t node);  // SIGTERM; the exit code
  void pause(std::size_t node) const;
  void go_on(std::size_t node) const;
  void signal(std::size_t node, int number) const;
  // Ended by itself or by a signal(): the exit code, or minus the signal.
  int await_exit(std::size_t node);
  [[nodiscard]] bool runs(std::size_t node) const;
  [[nodiscard]] pid_t pid(std::size_t node) const { return processes_[node]->pid(); }

  // No bytes of others reach it, or none of its reach others: as if packets were dropped.
  void isolate(std::size_t node, Isolation how = Isolation::both_ways);
  void cut(std::size_t node);  // by resets
  void heal();

  [[nodiscard]] std::uint16_t port(std::size_t node) const { return client_ports_[node]; }
  [[nodiscard]] std::vector<Address> addresses() const;
  [[nodiscard]] std::string servers() const;  // for PAWL_SERVER
  [[nodiscard]] std::string data(std::size_t node) const;
  [[nodiscard]] std::string log(std::size_t node) const;
  [[nodiscard]] std::string logs() const;  // their last lines

  // One request over a connection of its own; nothing where no answer comes in time.
  [[nodiscard]] std::optional<std::string> ask(std::size_t node, const std::string& line) const;
  [[nodiscard]] std::optional<nlohmann::json> status(std::size_t node) const;
  // Which one serves. A primary confirms this by a majority before it answers.
  std::size_t await_primary(std::optional<std::size_t> other_than = {});
  // It follows, and has all that was committed when asked.
  void await_caught_up(std::size_t node);
  void await_all();
  // HANDOVER until that node serves.
  void move_primary(std::size_t node);
  // Every lock as that node lists it once it serves.
  [[nodiscard]] std::string table_of(std::size_t node);

  static void await(const std::function<bool()>& holds, std::string_view what,
                    std::chrono::milliseconds within = deadline);

 private:
  void take_ports();
  void write_configuration(std::size_t node) const;
  [[nodiscard]] bool try_start(const std::array<Start, size>& starts);
  [[nodiscard]] test::FaultProxy& link(std::size_t one, std::size_t other);
  [[nodiscard]] Address address(std::size_t node) const;
  static std::string name_of(std::size_t node) { return "n" + std::to_string(node + 1); }

  StateDirectory directory_;
  TemporaryDirectory certificates_;
  const Guard guard_;
  std::array<std::uint16_t, size> client_ports_{};
  std::array<std::uint16_t, size> peer_ports_{};
  // Of 0 to 1, 0 to 2, 1 to 2: whoever stands first calls.
  std::array<std::unique_ptr<test::FaultProxy>, size> links_;
  std::array<std::unique_ptr<Process>, size> processes_;
};

}  // namespace pawl::testing
