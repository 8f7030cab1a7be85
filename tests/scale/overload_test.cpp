// SPDX-License-Identifier: Apache-2.0
//
// All at once against one real pawld: 10,000 connections that send a byte a second and come again
// when they are closed, 1,000 that ask for what is long and never read it, and a flood of garbage,
// as much as the server takes and the machine has left. Beside them fifty good clients.
#include <catch2/catch.hpp>
#include <chrono>
#include <iomanip>
#include <iostream>
#include <string>

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
constexpr std::size_t good_ones = 50;
constexpr auto rest_of_good = 50ms;  // 2,000 requests a second of all of them
constexpr std::size_t listed = 1'000;
// Twice as long as half a line is waited for, and as an answer is.
constexpr auto attack_span = 22s;
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

// One after the other, each on a connection of its own: how long until the first answer.
Spans newcomers(std::uint16_t port, Clock::duration span) {
  Spans spans;
  Beat beat(100ms);
  for (const auto until = Clock::now() + span; Clock::now() < until; beat.wait()) {
    const auto began = Clock::now();
    LineClient newcomer(port);
    newcomer.send("PING");
    REQUIRE(newcomer.read_line() == "OK pong");
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

Latencies attack(Server& server, GoodClients& good) {
  const Processor before = server.processor();
  static_cast<void>(good.take());
  Attackers slow_ones(server.port(), slow_senders(slow));
  Attackers deaf_ones(server.port(), never_readers(deaf));
  Attackers flood(server.port(), garbage(flooding));
  const Spans new_ones = newcomers(server.port(), attack_span);
  Latencies seen = good.take();
  for (Attackers* attackers : {&slow_ones, &deaf_ones, &flood}) attackers->stop();

  const Processor after = server.processor();
  std::cout << "  the server ran " << milliseconds(after.running - before.running) << " ms of "
            << milliseconds(attack_span) << " and waited for a core "
            << milliseconds(after.kept_waiting - before.kept_waiting) << " ms" << std::endl;
  print("good clients' requests", seen.requests);
  print("their own wakeups", seen.wakeups);
  print("newcomers", new_ones);
  print("slow senders", slow_ones.counts());
  print("clients that never read", deaf_ones.counts());
  print("garbage", flood.counts());
  CHECK(slow_ones.counts().connected > slow);  // all of them, and again
  CHECK(slow_ones.counts().closed >= slow);
  CHECK(deaf_ones.counts().connected > deaf);
  CHECK(flood.counts().bytes > 16 * 1024 * 1024);
  CHECK(flood.counts().closed > flooding);
  return seen;
}

void judge(const std::string& durability) {
  raise_descriptor_limit(slow + deaf);
  Server server({"durability=" + durability, "limits.memory=256MiB"});
  Load holder(server.port());
  holder.open(1);
  holder.perform(long_leases());
  GoodClients good(server.port(), good_ones, rest_of_good);
  std::cout << std::fixed << std::setprecision(2) << "overload, durability " << durability << "\n";

  const Latencies seen = attack(server, good);

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
  judge("none");
}

TEST_CASE("an attack from all sides leaves those quick who wait for each flush, too") {
  judge("fsync");
}

}  // namespace pawl::testing
