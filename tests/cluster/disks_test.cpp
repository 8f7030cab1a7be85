// SPDX-License-Identifier: Apache-2.0
//
// One of three has a bad disk: it forgets what was not flushed, cannot flush, is slow or full.
#include <signal.h>

#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>

#include "cluster/crewed.hpp"
#include "cluster/files.hpp"
#include "cluster/wire.hpp"

namespace pawl::testing {
namespace {

using namespace std::chrono_literals;
namespace fs = std::filesystem;

constexpr std::chrono::milliseconds slow{400};
constexpr const char* no_order = "ASAN_OPTIONS=verify_asan_link_order=0";

// Files whose being there makes a disk bad.
class Triggers {
 public:
  [[nodiscard]] std::array<Start, Cluster::size> starts() const {
    std::array<Start, Cluster::size> all;
    for (std::size_t node = 0; node < Cluster::size; ++node) {
      all[node].environment = {
          "LD_PRELOAD=" FAILING_FSYNC,           no_order,
          "FAIL_FSYNC_IF=" + path("fail", node), "READ_ONLY_IF=" + path("read_only", node),
          "SLOW_FSYNC_IF=" + path("slow", node), "SLOW_FSYNC_MS=" + std::to_string(slow.count())};
    }
    return all;
  }
  void set(const std::string& what, std::size_t node) const { std::ofstream{path(what, node)}; }
  void unset(const std::string& what, std::size_t node) const { fs::remove(path(what, node)); }

 private:
  [[nodiscard]] std::string path(const std::string& what, std::size_t node) const {
    return directory_.path(what + std::to_string(node));
  }
  TemporaryDirectory directory_;
};

// Of a lock and its release, one after the other.
std::chrono::milliseconds time_of(const Cluster& cluster, std::size_t primary, unsigned pairs) {
  Wire wire(cluster.port(primary));
  const auto begun = std::chrono::steady_clock::now();
  const auto until = begun + deadline;
  for (unsigned i = 0; i < pairs; ++i) {
    REQUIRE(wire.send("LOCK timed ttl=1m"));
    const std::string reply = wire.read_line(until).value_or("no answer");
    REQUIRE(reply.starts_with("OK token="));
    REQUIRE(wire.send("UNLOCK timed " + reply.substr(3, reply.find(' ', 3) - 3)));
    REQUIRE(wire.read_line(until) == "OK");
  }
  return std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::steady_clock::now() -
                                                               begun);
}

// If each of them waited for a slow flush.
std::chrono::milliseconds waits_of(unsigned pairs) { return 2 * pairs * slow; }

// A file system of its own, seen by pawld alone and gone with it.
Start on_small_disk(const std::string& path) {
  fs::create_directories(path);
  return {.wrapper = {"/usr/bin/unshare", "-m", "/bin/sh", "-c",
                      R"(mount -t tmpfs -o mode=700,size=128m none "$0" && exec "$@")", path}};
}

// What is in the way on that disk.
std::string filler_of(const Cluster& cluster, std::size_t node) {
  return "/proc/" + std::to_string(cluster.pid(node)) + "/root" + cluster.data(node) + "/filler";
}

void fill(const std::string& path) {
  std::ofstream file(path, std::ios::binary);
  const std::string piece(1 << 20, 'x');
  while (file.write(piece.data(), static_cast<std::streamsize>(piece.size())).flush()) continue;
}

bool may_mount() {
  Process mount({"/usr/bin/unshare", "-m", "/bin/sh", "-c", "mount -t tmpfs none /mnt"});
  return mount.wait() == 0;
}

}  // namespace

TEST_CASE("a primary that cannot flush ends, the others go on, and it comes back") {
  const Triggers triggers;
  CrewedCluster crewed(4, triggers.starts());
  Cluster& cluster = crewed.cluster;
  const std::size_t node = cluster.await_primary();
  crewed.await_successes();

  triggers.set("fail", node);

  CHECK(cluster.await_exit(node) == 74);
  CHECK(cluster.log(node).find("the disk failed, ending: cannot flush") != std::string::npos);
  cluster.await_primary(node);
  crewed.await_successes();
  triggers.unset("fail", node);
  cluster.start(node);
  cluster.await_caught_up(node);
  CHECK(crewed.end() == "");
}

TEST_CASE("a standby that cannot flush ends, the others go on, and it comes back") {
  const Triggers triggers;
  CrewedCluster crewed(4, triggers.starts());
  Cluster& cluster = crewed.cluster;
  const std::size_t node = (cluster.await_primary() + 1) % Cluster::size;
  crewed.await_successes();

  triggers.set("fail", node);

  CHECK(cluster.await_exit(node) == 74);
  CHECK(says(cluster, node, "the disk failed, ending: cannot flush"));
  crewed.await_successes();
  triggers.unset("fail", node);
  cluster.start(node);
  cluster.await_caught_up(node);
  CHECK(crewed.end() == "");
}

TEST_CASE("a node whose disk takes no more writes ends, the others go on, and it comes back") {
  const bool is_primary = GENERATE(true, false);
  const Triggers triggers;
  CrewedCluster crewed(4, triggers.starts());
  Cluster& cluster = crewed.cluster;
  const std::size_t node = (cluster.await_primary() + (is_primary ? 0 : 1)) % Cluster::size;
  crewed.await_successes();

  triggers.set("read_only", node);

  CHECK(cluster.await_exit(node) == 74);
  CHECK(says(cluster, node, "the disk failed, ending: "));
  CHECK(says(cluster, node, "Read-only file system"));
  crewed.await_successes();
  cluster.start(node, triggers.starts()[node]);
  CHECK(cluster.await_exit(node) == 77);
  triggers.unset("read_only", node);
  cluster.start(node);
  cluster.await_caught_up(node);
  CHECK(crewed.end() == "");
}

TEST_CASE("a node whose directory is taken away ends, the others go on, and it comes back") {
  const bool is_primary = GENERATE(true, false);
  CrewedCluster crewed;
  Cluster& cluster = crewed.cluster;
  const std::size_t node = (cluster.await_primary() + (is_primary ? 0 : 1)) % Cluster::size;
  crewed.await_successes();

  fs::rename(cluster.data(node), cluster.data(node) + ".moved");

  CHECK(cluster.await_exit(node) == 74);
  CHECK(says(cluster, node, "the disk failed, ending: "));
  CHECK(says(cluster, node, cluster.data(node)));
  crewed.await_successes();
  fs::rename(cluster.data(node) + ".moved", cluster.data(node));
  cluster.start(node);
  cluster.await_caught_up(node);
  CHECK(crewed.end() == "");
}

TEST_CASE("nobody waits for the slow disk of one standby") {
  const Triggers triggers;
  CrewedCluster crewed(4, triggers.starts());
  Cluster& cluster = crewed.cluster;
  const std::size_t primary = cluster.await_primary();
  const std::size_t node = (primary + 1) % Cluster::size;

  triggers.set("slow", node);

  CHECK(time_of(cluster, primary, 20) < waits_of(20) / 4);
  triggers.unset("slow", node);
  cluster.await_caught_up(node);
  CHECK(crewed.end() == "");
}

TEST_CASE("clients go on although the primary's disk is slow") {
  const Triggers triggers;
  CrewedCluster crewed(4, triggers.starts());
  Cluster& cluster = crewed.cluster;
  const std::size_t node = cluster.await_primary();

  triggers.set("slow", node);

  CHECK(time_of(cluster, cluster.await_primary(), 20) < waits_of(20) / 4);
  crewed.await_successes();
  triggers.unset("slow", node);
  cluster.await_all();
  CHECK(crewed.end() == "");
}

TEST_CASE("on a full disk of the primary new locks are refused, all that ends or renews goes on") {
  if (!may_mount()) {
    WARN("not tried: mounting is not allowed here");
    return;
  }
  Cluster cluster;
  const std::size_t node = cluster.await_primary();
  cluster.kill(node);
  fs::remove_all(cluster.data(node));
  cluster.start(node, on_small_disk(cluster.data(node)));
  cluster.await_caught_up(node);
  cluster.move_primary(node);
  const auto ask = [&](const std::string& line) {
    return cluster.ask(node, line).value_or("no answer");
  };
  const std::string held = ask("LOCK a ttl=1h");
  REQUIRE(held.starts_with("OK token="));
  const std::string token = held.substr(3, held.find(' ', 3) - 3);

  fill(filler_of(cluster, node));

  await_word(cluster, node, "disk full");
  Cluster::await([&] { return ask("LOCK b ttl=1s").starts_with("ERR DISK_FULL"); }, "DISK_FULL");
  CHECK(ask("RENEW a " + token + " ttl=2h") == "OK ttl=7200000");
  CHECK(ask("VERIFY a " + token).starts_with("OK ttl="));
  CHECK(ask("UNLOCK a " + token) == "OK");
  cluster.move_primary((node + 1) % Cluster::size);
  const auto elsewhere = cluster.ask((node + 1) % Cluster::size, "LOCK c");
  CHECK(elsewhere.value_or("no answer").starts_with("OK token="));
  CHECK(fs::remove(filler_of(cluster, node)));
  await_word(cluster, node, "disk has room again");
  cluster.await_caught_up(node);
}

TEST_CASE("a standby whose disk is full for a while stops nobody and follows again") {
  if (!may_mount()) {
    WARN("not tried: mounting is not allowed here");
    return;
  }
  CrewedCluster crewed;
  Cluster& cluster = crewed.cluster;
  const std::size_t node = (cluster.await_primary() + 1) % Cluster::size;
  cluster.kill(node);
  fs::remove_all(cluster.data(node));
  cluster.start(node, on_small_disk(cluster.data(node)));
  cluster.await_caught_up(node);

  fill(filler_of(cluster, node));
  await_word(cluster, node, "disk full");
  crewed.await_successes(3'000);

  CHECK(fs::remove(filler_of(cluster, node)));
  await_word(cluster, node, "disk has room again");
  cluster.await_caught_up(node);
  CHECK(crewed.end() == "");
}

TEST_CASE("whoever loses power forgets what was not flushed, and nothing answered is lost") {
  constexpr unsigned cuts = 6;
  std::uint64_t seed = 1;
  CrewedCluster crewed;
  Cluster& cluster = crewed.cluster;
  const auto on_forgetful_disk = [&](std::size_t node) {
    return Start{.environment = {"LD_PRELOAD=" FORGET_UNFLUSHED, no_order,
                                 "SHIM_DIRECTORY=" + cluster.data(node),
                                 "SHIM_SEED=" + std::to_string(seed++)}};
  };
  const auto come_back = [&](std::size_t node) { cluster.start(node, on_forgetful_disk(node)); };
  for (std::size_t node = 0; node < Cluster::size; ++node) {
    cluster.kill(node);
    come_back(node);
    cluster.await_all();
  }
  for (unsigned i = 0; i < cuts; ++i) {
    crewed.await_successes();
    const std::size_t primary = cluster.await_primary();
    // The primary, a standby, all at once.
    std::vector<std::size_t> lost{primary, (primary + 1) % 3, (primary + 2) % 3};
    if (i % 3 == 0) lost = {primary};
    if (i % 3 == 1) lost = {(primary + 1) % 3};
    for (const std::size_t node : lost) cluster.signal(node, SIGUSR2);
    for (const std::size_t node : lost) CHECK(cluster.await_exit(node) == 137);
    if (lost.size() == 1) crewed.await_successes();
    for (const std::size_t node : lost) come_back(node);
    cluster.await_all();
  }
  CHECK(crewed.end() == "");
}

}  // namespace pawl::testing
