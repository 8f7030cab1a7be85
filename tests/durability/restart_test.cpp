// SPDX-License-Identifier: Apache-2.0
//
// A million held locks: a restart serves within two seconds, from the log alone and from a snapshot
// with the log behind it; and taking that snapshot costs other clients next to nothing.
#include <algorithm>
#include <atomic>
#include <catch2/catch.hpp>
#include <chrono>
#include <filesystem>
#include <iostream>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "durability/node.hpp"
#include "scale/load.hpp"
#include "scale/size.hpp"
#include "system/line_client.hpp"

namespace pawl::testing {
namespace {

using Clock = std::chrono::steady_clock;
using Span = std::chrono::duration<double, std::milli>;
using namespace std::chrono_literals;

constexpr std::size_t locks = scaled(1'000'000);
constexpr auto promised_restart = 2s;
constexpr auto promised_cost = 5ms;
constexpr auto longest_load = 60s;

std::string ask(LineClient& client, const std::string& line) {
  client.send(line);
  return client.read_line();
}

void hold_locks(std::uint16_t port) {
  Load load(port);
  load.open(16);
  load.perform({64, [made = std::size_t{0}](std::size_t, std::string& out) mutable {
                  if (made == locks) return;
                  out += "LOCK held/";
                  append_number(out, made++, 9);
                  out += " ttl=24h\n";
                }});
  REQUIRE(load.first_refusal().empty());
}

// From exec to the first OK of a LOCK.
std::unique_ptr<Node> restart(const std::string& directory, const char* from) {
  const auto began = Clock::now();
  auto node = std::make_unique<Node>(Node::Options{.directory = directory});
  LineClient client(node->port());
  const std::string reply = ask(client, "LOCK restart/first");
  const auto took = Clock::now() - began;
  const auto kept_waiting = node->kept_waiting();
  REQUIRE(reply.starts_with("OK token="));
  std::cout << "restart with " << locks << " locks, from " << from << ": " << Span(took).count()
            << " ms to the first OK, of which the machine gave the core to others for "
            << Span(kept_waiting).count() << " ms" << std::endl;
  const std::string held = ask(client, "VERIFY held/000000000 token=1");
  CHECK(held.starts_with("OK ttl="));
  CHECK(ask(client, "STATUS").find("\"locks\":" + std::to_string(locks + 1)) != std::string::npos);
  CHECK(ask(client, "UNLOCK restart/first " + reply.substr(3, reply.find(' ', 3) - 3)) == "OK");
  if (full_size) CHECK(took - kept_waiting < promised_restart);
  return node;
}

enum class Snapshot : std::uint8_t { none, under_way, saved };

Snapshot look_for_snapshot(const std::string& directory) {
  Snapshot found = Snapshot::none;
  for (const auto& entry : std::filesystem::directory_iterator(directory)) {
    const std::string name = entry.path().filename();
    if (!name.starts_with("snap-")) continue;
    if (name.ends_with(".tmp")) return Snapshot::under_way;
    found = Snapshot::saved;
  }
  return found;
}

// Long records, so that the log grows until a snapshot is due. A connection that takes and gives.
class LogFiller {
 public:
  explicit LogFiller(std::uint16_t port) : client_(port), thread_([this] { run(); }) {}
  ~LogFiller() {
    stopped_ = true;
    thread_.join();
  }
  LogFiller(const LogFiller&) = delete;
  LogFiller& operator=(const LogFiller&) = delete;

 private:
  void run() {
    constexpr int at_once = 16;
    const std::string note(1'000, 'n');
    while (!stopped_) {
      std::vector<std::string> taken;
      for (int lock = 0; lock < at_once; ++lock) {
        client_.send("LOCK filler/" + std::to_string(lock) + " note=" + note);
      }
      for (int lock = 0; lock < at_once; ++lock) taken.push_back(client_.read_line());
      for (int lock = 0; lock < at_once; ++lock) {
        const std::string& reply = taken[static_cast<std::size_t>(lock)];
        client_.send("UNLOCK filler/" + std::to_string(lock) + " " +
                     reply.substr(3, reply.find(' ', 3) - 3));
      }
      for (int lock = 0; lock < at_once; ++lock) static_cast<void>(client_.read_line());
    }
  }

  LineClient client_;
  std::atomic<bool> stopped_ = false;
  std::thread thread_;
};

struct Latencies {
  std::vector<Clock::duration> before;
  std::vector<Clock::duration> during;
};

Latencies measure_until_saved(std::uint16_t port, const std::string& directory) {
  Latencies seen;
  LogFiller filler(port);
  LineClient client(port);
  const auto until = Clock::now() + longest_load;
  Snapshot now = Snapshot::none;
  while (now != Snapshot::saved && Clock::now() < until) {
    const auto began = Clock::now();
    const std::string reply = ask(client, "LOCK quiet/own");
    const auto granted = Clock::now();
    REQUIRE(reply.starts_with("OK token="));
    REQUIRE(ask(client, "UNLOCK quiet/own " + reply.substr(3, reply.find(' ', 3) - 3)) == "OK");
    const auto ended = Clock::now();
    // A request that saw it begin or end had it under way.
    const Snapshot after = look_for_snapshot(directory);
    const bool without = now == Snapshot::none && after == Snapshot::none;
    auto& where = without ? seen.before : seen.during;
    where.push_back(granted - began);
    where.push_back(ended - granted);
    now = after;
  }
  REQUIRE(now == Snapshot::saved);
  return seen;
}

Clock::duration quantile(std::vector<Clock::duration>& spans, double share) {
  REQUIRE_FALSE(spans.empty());
  const auto at = static_cast<std::ptrdiff_t>(share * static_cast<double>(spans.size() - 1));
  std::nth_element(spans.begin(), spans.begin() + at, spans.end());
  return spans[static_cast<std::size_t>(at)];
}

void print(const char* when, std::vector<Clock::duration>& spans) {
  std::cout << "  " << when << ": " << spans.size() << " requests, p50 "
            << Span(quantile(spans, 0.5)).count() << ", p99 " << Span(quantile(spans, 0.99)).count()
            << ", max " << Span(quantile(spans, 1)).count() << " ms" << std::endl;
}

TEST_CASE("a million locks survive, a restart serves soon, their snapshot disturbs nobody") {
  const StateDirectory directory;
  {
    Node node({.directory = directory.path()});
    hold_locks(node.port());
    REQUIRE(look_for_snapshot(directory.path()) == Snapshot::none);
    REQUIRE(node.kill() == Node::killed);
  }
  std::unique_ptr<Node> node = restart(directory.path(), "the log");

  Latencies seen = measure_until_saved(node->port(), directory.path());
  std::cout << "another client's LOCK and UNLOCK" << std::endl;
  print("without a snapshot under way", seen.before);
  print("with a snapshot under way", seen.during);
  const auto cost = quantile(seen.during, 0.99) - quantile(seen.before, 0.99);
  if (full_size) CHECK(cost <= promised_cost);
  REQUIRE(node->kill() == Node::killed);
  node.reset();

  node = restart(directory.path(), "a snapshot and the log behind it");
  CHECK(node->terminate() == 0);
}

}  // namespace
}  // namespace pawl::testing
