// SPDX-License-Identifier: Apache-2.0
//
// How what asks and blocks enters the servers.
#include <boost/asio/executor_work_guard.hpp>
#include <thread>

#include "client/asking/asker.hpp"
#include "client/asking/scripted_nodes.hpp"
#include "client/tls_server.hpp"

namespace pawl::client {
namespace {

using namespace std::chrono_literals;
using Lines = std::vector<std::string>;

const Access ci{"ci", "s3cret", {}};

// AUTH is answered so, all else as `other` says.
LineServer::Answer answering(std::string auth, std::string other) {
  return [auth = std::move(auth), other = std::move(other)](const std::string& line) {
    return (line.starts_with("AUTH") ? auth : other) + "\n";
  };
}

RequestLine ping() { return RequestLine("PING"); }

// A server by TLS on a thread of its own.
class TlsNode {
 public:
  // Where a CA is given, only those that have a certificate of it are served.
  TlsNode(const testing::Certificates::Files& own, LineServer::Answer answer,
          const std::string& ca = {})
      : server(context_, own, std::move(answer)) {
    if (!ca.empty()) server.demand_certificates(ca);
    thread_ = std::thread([this] { context_.run(); });
  }
  ~TlsNode() { stop(); }
  TlsNode(const TlsNode&) = delete;
  TlsNode& operator=(const TlsNode&) = delete;
  void stop() {
    context_.stop();
    if (thread_.joinable()) thread_.join();
  }

 private:
  boost::asio::io_context context_{1};

 public:
  TlsServer server;

 private:
  std::thread thread_;
};

}  // namespace

TEST_CASE("each connection begins with who asks, and goes on when that was accepted") {
  Nodes nodes;
  const std::size_t primary = nodes.add(answering("OK user=ci", "OK pong"));
  const std::size_t standby =
      nodes.add(answering("OK user=ci", "ERR NOT_PRIMARY primary=" + nodes.address(primary)));
  nodes.start();
  Asker asker({nodes[standby].address()}, 10s, ci);
  CHECK(asker.ask(ping()).word == "pong");
  CHECK(asker.ask(ping()).word == "pong");
  nodes.stop();
  CHECK(nodes[standby].lines == Lines{"AUTH ci s3cret", "PING"});
  CHECK(nodes[primary].lines == Lines{"AUTH ci s3cret", "PING", "PING"});
}

TEST_CASE("who is not accepted is told so at once, and asks nobody else") {
  Nodes nodes;
  const std::string denial = GENERATE("ERR UNAUTHENTICATED msg=\"no\"", "ERR FORBIDDEN");
  nodes.add(answering(denial, "OK pong"));
  nodes.add(answering("OK user=ci", "OK pong"));
  nodes.listed = 2;
  nodes.start();
  Asker asker(nodes.list(), 10s, ci);
  CHECK_THROWS_AS(asker.ask(ping()), Denied);
  nodes.stop();
  CHECK(nodes[0].lines == Lines{"AUTH ci s3cret"});
  CHECK(nodes[1].lines.empty());
}

TEST_CASE("a server that accepts nobody now is passed over, and says why") {
  Nodes nodes;
  nodes.add(answering("ERR LIMIT limit=connections", "OK pong"));
  nodes.add(answering("OK user=ci", "OK pong"));
  nodes.listed = GENERATE(1U, 2U);
  nodes.start();
  Asker asker(nodes.list(), 10s, ci);
  if (nodes.listed == 2) {
    CHECK(asker.ask(ping()).word == "pong");
  } else {
    CHECK_THROWS_WITH(asker.ask(ping()), Catch::EndsWith(": LIMIT: limit=connections"));
  }
}

TEST_CASE("a connection whose server has other users now is made anew") {
  Nodes nodes;
  std::size_t asked = 0;
  nodes.add([&asked](const std::string& line) {
    if (line.starts_with("AUTH")) return "OK user=ci\n";
    return ++asked == 2 ? "ERR UNAUTHENTICATED\n" : "OK pong\n";
  });
  nodes.start();
  Asker asker(nodes.list(), 10s, ci);
  CHECK(asker.ask(ping()).word == "pong");
  CHECK(asker.ask(ping()).word == "pong");
  nodes.stop();
  CHECK(nodes[0].lines == Lines{"AUTH ci s3cret", "PING", "PING", "AUTH ci s3cret", "PING"});
}

TEST_CASE("whoever names nobody is told at once that somebody is wanted") {
  Nodes nodes;
  nodes.add(answering("OK", "ERR UNAUTHENTICATED"));
  nodes.start();
  Asker asker(nodes.list(), 10s);
  CHECK(asker.ask(ping()).word == "UNAUTHENTICATED");
  nodes.stop();
  CHECK(nodes[0].lines == Lines{"PING"});
}

TEST_CASE("a request goes by TLS") {
  const testing::Certificates certificates;
  TlsNode node(certificates.node({"127.0.0.1"}), answering("OK user=ci", "OK pong"));
  Access access = ci;
  access.tls = certificates.options();
  {
    Asker asker({node.server.address()}, 10s, access);
    CHECK(asker.ask(ping()).word == "pong");
    CHECK(asker.ask(ping()).word == "pong");
  }
  node.stop();
  CHECK(node.server.lines == Lines{"AUTH ci s3cret", "PING", "PING"});
}

TEST_CASE("a server whose certificate is for another host is passed over, and it is said why") {
  const testing::Certificates certificates;
  TlsNode wrong(certificates.node({"db1.example"}), answering("OK", "OK pong"));
  TlsNode right(certificates.node({"127.0.0.1"}), answering("OK", "OK pong"));
  const Access access{{}, {}, certificates.options()};
  Asker both({wrong.server.address(), right.server.address()}, 10s, access);
  CHECK(both.ask(ping()).word == "pong");
  const auto start = std::chrono::steady_clock::now();
  Asker one({wrong.server.address()}, 10min, access);
  CHECK_THROWS_WITH(one.ask(ping()),
                    Catch::EndsWith("its certificate is not for 127.0.0.1 but for db1.example"));
  CHECK(std::chrono::steady_clock::now() - start < 1min);
  wrong.stop();
  CHECK(wrong.server.lines.empty());
}

TEST_CASE("a server that wants a certificate is passed over, and that is said at once") {
  const testing::Certificates certificates;
  TlsNode strict(certificates.node({"127.0.0.1"}), answering("OK", "OK pong"), certificates.ca());
  TlsNode open(certificates.node({"127.0.0.1"}), answering("OK", "OK pong"));
  const Access access{{}, {}, certificates.options()};
  // Nothing was taken, so that even what must not be done twice goes on.
  const Repeat repeat = GENERATE(Repeat::freely, Repeat::if_certain);
  Asker both({strict.server.address(), open.server.address()}, 10s, access);
  CHECK(both.ask(ping(), repeat).word == "pong");
  CHECK_FALSE(both.was_repeated());
  const auto start = std::chrono::steady_clock::now();
  Asker one({strict.server.address()}, 10min, access);
  const std::string why =
      to_text(strict.server.address()) + ": it wants a certificate of this client";
  CHECK_THROWS_MATCHES(one.ask(ping(), repeat), Unreachable, Catch::Message("cannot reach " + why));
  CHECK(std::chrono::steady_clock::now() - start < 1min);
  strict.stop();
  CHECK(strict.server.lines.empty());
}

TEST_CASE("why a server closed is heard by whoever only writes") {
  const testing::Certificates certificates;
  TlsNode strict(certificates.node({"127.0.0.1"}), answering("OK", "OK pong"), certificates.ca());
  Loop loop;
  Connection connection(loop, strict.server.address(), {{}, {}, certificates.options()}, 10s);
  const auto write_until_it_is_closed = [&connection] {
    for (;;) connection.send("PING");
  };
  CHECK_THROWS_AS(write_until_it_is_closed(), TurnedAway);
}

}  // namespace pawl::client
