// SPDX-License-Identifier: Apache-2.0
#include "cli/top/looker.hpp"

#include <catch2/catch.hpp>

#include "cli/scripted_nodes.hpp"

using Catch::Matchers::Contains;

namespace pawl::cli::top {
namespace {

using Answer = client::LineServer::Answer;

Told look(const Globals& globals, const Question& question = {}) {
  boost::asio::io_context context{1};
  Looker looker(context, globals);
  std::optional<Told> told;
  looker.look(question, [&told](Told now) { told = std::move(now); });
  while (!told && context.run_one() != 0) {
  }
  REQUIRE(told);
  return *std::move(told);
}

std::string status(const std::string& node, const std::string& role, const std::string& nodes) {
  return R"(OK {"node":")" + node + R"(","role":")" + role + R"(","epoch":7,"nodes":[)" + nodes +
         "]}";
}

std::string node(const std::string& id, const std::string& role, const std::string& client) {
  return R"({"id":")" + id + R"(","role":")" + role + R"(","client":")" + client + R"("})";
}

// STATUS as told, everything else by `rest`.
Answer serving(std::string status, Answer rest) {
  return [status = std::move(status), rest = std::move(rest)](const std::string& line) {
    return line == "STATUS" ? status + "\n" : rest(line);
  };
}

std::string primary_says(const std::string& line) {
  if (line.starts_with("LIST")) {
    return "OK {\"locks\":[{\"name\":\"a\",\"waiters\":2},{\"name\":\"b\",\"waiters\":1}]}\n";
  }
  if (line == "SHOW a limit=1") return "OK {\"name\":\"a\",\"holders\":[{\"client\":\"w\"}]}\n";
  if (line == "SHOW b limit=1") return "ERR LIMIT\n";
  return line == "SHOW b limit=100" ? "OK {\"name\":\"b\",\"waiters_total\":1}\n"
                                    : "ERR INTERNAL\n";
}

const Answer as_standby = saying("ERR NOT_PRIMARY");

}  // namespace

TEST_CASE("all that is shown comes from the primary, wherever it is in the list") {
  Nodes nodes;
  nodes.listed = 2;
  nodes.add(serving(status("n1", "standby", ""), as_standby));
  nodes.add(serving(status("n2", "primary", ""), primary_says));
  nodes.start();

  const Told told = look(nodes.globals(), {.queue_of = "b"});

  CHECK(told.trouble.empty());
  CHECK(told.server == nodes.address(1));
  REQUIRE(told.seen.size() == 2);
  REQUIRE(told.locks.size() == 2);
  REQUIRE(told.shows.size() == 2);
  CHECK(told.shows[0]["holders"][0]["client"] == "w");
  CHECK(told.shows[1].empty());
  CHECK(told.queue["waiters_total"] == 1);
}

TEST_CASE("a primary that is not in the list is found by what the others say") {
  Nodes nodes;
  const std::size_t primary = 1;
  nodes.add([&nodes](const std::string& line) {
    const std::string other = node("n2", "primary", nodes.address(primary));
    return line == "STATUS" ? status("n1", "standby", other) + "\n" : "ERR NOT_PRIMARY\n";
  });
  nodes.add(serving(status("n2", "primary", ""), primary_says));
  nodes.start();

  const Told told = look(nodes.globals());

  CHECK(told.trouble.empty());
  CHECK(told.server == nodes.address(primary));
  CHECK(told.seen.size() == 2);
}

TEST_CASE("without a primary that is said, and that it may pass; the nodes are told all the same") {
  Nodes nodes;
  nodes.add(serving(status("n1", "standby", ""), as_standby));
  nodes.start();
  const Told told = look(nodes.globals());
  CHECK_THAT(told.trouble, Contains("no node is primary"));
  CHECK(told.is_passing);
  CHECK(told.seen[0].node == "n1");
  CHECK(look(nodes.globals(), {.locks = false}).trouble.empty());
}

TEST_CASE("a server that does not accept who asks is a refusal, not one that is away") {
  Nodes nodes;
  nodes.add(saying("ERR UNAUTHENTICATED msg=\"no such user\""));
  nodes.start();
  Globals globals = nodes.globals();
  globals.access.user = "ci";
  setenv("PAWL_SECRET", "wrong", 1);
  const Told told = look(globals);
  unsetenv("PAWL_SECRET");
  CHECK_THAT(told.trouble, Contains("no such user"));
  CHECK(told.code == exit_denied);
  nodes.stop();
  CHECK(nodes[0].lines == std::vector<std::string>{"AUTH ci wrong"});
}

TEST_CASE("a server that refuses is quoted, one that is none is told so") {
  Nodes nodes;
  const std::string said = GENERATE("ERR BAD_REQUEST msg=\"unknown option 'by'\"", "OK pong", "x");
  nodes.add(serving(status("n1", "primary", ""), saying(said)));
  nodes.start();
  const Told told = look(nodes.globals());
  CHECK_THAT(told.trouble,
             Contains("unknown option 'by'") || Contains("no JSON object") || Contains("no pawld"));
  CHECK_FALSE(told.is_passing);
}

TEST_CASE("who is silent or gone holds up nobody else, and is told with the reason") {
  Nodes nodes;
  nodes.listed = 2;
  nodes.add([](const std::string&) { return std::string(); });
  nodes.add(serving(status("n2", "primary", ""), primary_says));
  nodes.start();

  Told told = look(nodes.globals());
  CHECK(told.trouble.empty());
  REQUIRE(told.seen.size() == 2);
  const bool is_first_silent = told.seen[0].status.is_null();
  CHECK(told.seen[is_first_silent ? 0 : 1].error == "no reply in time");

  nodes.listed = 1;
  told = look(nodes.globals(50));
  CHECK(told.trouble == "cannot reach " + nodes.address(0) + ": no reply in time");
  CHECK(told.code == exit_unreachable);
}

TEST_CASE("one connection serves look after look, and a new one when it is lost") {
  Nodes nodes;
  nodes.add(serving(status("n1", "primary", ""), primary_says));
  nodes.start();
  boost::asio::io_context context{1};
  Looker looker(context, nodes.globals());
  for (int i = 0; i < 3; ++i) {
    std::optional<Told> told;
    looker.look({}, [&told](Told now) { told = std::move(now); });
    while (!told && context.run_one() != 0) {
    }
    REQUIRE(told);
    CHECK(told->trouble.empty());
  }
  nodes.stop();
  CHECK(nodes[0].accepted == 1);
}

TEST_CASE("a server that is listed twice is asked once") {
  Nodes nodes;
  nodes.add(serving(status("n1", "primary", ""), primary_says));
  nodes.start();
  Globals globals = nodes.globals();
  globals.servers += "," + nodes.address(0);
  CHECK(look(globals).seen.size() == 1);
}

TEST_CASE("servers that are none are refused at once") {
  boost::asio::io_context context{1};
  Globals globals;
  globals.servers = "a:b:c";
  CHECK_THROWS_AS(Looker(context, globals), Failure);
}

}  // namespace pawl::cli::top
