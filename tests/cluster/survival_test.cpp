// SPDX-License-Identifier: Apache-2.0
//
// What a new primary must know of what the old one was told: queues and their order, sessions with
// thousands of locks, grants with their tokens and the TTL that a RENEW gave them.
#include <algorithm>
#include <catch2/catch.hpp>
#include <vector>

#include "cluster/cluster.hpp"
#include "cluster/wire.hpp"

namespace pawl::testing {
namespace {

using namespace std::chrono_literals;
using nlohmann::json;

constexpr std::size_t waiters = 20;
constexpr std::size_t locks = 10'000;

enum class End : std::uint8_t { killed, handed_over };

TimePoint soon() { return std::chrono::steady_clock::now() + deadline; }

std::string ask(Wire& wire, const std::string& line) {
  REQUIRE(wire.send(line));
  return wire.read_line(soon()).value_or("no answer");
}

std::string token_of(const std::string& reply) {
  INFO(reply);
  REQUIRE(reply.starts_with("OK token="));
  return reply.substr(9, reply.find(' ', 9) - 9);
}

std::size_t another_primary(Cluster& cluster, std::size_t old, End end) {
  if (end == End::killed) {
    cluster.kill(old);
  } else {
    REQUIRE(cluster.ask(old, "HANDOVER") == "OK");
  }
  return cluster.await_primary(old);
}

json shown(Wire& wire, const std::string& name) {
  const std::string reply = ask(wire, "SHOW " + name);
  REQUIRE(reply.starts_with("OK {"));
  return json::parse(reply.substr(3));
}

// By their notes, first to be granted first.
std::vector<std::string> queue_of(Wire& wire, const std::string& name) {
  std::vector<std::string> notes;
  const json now = shown(wire, name);
  for (const json& one : now.at("waiters")) notes.push_back(one.at("note"));
  return notes;
}

std::string wait_line(std::size_t number) {
  const std::string id = "w" + std::to_string(number);
  return "LOCK queue id=" + id + " wait=forever ttl=1m note=" + id;
}

// Each over a connection of its own, one after the other.
class Queue {
 public:
  void join(std::uint16_t port, std::size_t number) {
    wires_[number] = std::make_unique<Wire>(port);
    REQUIRE(wires_[number]->send("#wait " + wait_line(number)));
    // Sees what was asked before it.
    REQUIRE(ask(*wires_[number], "#seen SHOW queue").starts_with("#seen OK"));
  }
  std::string await_token(std::size_t number) {
    const std::string reply = wires_[number]->read_line(soon()).value_or("no answer");
    REQUIRE(reply.starts_with("#wait "));
    return token_of(reply.substr(6));
  }

 private:
  std::vector<std::unique_ptr<Wire>> wires_{waiters};
};

// In one go; a token for each.
std::vector<std::string> take_all(Wire& wire) {
  std::string lines;
  for (std::size_t i = 0; i < locks; ++i) lines += "LOCK many/" + std::to_string(i) + '\n';
  std::vector<std::string> tokens;
  const std::size_t piece = 500 * (lines.size() / locks);
  for (std::size_t from = 0; from < lines.size();) {
    const std::size_t upto = std::min(lines.find('\n', from + piece), lines.size() - 1);
    const std::string_view some = std::string_view(lines).substr(from, upto - from);
    REQUIRE(wire.send(some));
    for (auto line = std::count(some.begin(), some.end(), '\n') + 1; line > 0; --line) {
      tokens.push_back(token_of(wire.read_line(soon()).value_or("no answer")));
    }
    from = upto + 1;
  }
  return tokens;
}

}  // namespace

TEST_CASE("waiters with an id keep their order across a failover") {
  const End end = GENERATE(End::killed, End::handed_over);
  Cluster cluster;
  const std::size_t old = cluster.await_primary();
  Wire there(cluster.port(old));
  const std::string token = token_of(ask(there, "LOCK queue ttl=1m"));
  Queue queue;
  for (std::size_t i = 0; i < waiters; ++i) queue.join(cluster.port(old), i);
  const std::vector<std::string> before = queue_of(there, "queue");
  REQUIRE(before.size() == waiters);

  const std::size_t primary = another_primary(cluster, old, end);

  Wire here(cluster.port(primary));
  CHECK(queue_of(here, "queue") == before);
  // They come back in the reverse order, and are granted in theirs.
  for (std::size_t i = waiters; i-- > 0;) queue.join(cluster.port(primary), i);
  std::string last = token;
  REQUIRE(ask(here, "UNLOCK queue token=" + token) == "OK");
  for (std::size_t i = 0; i < waiters; ++i) {
    // Nobody else is granted, for nobody else lets go.
    const std::string next = queue.await_token(i);
    CHECK(std::stoull(next) > std::stoull(last));
    last = next;
    REQUIRE(ask(here, "UNLOCK queue token=" + next) == "OK");
  }
}

TEST_CASE("a session with ten thousand locks loses none in a failover") {
  const End end = GENERATE(End::killed, End::handed_over);
  Cluster cluster;
  const std::size_t old = cluster.await_primary();
  Wire there(cluster.port(old));
  const std::string opened = ask(there, "OPEN ttl=1m id=the-session name=many");
  REQUIRE(opened.starts_with("OK session=the-session"));
  const std::vector<std::string> tokens = take_all(there);
  REQUIRE(tokens.size() == locks);

  const std::size_t primary = another_primary(cluster, old, end);

  Wire here(cluster.port(primary));
  CHECK(ask(here, "RESUME the-session").starts_with("OK session=the-session"));
  const json sessions = json::parse(ask(here, "SESSIONS").substr(3)).at("sessions");
  REQUIRE(sessions.size() == 1);
  CHECK(sessions.at(0).at("locks") == locks);
  std::size_t held = 0;
  for (std::size_t i = 0; i < locks; ++i) {
    const std::string line = "VERIFY many/" + std::to_string(i) + " token=" + tokens[i];
    if (ask(here, line).starts_with("OK ttl=")) ++held;
  }
  CHECK(held == locks);
  CHECK(ask(here, "CLOSE") == "OK released=" + std::to_string(locks));
}

TEST_CASE("a grant, its token and the TTL that a RENEW gave it survive a failover") {
  const End end = GENERATE(End::killed, End::handed_over);
  Cluster cluster;
  const std::size_t old = cluster.await_primary();
  Wire there(cluster.port(old));
  const std::string token = token_of(ask(there, "LOCK kept ttl=5s id=mine"));
  REQUIRE(ask(there, "RENEW kept token=" + token + " ttl=90s") == "OK ttl=90000");

  const std::size_t primary = another_primary(cluster, old, end);

  Wire here(cluster.port(primary));
  const json holder = shown(here, "kept").at("holders").at(0);
  CHECK(std::to_string(holder.at("token").get<std::uint64_t>()) == token);
  CHECK(holder.at("expires_in_ms").get<std::uint64_t>() > 80'000);
  CHECK(ask(here, "LOCK kept id=mine") == "OK token=" + token + " ttl=90000");
  CHECK(ask(here, "RENEW kept token=" + token) == "OK ttl=90000");
  CHECK(ask(here, "LOCK kept").starts_with("ERR BUSY"));
  const std::string next = token_of(ask(here, "LOCK other"));
  CHECK(std::stoull(next) > std::stoull(token));
}

TEST_CASE(
    "a watch does not survive its primary, is told where to go on, and pawl watch goes there") {
  const End end = GENERATE(End::killed, End::handed_over);
  Cluster cluster;
  const std::size_t old = cluster.await_primary();
  Process follower({PAWL_PROGRAM, "-s", cluster.servers(), "watch"});
  REQUIRE(follower.read_line().value_or("").starts_with("pawl: watching all locks at "));
  Wire there(cluster.port(old));
  REQUIRE(ask(there, "WATCH") == "OK");

  const std::size_t primary = another_primary(cluster, old, end);

  if (end == End::handed_over) {
    const std::string last = there.read_line(soon()).value_or("");
    CHECK(last.starts_with(
        "ERR NOT_PRIMARY primary=127.0.0.1:" + std::to_string(cluster.port(primary)) + " msg="));
  }
  CHECK_FALSE(there.read_line(soon()));
  CHECK(follower.read_line().value_or("").starts_with("pawl: lost the watch at "));
  CHECK(follower.read_line() ==
        "pawl: watching all locks at 127.0.0.1:" + std::to_string(cluster.port(primary)));
  Wire here(cluster.port(primary));
  const std::string token = token_of(ask(here, "LOCK a"));
  CHECK(follower.read_line() == "EVENT GRANTED name=a token=" + token);
}

}  // namespace pawl::testing
