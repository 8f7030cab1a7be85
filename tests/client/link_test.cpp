// SPDX-License-Identifier: Apache-2.0
#include "client/link.hpp"

#include <optional>

#include "client/tls_server.hpp"

namespace pawl::client {
namespace {

using namespace std::chrono_literals;
namespace asio = boost::asio;
using Lines = std::vector<std::string>;

LineServer::Answer accepting(const std::string& auth_reply) {
  return [auth_reply](const std::string& line) {
    return line.starts_with("AUTH") ? auth_reply + "\n" : "OK pong\n";
  };
}

// A link that sends PING once it is up, and what came of it.
struct Talk {
  Talk(asio::io_context& on, const ServerAddress& server, Access access) : context(on), book(on) {
    link = std::make_shared<Link>(
        context, std::move(access),
        Link::Calls{[this] {
                      is_up = true;
                      link->send("PING");
                    },
                    [this](std::string_view line) { line_ = line; },
                    [this](const Link::End& how) { end = how; }, [this] { ++steps; }});
    link->open(book, server, 0);
  }
  ~Talk() { link->close(); }
  Talk(const Talk&) = delete;
  Talk& operator=(const Talk&) = delete;

  void until_answered() {
    run_until(context, [this] { return line_.has_value() || end.has_value(); });
  }
  // Why it came to nothing.
  std::string problem() {
    run_until(context, [this] { return end.has_value(); });
    return end->why;
  }

  asio::io_context& context;
  AddressBook book;
  std::shared_ptr<Link> link;
  bool is_up = false;
  int steps = 0;
  std::optional<std::string> line_;
  std::optional<Link::End> end;
};

TEST_CASE("who asks is said first, and nothing else before that is accepted") {
  asio::io_context context;
  std::vector<std::string> at_auth;
  LineServer server(context, [](const std::string&) { return std::string(); });
  server.script([&](const std::string& line) {
    if (line.starts_with("AUTH")) at_auth = server.lines;
    return std::string("OK\n");
  });
  Talk talk(context, server.address(), {"ci", "s3cret", {}});
  talk.until_answered();
  CHECK(talk.line_ == "OK");
  CHECK(server.lines == Lines{"AUTH ci s3cret", "PING"});
  CHECK(talk.steps == 1);
}

TEST_CASE("a link whose user is refused never stands, and says that it is for good") {
  asio::io_context context;
  LineServer server(context, accepting("ERR UNAUTHENTICATED msg=\"no such user\""));
  Talk talk(context, server.address(), {"ci", "wrong", {}});
  CHECK(talk.problem() == "UNAUTHENTICATED: no such user");
  REQUIRE(talk.end->denial);
  CHECK(talk.end->denial->word == "UNAUTHENTICATED");
  CHECK_FALSE(talk.is_up);
  CHECK(server.lines == Lines{"AUTH ci wrong"});
}

TEST_CASE("a server that cannot accept anybody now is no refusal of the user") {
  asio::io_context context;
  LineServer server(context, accepting("ERR LIMIT limit=connections"));
  Talk talk(context, server.address(), {"ci", "s3cret", {}});
  CHECK(talk.problem() == "LIMIT: limit=connections");
  CHECK_FALSE(talk.end->denial);
}

TEST_CASE("the same lines go by TLS") {
  asio::io_context context;
  const testing::Certificates certificates;
  TlsServer server(context, certificates.node({"127.0.0.1"}), accepting("OK user=ci"));
  Talk talk(context, server.address(), {"ci", "s3cret", certificates.options()});
  talk.until_answered();
  CHECK(talk.line_ == "OK pong");
  CHECK(server.lines == Lines{"AUTH ci s3cret", "PING"});
  CHECK(talk.steps == 2);
}

TEST_CASE("a certificate that does not name the server is refused before anything is said") {
  asio::io_context context;
  const testing::Certificates certificates;
  TlsServer server(context, certificates.node({"db1.example", "10.0.0.1"}), accepting("OK"));
  Talk talk(context, server.address(), {"ci", "s3cret", certificates.options()});
  CHECK(talk.problem() == "its certificate is not for 127.0.0.1 but for db1.example, 10.0.0.1");
  CHECK_FALSE(talk.end->denial);
  CHECK(server.lines.empty());
}

TEST_CASE("the name that a server is to have may be told apart from its address") {
  asio::io_context context;
  const testing::Certificates certificates;
  TlsServer server(context, certificates.node({"db1.example"}), accepting("OK"));
  TlsOptions options = certificates.options();
  options.server_name = "db1.example";
  Talk named(context, server.address(), {{}, {}, options});
  named.until_answered();
  CHECK(named.line_ == "OK pong");
  options.server_name = "db2.example";
  Talk other(context, server.address(), {{}, {}, options});
  CHECK(other.problem() == "its certificate is not for db2.example but for db1.example");
}

TEST_CASE("a certificate of another CA, or of none that is known, is refused") {
  asio::io_context context;
  const testing::Certificates certificates;
  const testing::Certificates others;
  TlsServer server(context, others.node({"127.0.0.1"}), accepting("OK"));
  Talk talk(context, server.address(), {{}, {}, certificates.options()});
  CHECK(talk.problem() ==
        "its certificate is not trusted: no CA in " + certificates.ca() + " has signed it");
  Talk by_system(context, server.address(), {{}, {}, TlsOptions{}});
  CHECK(by_system.problem() ==
        "its certificate is not trusted: no CA in those that this system trusts has signed it");
}

TEST_CASE("a certificate that has expired is refused") {
  asio::io_context context;
  const testing::Certificates certificates;
  TlsServer server(context, certificates.node({"127.0.0.1"}, -1h), accepting("OK"));
  Talk talk(context, server.address(), {{}, {}, certificates.options()});
  CHECK(talk.problem() == "its certificate, or that of its CA, has expired");
}

TEST_CASE("a client's certificate is no server's") {
  asio::io_context context;
  const testing::Certificates certificates;
  TlsServer server(context, certificates.client("ci"), accepting("OK"));
  Talk talk(context, server.address(), {{}, {}, certificates.options()});
  CHECK_THAT(talk.problem(), Catch::StartsWith("its certificate is not trusted: "));
}

TEST_CASE("a server that wants a certificate is given one, or it is said that it wants one") {
  asio::io_context context;
  const testing::Certificates certificates;
  TlsServer server(context, certificates.node({"127.0.0.1"}), accepting("OK"));
  server.demand_certificates(certificates.ca());
  Talk with(context, server.address(), {{}, {}, certificates.options(certificates.client("ci"))});
  with.until_answered();
  CHECK(with.line_ == "OK pong");
  Talk without(context, server.address(), {{}, {}, certificates.options()});
  const std::string problem = without.problem();
  // The server may have closed before what it said was read.
  if (problem != "Connection reset by peer") {
    CHECK(problem == "it wants a certificate of this client");
  }
}

TEST_CASE("a server that does not speak TLS is told from one that is away") {
  asio::io_context context;
  const testing::Certificates certificates;
  LineServer closing(context, [](const std::string&) { return std::string(); });
  closing.refuse();
  Talk talk(context, closing.address(), {{}, {}, certificates.options()});
  CHECK_THAT(talk.problem(), Catch::Contains("does it speak TLS?"));

  asio::ip::tcp::acceptor talking(context, {asio::ip::address_v4::loopback(), 0});
  asio::ip::tcp::socket spoken_to(context);
  talking.async_accept(spoken_to, [&](boost::system::error_code) {
    asio::write(spoken_to, asio::buffer(std::string("220 mail.example ESMTP\r\n")));
  });
  const std::string port = std::to_string(talking.local_endpoint().port());
  Talk other(context, {"127.0.0.1", port}, {{}, {}, certificates.options()});
  CHECK(other.problem() == "it does not speak TLS");
}

TEST_CASE("a link may end at any time, and what it runs on, too") {
  const testing::Certificates certificates;
  const auto own = certificates.node({"127.0.0.1"});
  for (int steps = 0; steps < 30; ++steps) {
    asio::io_context context;
    const TlsServer server(context, own, accepting("OK user=ci"));
    const Talk talk(context, server.address(), {"ci", "s3cret", certificates.options()});
    for (int i = 0; i < steps; ++i) context.run_one_for(10ms);
  }
}

TEST_CASE("files are read again for each connection") {
  asio::io_context context;
  const testing::Certificates certificates;
  const testing::Certificates others;
  TlsServer server(context, others.node({"127.0.0.1"}), accepting("OK"));
  const TlsOptions options{.ca = certificates.path("trusted.pem")};
  Talk none(context, server.address(), {{}, {}, options});
  CHECK(none.problem() == "cannot read " + options.ca + ": No such file or directory");
  std::ifstream from(others.ca());
  certificates.write("trusted.pem", {std::istreambuf_iterator<char>(from), {}});
  Talk talk(context, server.address(), {{}, {}, options});
  talk.until_answered();
  CHECK(talk.line_ == "OK pong");
}

}  // namespace
}  // namespace pawl::client
