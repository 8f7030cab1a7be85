// SPDX-License-Identifier: Apache-2.0
//
// Against servers that a test scripts: what counts as done, and what becomes of a connection.
#include "cli/bench/engine.hpp"

#include <catch2/catch.hpp>

#include "cli/failure.hpp"
#include "cli/scripted_nodes.hpp"

using Catch::Matchers::Contains;
using Catch::Matchers::StartsWith;

namespace pawl::cli::bench {
namespace {

using namespace std::chrono_literals;

// Grants whatever it is asked for, tokens rising.
struct Generous {
  std::string operator()(const std::string& line) {
    if (line.starts_with("LOCK")) return "OK token=" + std::to_string(++token) + " ttl=1000\n";
    return "OK\n";
  }
  std::uint64_t token = 0;
};

struct Trial {
  explicit Trial(Kind kind) {
    plan.kind = kind;
    plan.connections = kind == Kind::contend ? 2 : 1;
    plan = completed(plan);
    plan.prefix = "bench/test/";
  }

  void run(const Nodes& nodes, Span duration = 100ms) {
    Target target{nodes.list(), 5s, plan.kind == Kind::failover, longest, access};
    const auto workload = make_workload(plan, tally);
    Engine engine(std::move(target), *workload, tally, [](const Going&) {});
    engine.run(duration);
    elapsed = engine.elapsed();
    held = engine.held();
    facts = workload->facts();
  }
  [[nodiscard]] std::uint64_t errors(std::string_view code) const {
    const auto known = tally.errors().find(code);
    return known == tally.errors().end() ? 0 : known->second;
  }

  Plan plan;
  std::chrono::milliseconds longest{60s};
  client::Access access;
  Tally tally;
  Span elapsed{0};
  std::uint64_t held = 0;
  Facts facts;
};

}  // namespace

TEST_CASE("pairs are counted, and at the end every lock has been given back") {
  Nodes nodes;
  nodes.add(Generous{});
  nodes.start();
  Trial trial(Kind::pair);
  trial.plan.connections = 3;
  trial.plan.depth = 4;

  trial.run(nodes);

  nodes.stop();
  CHECK(trial.tally.operations() > 0);
  CHECK(trial.tally.errors().empty());
  CHECK(trial.held == 0);
  CHECK(nodes[0].lines.size() > 24);
  CHECK(nodes[0].count("UNLOCK") * 2 == nodes[0].lines.size());
  CHECK(nodes[0].count(" bench/test/2-3 ") > 0);
}

TEST_CASE("who asks is said first on each connection, and is no operation") {
  Nodes nodes;
  nodes.add(Generous{});
  nodes.start();
  Trial trial(Kind::pair);
  trial.plan.connections = 3;
  trial.access = {"ci", "s3cret", {}};

  trial.run(nodes);

  nodes.stop();
  CHECK(trial.tally.errors().empty());
  CHECK(trial.held == 0);
  CHECK(nodes[0].lines.front() == "AUTH ci s3cret");
  CHECK(nodes[0].count("AUTH ci s3cret") == 3);
  CHECK(nodes[0].count("UNLOCK") * 2 + 3 == nodes[0].lines.size());
}

TEST_CASE("a run whose user is refused ends before it begins") {
  Nodes nodes;
  nodes.add(saying("ERR UNAUTHENTICATED"));
  nodes.start();
  Trial trial(Kind::pair);
  trial.access = {"ci", "wrong", {}};
  CHECK_THROWS_WITH(trial.run(nodes), Contains("UNAUTHENTICATED"));
}

TEST_CASE("a LOCK that is answered without a grant is no operation") {
  const auto [reply, code] =
      GENERATE(table<std::string, std::string>({{"OK", "unverified"},
                                                {"OK token=0 ttl=1000", "unverified"},
                                                {"OK ttl=1000", "unverified"},
                                                {"pong", "garbled"},
                                                {"ERR BUSY waiters=0 expires_in=5", "BUSY"}}));
  Nodes nodes;
  nodes.add(saying(reply));
  nodes.start();
  Trial trial(Kind::pair);

  trial.run(nodes);

  CHECK(trial.tally.operations() == 0);
  CHECK(trial.errors(code) > 0);
  CHECK(trial.errors(code) == trial.tally.error_count());
}

TEST_CASE("a token that does not rise is no grant") {
  Nodes nodes;
  nodes.add([](const std::string& line) {
    return std::string(line.starts_with("LOCK") ? "OK token=7 ttl=1000\n" : "OK\n");
  });
  nodes.start();
  Trial trial(GENERATE(Kind::pair, Kind::contend));

  trial.run(nodes);

  CHECK(trial.tally.operations() == 1);
  CHECK(trial.errors("unverified") > 0);
}

TEST_CASE("an UNLOCK that is not answered with a bare OK ends no pair") {
  const std::string reply = GENERATE("ERR NOT_HELD\n", "OK ttl=5\n", "ERR NO_QUORUM\n");
  Nodes nodes;
  nodes.add([generous = Generous{}, reply](const std::string& line) mutable {
    return line.starts_with("LOCK") ? generous(line) : reply;
  });
  nodes.start();
  Trial trial(Kind::pair);

  trial.run(nodes);

  CHECK(trial.tally.operations() == 0);
  CHECK(trial.tally.measures()[1].latency.count() > 0);
  CHECK(trial.tally.error_count() > 0);
}

TEST_CASE("a reply to nothing is no success, and ends the connection") {
  Nodes nodes;
  nodes.add(saying("OK token=1 ttl=1000\nOK\nOK"));
  nodes.start();
  Trial trial(Kind::pair);

  trial.run(nodes, 10s);

  CHECK(trial.errors("unverified") == 1);
  CHECK(trial.elapsed < 5s);
}

TEST_CASE("a run whose last connection is lost ends early, and says what may be held") {
  Nodes nodes;
  nodes.add([&nodes, generous = Generous{}](const std::string& line) mutable {
    if (generous.token == 20 && line.starts_with("UNLOCK")) nodes[0].break_connections();
    return generous(line);
  });
  nodes.start();
  Trial trial(Kind::pair);

  trial.run(nodes, 10s);

  CHECK(trial.elapsed < 5s);
  CHECK(trial.tally.operations() == 19);
  CHECK(trial.errors("closed") == 1);
  CHECK(trial.held == 1);
}

TEST_CASE("connections that do not come about are a failure with its own exit code") {
  boost::asio::io_context context;
  using Tcp = boost::asio::ip::tcp;
  Tcp::acceptor deaf(context);  // has a port, and does not listen
  deaf.open(Tcp::v4());
  deaf.bind({boost::asio::ip::address_v4::loopback(), 0});
  Trial trial(Kind::pair);
  const auto workload = make_workload(trial.plan, trial.tally);
  const std::string port = std::to_string(deaf.local_endpoint().port());
  Engine engine({{{"127.0.0.1", port}}, 5s, false}, *workload, trial.tally, [](const Going&) {});
  try {
    engine.run(100ms);
    FAIL("it ran");
  } catch (const Failure& failure) {
    CHECK(failure.code() == exit_unreachable);
    CHECK_THAT(failure.what(), StartsWith("only 0 of 1 connections"));
  }
}

TEST_CASE("failover follows the primary that a node names, and asks the same again there") {
  Nodes nodes;
  nodes.listed = 2;
  const std::size_t first = nodes.add(Generous{});
  const std::size_t second = nodes.add(Generous{100});
  nodes[first].script([&nodes, second, generous = Generous{}](const std::string& line) mutable {
    if (generous.token < 10) return generous(line);
    return "ERR NOT_PRIMARY primary=" + nodes.address(second) + "\n";
  });
  nodes.start();
  Trial trial(Kind::failover);

  trial.run(nodes);

  nodes.stop();
  CHECK(trial.errors("NOT_PRIMARY") == 1);
  CHECK(trial.tally.error_count() == 1);
  REQUIRE_FALSE(nodes[second].lines.empty());
  CHECK(nodes[second].lines.front() == "UNLOCK bench/test/0-0 token=10");
  CHECK(nodes[first].lines.front() == "LOCK bench/test/0-0 id=bench ttl=10000");
  CHECK(trial.tally.operations() > 10);
  CHECK(trial.held == 0);
}

TEST_CASE("failover gives back at the next node what a lost connection left open") {
  Nodes nodes;
  nodes.listed = 2;
  const std::size_t first = nodes.add(Generous{});
  const std::size_t second = nodes.add(Generous{100});
  const bool loses_lock = GENERATE(true, false);
  nodes[first].script([&nodes, loses_lock, generous = Generous{}](const std::string& line) mutable {
    if (generous.token >= 10 && line.starts_with("LOCK") == loses_lock) {
      nodes[0].break_connections();
      nodes[0].refuse();
    }
    return generous(line);
  });
  nodes.start();
  Trial trial(Kind::failover);

  trial.run(nodes);

  nodes.stop();
  CHECK(trial.errors("closed") >= 1);
  REQUIRE_FALSE(nodes[second].lines.empty());
  CHECK(nodes[second].lines.front() == nodes[first].lines.back());
  CHECK(nodes[second].lines.back().starts_with("UNLOCK"));
  CHECK(trial.held == 0);
  REQUIRE_FALSE(trial.facts.empty());
  CHECK(trial.facts.front().key == "longest_outage_ms");
}

TEST_CASE("an outage is measured to its end") {
  Nodes nodes;
  nodes.add([generous = Generous{}](const std::string& line) mutable {
    return generous.token < 5 ? generous(line) : std::string("ERR NO_QUORUM\n");
  });
  nodes.start();
  Trial trial(Kind::failover);
  trial.longest = 500ms;  // nothing is given back either

  trial.run(nodes, 300ms);

  CHECK(trial.facts.front().value.get<std::int64_t>() > 200);
  CHECK(trial.errors("NO_QUORUM") > 1);
}

TEST_CASE("hold takes each lock once and gives all of them back") {
  Nodes nodes;
  nodes.add([generous = Generous{}](const std::string& line) mutable {
    return line == "STATUS" ? std::string("OK {\"locks\":50}\n") : generous(line);
  });
  nodes.start();
  Trial trial(Kind::hold);
  trial.plan.connections = 3;
  trial.plan.locks = 50;
  trial.plan.depth = 4;

  trial.run(nodes);

  nodes.stop();
  CHECK(trial.tally.operations() == 50);
  CHECK(trial.held == 0);
  CHECK(nodes[0].count("UNLOCK") == 50);
  for (int i = 0; i < 50; ++i) {
    CHECK(nodes[0].count("LOCK bench/test/many/" + std::to_string(i) + " ") == 2);
  }
}

TEST_CASE("sessions are closed and leases given back after renewals") {
  Nodes nodes;
  nodes.add([generous = Generous{}](const std::string& line) mutable -> std::string {
    if (line.starts_with("OPEN")) return "OK session=ab handle=s1 ttl=10000 new=yes\n";
    if (line == "CLOSE") return "OK released=0\n";
    if (line == "KEEPALIVE" || line.starts_with("RENEW")) return "OK ttl=10000\n";
    return generous(line);
  });
  nodes.start();
  Trial trial(Kind::renew);
  trial.plan.depth = 3;

  trial.run(nodes);

  nodes.stop();
  CHECK(trial.tally.errors().empty());
  CHECK(trial.tally.measures()[0].latency.count() > 0);
  CHECK(trial.tally.measures()[1].latency.count() > 0);
  CHECK(nodes[0].count("UNLOCK") == 3);
  CHECK(nodes[0].lines.back() == "CLOSE");
  CHECK(trial.held == 0);
}

}  // namespace pawl::cli::bench
