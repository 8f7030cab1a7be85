// SPDX-License-Identifier: Apache-2.0
//
// A whole cluster made from one backup.
#include <catch2/catch.hpp>
#include <chrono>
#include <memory>
#include <thread>

#include "cluster/ports.hpp"
#include "disk/data_directory.hpp"

using namespace pawl::testing;
using namespace std::chrono_literals;

namespace {

constexpr std::size_t size = 3;

class Nodes {
 public:
  explicit Nodes(std::string cluster) : cluster_(std::move(cluster)) {}

  [[nodiscard]] Words settings(std::size_t node) const {
    std::string nodes;
    for (std::size_t i = 0; i < size; ++i) {
      nodes += (i == 0 ? "[" : ", ") + ("{id: " + name(i)) +
               ", peer: 127.0.0.1:" + std::to_string(ports_[size + i]) +
               ", client: 127.0.0.1:" + std::to_string(ports_[i]) + "}";
    }
    return {"--set", "node=" + name(node),           "--set", "cluster.id=" + cluster_,
            "--set", "cluster.nodes=" + nodes + "]", "--set", "data_dir=" + data_[node].path(),
            "--set", "listen.http=127.0.0.1:0",      "--set", "leases.restart_grace=0"};
  }
  [[nodiscard]] Outcome pawld(std::size_t node, const Words& task) const {
    Words words{PAWLD_PROGRAM};
    words.insert(words.end(), task.begin(), task.end());
    const Words own = settings(node);
    words.insert(words.end(), own.begin(), own.end());
    return run(words);
  }
  void start(std::size_t node) {
    Words words{PAWLD_PROGRAM};
    const Words own = settings(node);
    words.insert(words.end(), own.begin(), own.end());
    processes_[node] = std::make_unique<Process>(words);
  }
  // The next line of its log that has these words; "" if it ends first.
  [[nodiscard]] std::string await_line(std::size_t node, std::string_view words) {
    std::optional<std::string> line = processes_[node]->read_line();
    while (line && line->find(words) == std::string::npos) line = processes_[node]->read_line();
    return line.value_or("");
  }
  // Its log.
  std::string stop(std::size_t node) {
    processes_[node]->terminate();
    CHECK(processes_[node]->wait() == 0);
    return std::exchange(processes_[node], nullptr)->output();
  }
  // The answer of whoever serves, once one does.
  [[nodiscard]] std::string ask_primary(const std::string& line) {
    const auto end = std::chrono::steady_clock::now() + deadline;
    while (std::chrono::steady_clock::now() < end) {
      for (std::size_t node = 0; node < size; ++node) {
        if (!processes_[node]) continue;
        try {
          LineClient client(ports_[node]);
          const std::string reply = ask(client, line);
          if (!reply.starts_with("ERR NOT_PRIMARY")) return reply;
        } catch (const std::exception&) {  // it does not listen yet
        }
      }
      std::this_thread::sleep_for(20ms);
    }
    return "nobody serves";
  }

 private:
  static std::string name(std::size_t node) { return "n" + std::to_string(node + 1); }

  std::string cluster_;
  std::vector<std::uint16_t> ports_ = free_ports(2 * size);
  DataDirectory data_[size];
  std::unique_ptr<Process> processes_[size];
};

}  // namespace

TEST_CASE("one backup restored on every node is a cluster that knows the locks") {
  const DataDirectory alone;
  const std::string file = alone.beside("backup");
  {
    const auto daemon = alone.start();
    LineClient client(daemon->port());
    REQUIRE(ask(client, "LOCK a ttl=1h") == "OK token=1 ttl=3600000");
    daemon->process().terminate();
    REQUIRE(daemon->process().wait() == 0);
  }
  REQUIRE(alone.pawld({"backup", file}).code == 0);
  Nodes first("first");
  for (std::size_t node = 0; node < size; ++node) {
    const Outcome restored = first.pawld(node, {"restore", file});
    INFO(restored.output);
    CHECK(restored.code == 0);
    CHECK(restored.says("on every node"));
    first.start(node);
  }
  CHECK(first.ask_primary("VERIFY a token=1").starts_with("OK ttl="));
  CHECK(number_of(first.ask_primary("LOCK b ttl=1h"), "token") > std::uint64_t{1} << 40);
  // Each of them knew a time without a primary, which is no trouble.
  std::string log;
  for (std::size_t node = 0; node < size; ++node) log += first.stop(node);
  CHECK(log.find("\"info\",\"msg\":\"has no primary\"") != std::string::npos);
  CHECK(log.find("\"warn\",\"msg\":\"has no primary\"") == std::string::npos);

  // Its own backup is for a cluster of another name, so that no node of the two mistakes the other.
  const std::string later = alone.beside("later");
  REQUIRE(first.pawld(0, {"backup", later}).code == 0);
  Nodes again("first");
  const Outcome refused = again.pawld(0, {"restore", later});
  CHECK(refused.code == 78);
  CHECK(refused.says("give cluster.id a new name"));
  Nodes second("second");
  for (const std::size_t node : {std::size_t{0}, std::size_t{1}}) {
    REQUIRE(second.pawld(node, {"restore", later}).code == 0);
    second.start(node);
  }
  second.start(2);  // with an empty data_dir: it gets everything from the others
  CHECK(second.ask_primary("VERIFY a token=1").starts_with("OK ttl="));
  CHECK(second.ask_primary("SHOW b").find("\"token\"") != std::string::npos);
}

TEST_CASE("a node that stays without a primary says so, and why") {
  const DataDirectory alone;
  const std::string file = alone.beside("backup");
  alone.start()->process().kill();
  REQUIRE(alone.pawld({"repair"}).code == 0);
  REQUIRE(alone.pawld({"backup", file}).code == 0);
  Nodes nodes("few");
  REQUIRE(nodes.pawld(0, {"restore", file}).code == 0);
  nodes.start(0);
  const std::string warning = nodes.await_line(0, "way_out");
  CHECK(warning.find("\"warn\",\"msg\":\"has no primary\"") != std::string::npos);
  CHECK(warning.find("no majority of the nodes is connected") != std::string::npos);
  // Two empty disks know nothing, and one vote is no majority.
  nodes.start(1);
  nodes.start(2);
  CHECK_FALSE(nodes.await_line(1, "lost records and does not vote").empty());
}

TEST_CASE("nodes restored from different backups refuse one another") {
  Nodes nodes("mixed");
  for (const std::size_t node : {std::size_t{0}, std::size_t{1}, std::size_t{2}}) {
    const DataDirectory alone;
    const std::string file = alone.beside("backup");
    {
      const auto daemon = alone.start();
      LineClient client(daemon->port());
      REQUIRE(ask(client, "LOCK a" + std::to_string(node)).starts_with("OK"));
      daemon->process().terminate();
      REQUIRE(daemon->process().wait() == 0);
    }
    REQUIRE(alone.pawld({"backup", file}).code == 0);
    REQUIRE(nodes.pawld(node, {"restore", file}).code == 0);
  }
  nodes.start(0);
  nodes.start(1);
  CHECK_FALSE(nodes.await_line(1, "another backup").empty());
}
