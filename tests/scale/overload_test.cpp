// SPDX-License-Identifier: Apache-2.0
//
// All at once against one real pawld: 10,000 connections that send a byte a second and come again
// when they are closed, 1,000 that ask for what is long and never read it, and a flood of garbage,
// as much as the server takes and the machine has left. Beside them fifty good clients. And 10,000
// that begin a TLS handshake, leave the server's part of it unanswered, and come again.
#include <catch2/catch.hpp>
#include <chrono>
#include <functional>
#include <iomanip>
#include <iostream>
#include <memory>
#include <string>
#include <vector>

#include "durability/door.hpp"
#include "scale/attackers.hpp"
#include "scale/beat.hpp"
#include "scale/good_clients.hpp"
#include "scale/load.hpp"
#include "scale/phases.hpp"
#include "scale/server.hpp"
#include "scale/size.hpp"

namespace pawl::testing {
namespace {

using Clock = std::chrono::steady_clock;
using namespace std::chrono_literals;

constexpr std::size_t slow = scaled(10'000);
constexpr std::size_t deaf = scaled(1'000);
constexpr std::size_t flooding = 16;
constexpr std::uint64_t least_of_flood = std::uint64_t{16} << 20U;
constexpr std::size_t good_ones = 50;
constexpr auto rest_of_good = 50ms;  // 2,000 requests a second of all of them
constexpr std::size_t listed = 1'000;
// Twice as long as half a line is waited for, and as an answer is.
constexpr auto attack_span = 22s;
constexpr auto longest_attack = 120s;  // on a machine too busy to attack in earnest
constexpr auto promised = 20ms;
// Of the process as a whole: table, connections, buffers, program.
constexpr std::uint64_t cap = std::uint64_t{256} << 20U;

double milliseconds(std::chrono::nanoseconds span) {
  return std::chrono::duration<double, std::milli>(span).count();
}

// What there is to LIST.
Script long_leases() {
  return {64, [made = std::size_t{0}](std::size_t, std::string& out) mutable {
            if (made == listed) return;
            out += "LOCK listed/" + std::string(100, 'x');
            append_number(out, made++, 9);
            out += " ttl=1h\n";
          }};
}

void come(const Door& door) {
  if (door.ca.empty()) {
    LineClient newcomer(door.port);
    newcomer.send("PING");
    REQUIRE(newcomer.read_line() == "OK pong");
  } else {
    Connection newcomer(door);
    newcomer.send("PING");
    REQUIRE(newcomer.read_line() == "OK pong");
  }
}

// One after the other, each on a connection of its own: how long until the first answer. Until all
// of the attack has been felt.
Spans newcomers(const Door& door, const std::function<bool()>& is_felt) {
  Spans spans;
  Beat beat(100ms);
  const auto first = Clock::now();
  const auto goes_on = [&] {
    const auto span = Clock::now() - first;
    return span < attack_span || (span < longest_attack && !is_felt());
  };
  for (; goes_on(); beat.wait()) {
    const auto began = Clock::now();
    come(door);
    spans.add(Clock::now() - began);
  }
  return spans;
}

void print(const char* who, const Spans& spans) {
  std::cout << "  " << who << ": " << spans.count() << ", p50 " << milliseconds(spans.quantile(0.5))
            << ", p99 " << milliseconds(spans.quantile(0.99)) << ", p99.9 "
            << milliseconds(spans.quantile(0.999)) << ", max " << milliseconds(spans.quantile(1))
            << " ms" << std::endl;
}

void print(const char* who, const Attackers::Counts& counts) {
  std::cout << "  " << who << ": came " << counts.connected << " times, closed by the server "
            << counts.closed << " times, sent " << counts.bytes / 1024 << " KiB" << std::endl;
}

// Of those who mean harm the same.
struct Force {
  const char* name;
  Manner manner;
  Attackers::Counts least;  // that it does: less is no attack
};

std::vector<Force> from_all_sides() {
  return {{"slow senders", slow_senders(slow), {slow + 1, slow, 0}},
          {"clients that never read", never_readers(deaf), {deaf + 1, 0, 0}},
          {"garbage", garbage(flooding), {flooding, flooding + 1, least_of_flood}}};
}

std::vector<Force> on_handshakes() {
  return {{"handshakes that stop half-way", stopped_handshakes(slow), {2 * slow, slow, 0}},
          {"garbage", garbage(flooding), {flooding, flooding + 1, least_of_flood}}};
}

Latencies attack(Server& server, GoodClients& good, const std::vector<Force>& forces,
                 const std::string& ca) {
  const Processor before = server.processor();
  static_cast<void>(good.take());
  std::vector<std::unique_ptr<Attackers>> attackers;
  for (const Force& force : forces) {
    attackers.push_back(std::make_unique<Attackers>(server.port(), force.manner));
  }
  const auto is_felt = [&] {
    for (std::size_t i = 0; i < forces.size(); ++i) {
      const Attackers::Counts done = attackers[i]->counts();
      const Attackers::Counts& least = forces[i].least;
      if (done.connected < least.connected || done.closed < least.closed) return false;
      if (done.bytes < least.bytes) return false;
    }
    return true;
  };
  const auto began = Clock::now();
  const Spans new_ones = newcomers({server.port(), ca}, is_felt);
  const auto took = Clock::now() - began;
  Latencies seen = good.take();
  for (const auto& one : attackers) one->stop();

  const Processor after = server.processor();
  std::cout << "  the server ran " << milliseconds(after.running - before.running) << " ms of "
            << milliseconds(took) << " and waited for a core "
            << milliseconds(after.kept_waiting - before.kept_waiting) << " ms" << std::endl;
  print("good clients' requests", seen.requests);
  print("their own wakeups", seen.wakeups);
  print("newcomers", new_ones);
  for (std::size_t i = 0; i < forces.size(); ++i) print(forces[i].name, attackers[i]->counts());
  CHECK(is_felt());
  return seen;
}

// `ca`: newcomers come by TLS, as a user; empty: plain, as anybody.
void judge(const std::vector<Force>& forces, std::vector<std::string> settings,
           const std::string& ca = {}) {
  raise_descriptor_limit(slow + deaf);
  std::cout << std::fixed << std::setprecision(2) << "overload, with " << settings.back() << "\n";
  settings.emplace_back("limits.memory=256MiB");
  Server server(settings);
  Load holder(server.port());
  holder.open(1);
  holder.perform(long_leases());
  GoodClients good(server.port(), good_ones, rest_of_good);

  const Latencies seen = attack(server, good, forces, ca);

  std::cout << "  at most " << server.peak_bytes() / 1024 << " KiB of memory" << std::endl;
  CHECK(seen.requests.count() >= (full_size ? 20'000 : 1'000));
  if (full_size) CHECK(seen.requests.quantile(0.99) < latency_bound(promised));
  if (full_size) CHECK(server.peak_bytes() < cap);
  // All of them are gone, and no good client is; a lock of theirs may be held just now.
  const Counts left =
      server.wait_for_counts([](const Counts& now) { return now.connections == good_ones + 2; });
  CHECK(left.connections == good_ones + 2);
  CHECK(left.locks <= listed + good_ones);
  static_cast<void>(good.take());
  CHECK(server.end() == 0);
}

}  // namespace

TEST_CASE("an attack from all sides leaves fifty good clients quick, and memory below its cap") {
  judge(from_all_sides(), {"durability=none"});
}

TEST_CASE("an attack from all sides leaves those quick who wait for each flush, too") {
  judge(from_all_sides(), {"durability=fsync"});
}

TEST_CASE("an attack on TLS handshakes leaves good clients quick, and memory below its cap") {
  const TemporaryDirectory directory;
  make_guard(directory.path(), "scale", {"n1"});
  std::vector<std::string> settings = settings_of_guard(directory.path(), "n1");
  settings.emplace_back("tls.clients=both");
  settings.emplace_back("security.anonymous=[all]");
  judge(on_handshakes(), settings, ca_of_guard(directory.path()));
}

}  // namespace pawl::testing
