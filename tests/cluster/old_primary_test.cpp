// SPDX-License-Identifier: Apache-2.0
//
// A primary that was stopped or cut off for longer than an election takes, asked directly, over
// connections it already had: it says OK to nothing that needs a primary, ends nothing, and then
// follows.
#include <catch2/catch.hpp>
#include <list>

#include "cluster/crewed.hpp"

namespace pawl::testing {
namespace {

using namespace std::chrono_literals;

constexpr unsigned rounds = 6;
constexpr std::chrono::milliseconds short_ttl{1'000};

TimePoint in(std::chrono::milliseconds span) { return std::chrono::steady_clock::now() + span; }

struct Question {
  std::string line;
  std::unique_ptr<Wire> wire;
};

// The old primary, who holds what there, and whoever listens to it.
class OldPrimary {
 public:
  OldPrimary(Cluster& cluster, unsigned round)
      : cluster_(cluster), node_(cluster.await_primary()), in_("old/" + std::to_string(round)) {
    static_cast<void>(told_.send("EVENTS on"));
    REQUIRE(told_.read_line(in(5s)) == "OK");
    // Long, but for one: by the old primary's clock it is over when it comes back.
    kept_ = lock(kept(), short_ttl.count());
    taken_ = lock(taken(), 60'000);
    static_cast<void>(attached_.send("OPEN ttl=60s"));
    const auto opened = attached_.read_line(in(5s));
    REQUIRE(opened);
    REQUIRE(opened->starts_with("OK session="));
    secret_ = opened->substr(11, opened->find(' ', 11) - 11);
  }

  [[nodiscard]] std::size_t node() const { return node_; }

  // Everything a primary alone may answer, each over a connection that stands already.
  void connect() {
    const std::string token = " token=" + kept_;
    const Words lines{"RENEW " + kept() + token,
                      "RENEW " + kept() + token + " ttl=90s",
                      "VERIFY " + kept() + token,
                      "SHOW " + kept(),
                      "LIST",
                      "SESSIONS",
                      "KEEPALIVE " + secret_,
                      "RESUME " + secret_,
                      "OPEN",
                      "LOCK " + free() + " id=late",
                      "LOCK " + kept() + " id=kept",
                      "LOCK " + kept() + " wait=1s",
                      "CANCEL " + kept() + " id=x",
                      "UNLOCK " + taken() + " token=" + taken_};
    for (const std::string& line : lines) {
      questions_.push_back({line, std::make_unique<Wire>(cluster_.port(node_))});
    }
  }
  // Into its sockets, whether it reads them or not.
  void write() {
    for (Question& one : questions_) {
      INFO(one.line);
      REQUIRE(one.wire->send(one.line));
    }
  }
  void check_refused() {
    for (Question& one : questions_) {
      const std::string reply = one.wire->read_line(in(5s)).value_or("no answer");
      INFO(one.line << ": " << reply);
      const bool refused =
          reply.starts_with("ERR NOT_PRIMARY") || reply.starts_with("ERR NO_QUORUM");
      CHECK(refused);
    }
    questions_.clear();
  }
  // The primary of now knows better what became of them.
  void renew_there(std::size_t primary) const {
    const auto reply = cluster_.ask(primary, "RENEW " + kept() + " token=" + kept_ + " ttl=60s");
    REQUIRE(reply.value_or("no answer").starts_with("OK ttl="));
  }
  void check_nothing_happened(std::size_t primary) const {
    const auto is_held = [&](const std::string& name, const std::string& token) {
      return cluster_.ask(primary, "VERIFY " + name + " token=" + token).value_or("no answer");
    };
    CHECK(is_held(kept(), kept_).starts_with("OK ttl="));
    CHECK(is_held(taken(), taken_).starts_with("OK ttl="));
    const auto shown = cluster_.ask(primary, "SHOW " + free());
    CHECK(shown.value_or("no answer").find(R"("holders":[])") != std::string::npos);
  }
  void check_told_nothing() {
    const auto line = told_.read_line(in(0s));
    CHECK(line.value_or("nothing") == "nothing");
  }

 private:
  [[nodiscard]] std::string kept() const { return in_ + "/kept"; }
  [[nodiscard]] std::string taken() const { return in_ + "/taken"; }
  [[nodiscard]] std::string free() const { return in_ + "/free"; }

  std::string lock(const std::string& name, long ttl_ms) {
    const std::string ttl = std::to_string(ttl_ms);
    static_cast<void>(told_.send("LOCK " + name + " id=kept ttl=" + ttl));
    const std::string reply = told_.read_line(in(5s)).value_or("no answer");
    REQUIRE(reply.starts_with("OK token="));
    return reply.substr(9, reply.find(' ', 9) - 9);
  }

  Cluster& cluster_;
  std::size_t node_;
  std::string in_;
  Wire told_{cluster_.port(node_)};
  Wire attached_{cluster_.port(node_)};
  std::string kept_;
  std::string taken_;
  std::string secret_;
  std::list<Question> questions_;
};

// Until the short lease is over by the old primary's clock; the new one is told that it goes on.
std::size_t outlast(Cluster& cluster, const OldPrimary& old) {
  const TimePoint until = in(short_ttl + 300ms);
  const std::size_t primary = cluster.await_primary(old.node());
  old.renew_there(primary);
  Cluster::await([&] { return std::chrono::steady_clock::now() >= until; }, "the short lease");
  return primary;
}

}  // namespace

TEST_CASE("a stopped old primary that wakes grants, renews, verifies and expires nothing") {
  CrewedCluster crewed;
  Cluster& cluster = crewed.cluster;
  for (unsigned round = 0; round < rounds; ++round) {
    OldPrimary old(cluster, round);
    old.connect();
    // Every other time so briefly that it does not step down for its own pause, and hearing nothing
    // of the others when it wakes.
    const bool briefly = round % 2 == 0;
    if (briefly) cluster.isolate(old.node());
    cluster.pause(old.node());
    const std::size_t primary = briefly ? cluster.await_primary(old.node()) : outlast(cluster, old);
    old.write();

    cluster.go_on(old.node());

    old.check_refused();
    old.renew_there(primary);
    cluster.heal();
    cluster.await_caught_up(old.node());
    old.check_told_nothing();
    old.check_nothing_happened(primary);
  }
  CHECK(crewed.end() == "");
}

TEST_CASE("an old primary that is cut off grants, renews, verifies and expires nothing") {
  const Isolation how = GENERATE(Isolation::both_ways, Isolation::outgoing, Isolation::incoming);
  CrewedCluster crewed;
  Cluster& cluster = crewed.cluster;
  for (unsigned round = 0; round < rounds / 3; ++round) {
    OldPrimary old(cluster, round);
    cluster.isolate(old.node(), how);
    const std::size_t primary = outlast(cluster, old);

    old.connect();
    old.write();
    old.check_refused();
    old.check_told_nothing();
    old.check_nothing_happened(primary);
    cluster.heal();

    cluster.await_caught_up(old.node());
    old.check_told_nothing();
    old.check_nothing_happened(primary);
  }
  CHECK(crewed.end() == "");
}

TEST_CASE("what a primary is asked just after it was cut off is not answered with OK") {
  const Isolation how = GENERATE(Isolation::both_ways, Isolation::outgoing, Isolation::incoming);
  CrewedCluster crewed;
  Cluster& cluster = crewed.cluster;
  for (unsigned round = 0; round < rounds / 3; ++round) {
    OldPrimary old(cluster, round);
    old.connect();
    cluster.isolate(old.node(), how);

    old.write();

    old.check_refused();
    cluster.heal();
    cluster.await_caught_up(old.node());
  }
  CHECK(crewed.end() == "");
}

}  // namespace pawl::testing
