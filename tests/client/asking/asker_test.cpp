// SPDX-License-Identifier: Apache-2.0
#include "client/asking/asker.hpp"

#include <catch2/catch.hpp>

#include "client/asking/scripted_nodes.hpp"

namespace pawl::client {
namespace {

using namespace std::chrono_literals;

// The first replies in turn, then the last for ever.
LineServer::Answer in_turn(std::vector<std::string> replies) {
  return [replies = std::move(replies), next = std::size_t{0}](const std::string&) mutable {
    const std::size_t now = std::min(next++, replies.size() - 1);
    return replies[now] + "\n";
  };
}

// Where nobody listens any more.
ServerAddress gone_server() {
  boost::asio::io_context context;
  const LineServer gone(context, saying(""));
  return gone.address();
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
  nodes.start();

  Asker asker({nodes[standby].address()}, 10s);
  CHECK(asker.ask(unlock()).kind == ReplyLine::Kind::ok);
  CHECK(to_text(asker.server()) == nodes.address(primary));
  CHECK_FALSE(asker.was_repeated());
  // It is asked again over the same connection.
  CHECK(asker.ask(unlock()).kind == ReplyLine::Kind::ok);

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

  Asker asker(nodes.list(), 10s);
  CHECK(asker.ask(unlock()).kind == ReplyLine::Kind::ok);
  CHECK(to_text(asker.server()) == nodes.address(0));
  CHECK_FALSE(asker.was_repeated());
}

TEST_CASE("a primary that is named but gone is no dead end") {
  Nodes nodes;
  const std::string hint = "ERR NOT_PRIMARY primary=" + to_text(gone_server());
  nodes.add(saying(hint));
  nodes.add(in_turn({hint, hint, "OK"}));
  nodes.listed = 2;
  nodes.start();

  Asker asker(nodes.list(), 10s);
  CHECK(asker.ask(unlock()).kind == ReplyLine::Kind::ok);
  CHECK(to_text(asker.server()) == nodes.address(1));
}

TEST_CASE("a primary whose name means nothing here is found by its place in the list") {
  Nodes nodes;
  nodes.add(saying("ERR NOT_PRIMARY primary=n2.invalid:7295"));
  nodes.add(saying("OK"));
  nodes.listed = 2;
  nodes.start();

  Asker asker(nodes.list(), 10s);
  CHECK(asker.ask(unlock()).kind == ReplyLine::Kind::ok);
  CHECK(to_text(asker.server()) == nodes.address(1));
}

TEST_CASE("without a quorum the same is asked again, and counts as repeated") {
  Nodes nodes;
  nodes.add(in_turn({"ERR NO_QUORUM", "ERR NO_QUORUM", "ERR NOT_HELD"}));
  nodes.start();

  Asker asker(nodes.list(), 10s);
  CHECK(asker.ask(unlock()).word == "NOT_HELD");
  CHECK(asker.was_repeated());
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

  Asker asker(nodes.list(), 10s);
  CHECK(asker.ask(unlock()).word == "NOT_HELD");
  CHECK(asker.was_repeated());
}

TEST_CASE("a node that is silent is left for the next long before the timeout") {
  Nodes nodes;
  nodes.add([](const std::string&) { return std::string(); });
  nodes.add(saying("OK"));
  nodes.listed = 2;
  nodes.start();

  const auto start = std::chrono::steady_clock::now();
  Asker asker(nodes.list(), 60s);
  CHECK(asker.ask(unlock()).kind == ReplyLine::Kind::ok);
  CHECK(std::chrono::steady_clock::now() - start < 30s);
  CHECK(asker.was_repeated());
}

TEST_CASE("where nobody becomes primary the answer is what was said") {
  Nodes nodes;
  nodes.add(saying("ERR NOT_PRIMARY"));
  nodes.start();

  Asker asker(nodes.list(), 500ms);
  CHECK(asker.ask(unlock()).word == "NOT_PRIMARY");
  nodes.stop();
  CHECK(nodes[0].lines.size() > 2);
}

TEST_CASE("where no server answers, each is told with its reason") {
  Nodes nodes;
  nodes.add(saying("pong"));
  nodes.start();
  const ServerAddress gone = gone_server();

  Asker asker({gone, nodes[0].address()}, 10s);
  const std::string text = "cannot reach " + to_text(gone) + ": Connection refused; " +
                           nodes.address(0) + ": what answers there is no pawld";
  CHECK_THROWS_MATCHES(asker.ask(unlock()), Unreachable, Catch::Message(text));
  CHECK_THROWS_AS(Asker({gone}, 10s).connect(), Unreachable);
}

TEST_CASE("a lost reply of what must not be repeated is no answer, and nobody else is asked") {
  Nodes nodes;
  const std::size_t first = nodes.add({});
  nodes[first].script([&](const std::string&) {
    nodes[first].break_connections();
    return std::string();
  });
  const std::size_t second = nodes.add(saying("OK"));
  nodes.listed = 2;
  nodes.start();

  const Repeat repeat = GENERATE(Repeat::if_certain, Repeat::never);
  Asker asker(nodes.list(), 10s);
  CHECK_THROWS_AS(asker.ask(unlock(), repeat), NoAnswer);

  nodes.stop();
  CHECK(nodes[second].lines.empty());
}

TEST_CASE("what certainly did nothing is repeated, unless this server is meant") {
  Nodes nodes;
  nodes.add(saying("ERR NOT_PRIMARY"));
  nodes.add(saying("OK"));
  nodes.listed = 2;
  nodes.start();

  CHECK(Asker(nodes.list(), 10s).ask(unlock(), Repeat::if_certain).kind == ReplyLine::Kind::ok);
  CHECK(Asker(nodes.list(), 10s).ask(unlock(), Repeat::never).word == "NOT_PRIMARY");
}

TEST_CASE("replies to other tags and events are passed over") {
  Nodes nodes;
  nodes.add(saying("#w OK token=7 ttl=1\nEVENT LOST name=a token=7 reason=expired\n#t OK ttl=5"));
  nodes.start();

  Asker asker(nodes.list(), 10s);
  const ReplyLine reply = asker.ask(RequestLine("RENEW").tag("t"));
  CHECK(reply.number("ttl") == 5U);
}

}  // namespace pawl::client
