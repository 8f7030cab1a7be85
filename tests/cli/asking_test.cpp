// SPDX-License-Identifier: Apache-2.0
#include "cli/asking.hpp"

#include <catch2/catch.hpp>

#include "cli/scripted_nodes.hpp"

namespace pawl::cli {
namespace {

ExitCode code_of_asking(const std::string& reply) {
  Nodes nodes;
  nodes.add(saying(reply));
  nodes.start();
  client::Asker asker = asker_of(nodes.globals());
  try {
    const client::ReplyLine ok = ask(asker, client::RequestLine("PING"));
    static_cast<void>(number_in(ok, "ttl"));
  } catch (const Failure& failure) {
    return failure.code();
  }
  return exit_ok;
}

}  // namespace

TEST_CASE("a refusal ends a command with its exit code, and so does an OK without sense") {
  CHECK(code_of_asking("OK ttl=30000") == exit_ok);
  CHECK(code_of_asking("ERR NOT_HELD") == exit_not_held);
  CHECK(code_of_asking("OK") == exit_refused);
  CHECK(code_of_asking("OK ttl=soon") == exit_refused);
}

TEST_CASE("servers that are none are a wrong command line, and quoted") {
  Globals globals;
  globals.servers = "db1:7295,a:b\x1b";
  CHECK_THROWS_AS(asker_of(globals), Failure);
  CHECK_THROWS_WITH(servers_of(globals), "not host:port[,host:port...]: \"db1:7295,a:b\\x1b\"");
}

TEST_CASE("an asker has the servers and the patience that a command was told") {
  Globals globals;
  globals.servers = "db1,[::1]:9";
  globals.timeout_ms = 1'234;
  CHECK(servers_of(globals) == std::vector<client::ServerAddress>{{"db1", "7295"}, {"::1", "9"}});
  CHECK(asker_of(globals).timeout() == std::chrono::milliseconds{1'234});
}

}  // namespace pawl::cli
