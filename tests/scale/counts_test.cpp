// SPDX-License-Identifier: Apache-2.0
//
// The promised numbers, all at once, against the real pawld.
#include <catch2/catch.hpp>
#include <chrono>
#include <functional>
#include <iostream>
#include <optional>
#include <string>
#include <vector>

#include "scale/load.hpp"
#include "scale/phases.hpp"
#include "scale/size.hpp"

namespace pawl::testing {
namespace {

using Clock = std::chrono::steady_clock;
using namespace std::chrono_literals;

constexpr std::size_t connections = scaled(10'000);
constexpr std::size_t sessions = scaled(100'000);
constexpr std::size_t locks = scaled(1'000'000);
constexpr std::size_t locks_of_each_session = 10;
constexpr std::size_t leases_ending = scaled(200'000);
constexpr std::size_t sessions_ending = scaled(20'000);

constexpr std::size_t workers = 16;
constexpr std::size_t window = 64;
constexpr std::size_t own_connections = 2;  // the one that asks for STATUS, and the quiet client's

// Each connection sends this text, once.
Script once(const std::string& text, std::size_t connection_count) {
  return {2, [text, sent = std::vector<bool>(connection_count)](std::size_t connection,
                                                                std::string& out) mutable {
            if (!sent[connection]) out += text;
            sent[connection] = true;
          }};
}

// So many leases among all connections, named by `prefix` and nine digits.
Script leases(const std::string& prefix, std::size_t count, const std::string& ttl) {
  return {window, [=, made = std::size_t{0}](std::size_t, std::string& out) mutable {
            if (made == count) return;
            out += "LOCK " + prefix;
            append_number(out, made++, 9);
            out += " wait=0 ttl=" + ttl + "\n";
          }};
}

// As leases(), but all end at one moment, whenever each was taken.
Script leases_until(const std::string& prefix, std::size_t count, Clock::time_point end) {
  return {window, [=, made = std::size_t{0}](std::size_t, std::string& out) mutable {
            if (made == count) return;
            out += "LOCK " + prefix;
            append_number(out, made++, 9);
            const auto left = std::chrono::ceil<std::chrono::milliseconds>(end - Clock::now());
            out += " wait=0 ttl=" + std::to_string(left.count()) + "\n";
          }};
}

// Each idle connection takes ten locks in its session.
Script session_locks() {
  return {locks_of_each_session, [made = std::vector<std::size_t>(connections)](
                                     std::size_t connection, std::string& out) mutable {
            if (made[connection] == locks_of_each_session) return;
            out += "LOCK session/";
            append_number(out, connection, 6);
            out += "/" + std::to_string(made[connection]++) + " wait=0\n";
          }};
}

// Sessions outlive the connections that opened them. `text` may depend on the time.
void open_sessions(Server& server, std::size_t count, const std::function<std::string()>& text) {
  constexpr std::size_t at_once = 100;
  for (std::size_t opened = 0; opened < count; opened += at_once) {
    Load brief(server.port());
    brief.open(at_once);
    brief.perform(once(text(), at_once));
    REQUIRE(brief.first_refusal().empty());
  }
}

void print_cost(const char* of_what, std::uint64_t before, std::uint64_t after, std::size_t count) {
  std::cout << "  " << (after - before) / count << " resident bytes per " << of_what << " ("
            << count << " of them)" << std::endl;
}

// Given: nothing held but `rest`. 200,000 leases and 20,000 sessions end at once.
void mass_end(Server& server, Phases& phases, Load& crew, const Counts& rest) {
  const auto end = Clock::now() + (full_size ? 8s : 12s);
  open_sessions(server, sessions_ending, [&] {
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(end - Clock::now());
    return "OPEN ttl=" + std::to_string(left.count()) + "\n";
  });
  crew.perform(leases_until("ending/", leases_ending, end));
  REQUIRE(crew.first_refusal().empty());
  const Counts full{rest.locks + leases_ending, rest.sessions + sessions_ending, rest.connections};
  CHECK(server.wait_for_counts([&](const Counts& now) { return now == full; }) == full);
  phases.end("taking leases and sessions that will end together");

  const auto begun = [&](const Counts& now) { return now.locks < full.locks; };
  static_cast<void>(server.wait_for_counts(begun));
  phases.begin();
  CHECK(server.wait_for_counts([&](const Counts& now) { return now == rest; }) == rest);
  phases.end("their end");
}

}  // namespace

TEST_CASE("a million locks, 100000 sessions and 10000 connections leave a quiet client quick") {
  raise_descriptor_limit(connections + 1'000);
  Server server;
  QuietClient quiet(server.port());
  Phases phases(server, quiet);
  const auto reach = [&](const Counts& counts) {
    CHECK(server.wait_for_counts([&](const Counts& now) { return now == counts; }) == counts);
  };

  std::uint64_t before = server.resident_bytes();
  std::optional<Load> idle(std::in_place, server.port());
  idle->open(connections);
  reach({0, 0, connections + own_connections});
  phases.end("opening connections");
  print_cost("idle connection", before, server.resident_bytes(), connections);

  before = server.resident_bytes();
  idle->perform(once("OPEN ttl=1h on_disconnect=release\n", connections));
  open_sessions(server, sessions - connections, [] { return "OPEN ttl=1h\n"; });
  reach({0, sessions, connections + own_connections});
  phases.end("opening sessions");
  print_cost("session", before, server.resident_bytes(), sessions);

  Load crew(server.port());
  crew.open(workers);
  before = server.resident_bytes();
  crew.perform(leases("scale/lease", locks, "1h"));
  CHECK(crew.first_refusal().empty());
  reach({locks, sessions, connections + own_connections + workers});
  phases.end("taking leases");
  print_cost("held lock", before, server.resident_bytes(), locks);

  idle->perform(session_locks());
  CHECK(idle->first_refusal().empty());
  reach({locks + connections * locks_of_each_session, sessions,
         connections + own_connections + workers});
  phases.end("locking in sessions");

  idle.reset();
  const Counts rest{locks, sessions - connections, own_connections + workers};
  reach(rest);
  phases.end("losing all connections that were idle, their sessions and their locks");

  mass_end(server, phases, crew, rest);
  phases.end_all();
  CHECK(server.end() == 0);
}

}  // namespace pawl::testing
