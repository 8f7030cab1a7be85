// SPDX-License-Identifier: Apache-2.0
//
// The program with TLS: how it starts, reloads, and is looked at.
#include <catch2/catch.hpp>
#include <csignal>
#include <string>
#include <vector>

#include "server/daemon.hpp"
#include "server/line_client.hpp"
#include "tls/certificates.hpp"
#include "tls/tls_client.hpp"

namespace {

using namespace pawl::test;

std::vector<std::string> settings_for(const Certificates::Pair& own,
                                      std::vector<std::string> others = {}) {
  std::vector<std::string> words;
  others.insert(others.begin(), {"listen.client=127.0.0.1:0", "tls.certificate=" + own.certificate,
                                 "tls.key=" + own.key});
  for (const std::string& one : others) words.insert(words.end(), {"--set", one});
  return words;
}

std::uint16_t http_port_of(Daemon& daemon) {
  const std::string line = daemon.logged("listening").value_or("");
  const std::string before = "http=127.0.0.1:";
  const auto at = line.find(before);
  REQUIRE(at != std::string::npos);
  return static_cast<std::uint16_t>(std::stoi(line.substr(at + before.size())));
}

}  // namespace

TEST_CASE("a bad file of TLS is one clear line and exit 78, also of --check-config") {
  Certificates certificates;
  auto own = certificates.node("n1");
  own.key = certificates.client("ci").key;
  Daemon daemon(settings_for(own));
  const auto line = daemon.logged("tls.key");
  CHECK(line ==
        "pawld: tls.key: " + own.key + ": is not the key of the certificate in " + own.certificate);
  CHECK(daemon.exit_code() == 78);
  std::vector<std::string> asked = settings_for(own);
  asked.emplace_back("--check-config");
  Daemon check(asked);
  CHECK(check.logged("is not the key of the certificate in"));
  CHECK(check.exit_code() == 78);
}

TEST_CASE("SIGHUP reads the files anew; a bad one is logged, and the old stay") {
  Certificates certificates;
  const auto own = certificates.node("n1");
  Daemon daemon(settings_for(own));
  const std::uint16_t port = daemon.port();
  TlsClient old(port, {.ca = certificates.ca()});
  CHECK(old.ask("PING") == "OK pong");

  certificates.write("n1.pem", "rubbish");
  daemon.signal(SIGHUP);
  const auto problem = daemon.logged("configuration not reloaded");
  CHECK(problem.value_or("").find("holds no certificate in PEM") != std::string::npos);
  CHECK(TlsClient(port, {.ca = certificates.ca()}).ask("PING") == "OK pong");

  Certificates others;
  const auto renewed = take(others.authority().issue_node({"c1", "n1", {}}, a_day()));
  certificates.write("n1.pem", renewed.certificate);
  certificates.write("n1.key", renewed.key);
  daemon.signal(SIGHUP);
  CHECK(daemon.logged("configuration reloaded"));
  CHECK(TlsClient(port, {.ca = others.ca()}).ask("PING") == "OK pong");
  CHECK(old.ask("PING") == "OK pong");
}

TEST_CASE("an expired certificate is a warning") {
  Certificates certificates;
  Daemon daemon(settings_for(certificates.node("n1", yesterday())));
  CHECK(daemon.logged("out of its time"));
  CHECK(TlsClient(daemon.port(), {.ca = {}}).ask("PING") == "OK pong");
}

TEST_CASE("HTTP by TLS answers, more than one request, and a plain one is told") {
  Certificates certificates;
  Daemon daemon(settings_for(certificates.node("n1"), {"listen.http=127.0.0.1:0", "tls.http=on"}));
  const std::uint16_t port = http_port_of(daemon);
  TlsClient client(port, {.ca = certificates.ca()});
  REQUIRE(client.trouble().empty());
  for (int i = 0; i < 3; ++i) {
    client.send("GET /livez HTTP/1.1\r\nHost: localhost\r\n\r\n");
    CHECK(client.line() == "HTTP/1.1 200 OK\r");
    while (client.line() != "\r") continue;
    static_cast<void>(client.line());
  }
  client.send("GET /metrics HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
  int lines = 0;
  while (client.line()) ++lines;  // to an end in order
  CHECK(lines > 50);

  LineClient plain(port);
  plain.send("GET /livez HTTP/1.1\r\nHost: localhost\r\n\r\n");
  CHECK(plain.line() == "HTTP/1.1 400 Bad Request\r");
}
