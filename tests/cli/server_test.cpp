// SPDX-License-Identifier: Apache-2.0
#include "cli/server.hpp"

#include "cli/scripted_nodes.hpp"

namespace pawl::cli {
namespace {

using client::LineServer;
using client::ReplyLine;
using client::RequestLine;

// The first replies in turn, then the last for ever.
LineServer::Answer in_turn(std::vector<std::string> replies) {
  return [replies = std::move(replies), next = std::size_t{0}](const std::string&) mutable {
    const std::size_t now = std::min(next++, replies.size() - 1);
    return replies[now] + "\n";
  };
}

RequestLine unlock() {
  RequestLine line("UNLOCK");
  line.word("a").option("token", std::uint64_t{7});
  return line;
}

}  // namespace

TEST_CASE("a standby is left for the primary it names, in no list or not") {
  Nodes nodes;
  const std::size_t primary = nodes.add(saying("OK"));
  const std::size_t standby =
      nodes.add(saying("ERR NOT_PRIMARY primary=" + nodes.address(primary)));
  Globals globals = nodes.globals();
  globals.servers = nodes.address(standby);
  nodes.start();

  Server server(globals);
  CHECK(server.ask_either(unlock()).kind == ReplyLine::Kind::ok);
  CHECK(server.name() == nodes.address(primary));
  CHECK_FALSE(server.was_repeated());
  // It is asked again over the same connection.
  CHECK(server.ask_either(unlock()).kind == ReplyLine::Kind::ok);

  nodes.stop();
  CHECK(nodes[standby].lines.size() == 1);
  CHECK(nodes[primary].accepted == 1);
  CHECK(nodes[primary].lines == std::vector<std::string>(2, "UNLOCK a token=7"));
}

TEST_CASE("standbys that know no primary are asked until one serves") {
  Nodes nodes;
  nodes.add(in_turn({"ERR NOT_PRIMARY", "ERR NOT_PRIMARY", "ERR NOT_PRIMARY", "OK"}));
  nodes.add(saying("ERR NOT_PRIMARY"));
  nodes.listed = 2;
  nodes.start();

  Server server(nodes.globals());
  CHECK(server.ask_either(unlock()).kind == ReplyLine::Kind::ok);
  CHECK(server.name() == nodes.address(0));
  CHECK_FALSE(server.was_repeated());
}

TEST_CASE("a primary that is named but gone is no dead end") {
  Nodes nodes;
  const client::ServerAddress nowhere = [] {
    boost::asio::io_context context;
    const LineServer gone(context, saying(""));
    return gone.address();
  }();
  const std::string hint = "ERR NOT_PRIMARY primary=" + client::to_text(nowhere);
  nodes.add(saying(hint));
  nodes.add(in_turn({hint, hint, "OK"}));
  nodes.listed = 2;
  nodes.start();

  Server server(nodes.globals());
  CHECK(server.ask_either(unlock()).kind == ReplyLine::Kind::ok);
  CHECK(server.name() == nodes.address(1));
}

TEST_CASE("a primary whose name means nothing here is found by its place in the list") {
  Nodes nodes;
  nodes.add(saying("ERR NOT_PRIMARY primary=n2.invalid:7295"));
  nodes.add(saying("OK"));
  nodes.listed = 2;
  nodes.start();

  Server server(nodes.globals());
  CHECK(server.ask_either(unlock()).kind == ReplyLine::Kind::ok);
  CHECK(server.name() == nodes.address(1));
}

TEST_CASE("without a quorum the same is asked again, and counts as repeated") {
  Nodes nodes;
  nodes.add(in_turn({"ERR NO_QUORUM", "ERR NO_QUORUM", "ERR NOT_HELD"}));
  nodes.start();

  Server server(nodes.globals());
  CHECK(server.ask_either(unlock()).word == "NOT_HELD");
  CHECK(server.was_repeated());
}

TEST_CASE("a request whose reply is lost is asked again, and counts as repeated") {
  Nodes nodes;
  const std::size_t first = nodes.add({});
  nodes[first].script([&](const std::string&) {
    nodes[first].break_connections();
    return std::string();
  });
  nodes.add(saying("ERR NOT_HELD"));
  nodes.listed = 2;
  nodes.start();

  Server server(nodes.globals());
  CHECK(server.ask_either(unlock()).word == "NOT_HELD");
  CHECK(server.was_repeated());
}

TEST_CASE("a node that is silent is left for the next long before the timeout") {
  Nodes nodes;
  nodes.add([](const std::string&) { return std::string(); });
  nodes.add(saying("OK"));
  nodes.listed = 2;
  nodes.start();

  const auto start = std::chrono::steady_clock::now();
  Server server(nodes.globals(60'000));
  CHECK(server.ask_either(unlock()).kind == ReplyLine::Kind::ok);
  CHECK(std::chrono::steady_clock::now() - start < std::chrono::seconds{30});
  CHECK(server.was_repeated());
}

TEST_CASE("where nobody becomes primary the command ends with what was said") {
  Nodes nodes;
  nodes.add(saying("ERR NOT_PRIMARY"));
  nodes.start();

  Server server(nodes.globals(500));
  CHECK(server.ask_either(unlock()).word == "NOT_PRIMARY");
  nodes.stop();
  CHECK(nodes[0].lines.size() > 2);
}

TEST_CASE("replies to other tags and events are passed over") {
  Nodes nodes;
  nodes.add(saying("#w OK token=7 ttl=1\nEVENT LOST name=a token=7 reason=expired\n#t OK ttl=5"));
  nodes.start();

  Server server(nodes.globals());
  const ReplyLine reply = server.ask(RequestLine("RENEW").tag("t"));
  CHECK(reply.number("ttl") == 5U);
}

}  // namespace pawl::cli
