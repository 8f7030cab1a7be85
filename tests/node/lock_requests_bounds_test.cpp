// SPDX-License-Identifier: Apache-2.0
//
// LOCKs of several names, many of them in flight: no limit is ever passed, and each is reached.
#include <catch2/catch.hpp>
#include <map>
#include <random>

#include "node/core.hpp"

namespace pawl::testing {
namespace {

using Catch::Matchers::StartsWith;

constexpr std::uint32_t sessions = 4;
constexpr std::uint32_t names = 60;

Settings narrow() {
  Settings settings = with(Durability::fsync);
  settings.limits.locks = 45;
  settings.limits.locks_per_session = 24;
  settings.limits.waiters_per_session = 13;
  settings.limits.waiters_per_lock = 4;
  return settings;
}

std::string who(std::uint32_t session) { return "S" + std::to_string(session); }

// Sessions that pipeline what chance says; records reach the disk one by one or all at once.
struct Pipeline {
  Core core{narrow()};
  std::mt19937 chance{1};
  std::uint32_t tag = 0;
  std::map<std::string, std::string> asked;  // by tag: the names of a LOCK
  struct Hold {
    std::string names;
    std::uint64_t token;
  };
  std::map<std::uint32_t, std::vector<Hold>> holds;  // by session
  std::map<std::string, int> refused;                // by line

  Pipeline() {
    for (std::uint32_t at = 0; at < sessions; ++at) {
      REQUIRE_THAT(core.ask(who(at), "OPEN ttl=1h deadlock=off"), StartsWith("OK session="));
    }
  }
  std::uint32_t below(std::uint32_t bound) { return static_cast<std::uint32_t>(chance() % bound); }
  void lock(std::uint32_t session) {
    std::string wanted;
    const std::uint32_t first = below(names);
    const std::uint32_t count = 1 + below(8);
    for (std::uint32_t at = 0; at < count; ++at) {
      wanted += " l" + std::to_string((first + at * 7) % names);
    }
    const std::string own = "#" + std::to_string(++tag);
    asked[own] = wanted;
    const char* mode = below(3) == 0 ? " mode=shared" : "";
    const char* wait = below(2) == 0 ? " wait=1h" : "";
    core.send(who(session), own + " LOCK" + wanted + mode + wait);
  }
  void unlock(std::uint32_t session) {
    if (holds[session].empty()) return;
    const Hold hold = holds[session].front();
    holds[session].erase(holds[session].begin());
    core.send(who(session), "#" + std::to_string(++tag) + " UNLOCK" + hold.names +
                                " token=" + std::to_string(hold.token));
  }
  void read(std::uint32_t session) {
    while (const auto line = core.read(who(session))) {
      const std::size_t space = line->find(' ');
      if (field(*line, "token") != 0) {
        holds[session].push_back({asked[line->substr(0, space)], field(*line, "token")});
      }
      ++refused[line->substr(space + 1)];
    }
  }
  void flush() {
    const bool is_behind = core.node().replica().in_flight() > 0;
    if (is_behind && below(2) == 0) core.flush_one_record();
    if (below(4) == 0) core.flush();
  }
};

void check_limits(const locks::LockTable& table, const Limits& limits) {
  REQUIRE(table.lock_count() <= limits.locks);
  for (std::uint32_t at = 0; at < sessions; ++at) {
    const locks::Session& session = table.session(table.find_session(SessionId{at + 1}));
    REQUIRE(session.waits <= limits.waiters_per_session);
    REQUIRE(session.holds + session.waits <= limits.locks_per_session);
  }
  for (std::uint32_t at = 0; at < names; ++at) {
    const Slot lock = table.find_lock("l" + std::to_string(at));
    if (lock != no_slot) REQUIRE(table.lock(lock).waiters <= limits.waiters_per_lock);
  }
}

}  // namespace

TEST_CASE("pipelined LOCKs of several names reach every limit and pass none") {
  Pipeline pipeline;
  for (int round = 0; round < 10'000; ++round) {
    const std::uint32_t session = pipeline.below(sessions);
    pipeline.below(3) == 0 ? pipeline.unlock(session) : pipeline.lock(session);
    pipeline.flush();
    pipeline.read(session);
    check_limits(pipeline.core.node().table(), narrow().limits);
  }

  for (const char* limit :
       {"locks", "locks_per_session", "waiters_per_session", "waiters_per_lock"}) {
    INFO(limit);
    CHECK(pipeline.refused[std::string("ERR LIMIT limit=") + limit] > 10);
  }
}

TEST_CASE("LOCKs of several names in flight count each name: the last to fit fits") {
  Settings settings = with(Durability::fsync);
  settings.limits.locks_per_session = 6;
  Core core(settings);
  core.ask("S", "OPEN");
  core.send("S", "LOCK a b c");
  core.send("S", "LOCK d e");
  core.send("S", "LOCK f g");
  core.send("S", "LOCK h");
  core.send("S", "LOCK i");
  for (int i = 0; i < 5; ++i) core.flush();

  CHECK_THAT(core.read_or_nothing("S"), StartsWith("OK token=1"));
  CHECK_THAT(core.read_or_nothing("S"), StartsWith("OK token=2"));
  CHECK(core.read_or_nothing("S") == "ERR LIMIT limit=locks_per_session");
  CHECK_THAT(core.read_or_nothing("S"), StartsWith("OK token=3"));
  CHECK(core.read_or_nothing("S") == "ERR LIMIT limit=locks_per_session");
  CHECK(core.node().table().lock_count() == 6);
}

}  // namespace pawl::testing
