// SPDX-License-Identifier: Apache-2.0
//
// The client port with TLS, as its clients see it.
#include <algorithm>
#include <catch2/catch.hpp>
#include <chrono>
#include <nlohmann/json.hpp>
#include <string>
#include <thread>
#include <vector>

#include "server/descriptors.hpp"
#include "server/running_server.hpp"
#include "tls/certificates.hpp"
#include "tls/hello.hpp"
#include "tls/tls_client.hpp"

namespace {

using namespace pawl;
using namespace pawl::test;
using namespace std::chrono_literals;
using server::ClientCertificates;
using server::Tls;
using server::TlsClients;
using server::tls::Keyring;

Keyring keys_of(const Tls& settings) {
  server::Config config;
  config.tls = settings;
  auto keys = Keyring::load(config);
  if (!keys) FAIL(keys.error().why);
  return *std::move(keys);
}

RunningServer::Past none = RunningServer::Past::none;

std::size_t connections_in(const std::string& status) {
  return nlohmann::json::parse(status.substr(std::string("OK ").size())).at("connections");
}

struct Served {
  explicit Served(Tls (*change)(Tls) = nullptr, const Limits& limits = {})
      : server(limits, none, {}, keys_of(change != nullptr ? change(settings) : settings)) {}

  [[nodiscard]] TlsClient::Options trusting() const { return {.ca = certificates.ca()}; }
  TlsClient::Options as(const Certificates::Pair& own) const {
    return {.ca = certificates.ca(), .certificate = own.certificate, .key = own.key};
  }

  Certificates certificates;
  Tls settings = certificates.settings();
  RunningServer server;
};

Tls only(Tls tls) {
  tls.clients = TlsClients::only;
  return tls;
}
Tls optional(Tls tls) {
  tls.client_certificates = ClientCertificates::optional;
  return tls;
}
Tls required(Tls tls) {
  tls.clients = TlsClients::only;
  tls.client_certificates = ClientCertificates::required;
  return tls;
}

// With TLS 1.3 a client is done before the server has judged its certificate.
std::string first_answer(TlsClient& client) {
  if (!client.trouble().empty()) return "refused";
  const std::string answer = client.ask("PING");
  return answer == "OK pong" ? answer : "refused";
}

}  // namespace

TEST_CASE("the first byte decides between TLS and plain lines, and Redis") {
  Served served;
  TlsClient secret(served.server.port(), served.trusting());
  CHECK(secret.trouble().empty());
  LineClient plain = served.server.connect();
  CHECK(starts(secret.ask("LOCK a"), "OK token="));
  CHECK(starts(plain.ask("LOCK a"), "ERR BUSY"));
  TlsClient redis(served.server.port(), served.trusting());
  redis.send("*1\r\n$4\r\nPING\r\n");
  CHECK(redis.line() == "+PONG\r");
}

TEST_CASE("TLS 1.2 is spoken, older versions are not") {
  Served served;
  TlsClient::Options options = served.trusting();
  options.highest_version = TLS1_2_VERSION;
  TlsClient client(served.server.port(), options);
  CHECK(client.trouble().empty());
  CHECK(client.ask("PING") == "OK pong");
  options.highest_version = TLS1_1_VERSION;
  CHECK_FALSE(TlsClient(served.server.port(), options).trouble().empty());
}

TEST_CASE("where only TLS is spoken, plain clients are told so in one line") {
  Served served(only);
  LineClient plain = served.server.connect();
  CHECK(plain.ask("LOCK a") == "ERR UNAUTHENTICATED msg=\"this port speaks TLS only\"");
  CHECK(plain.is_closed());
  LineClient redis = served.server.connect();
  CHECK(redis.ask("*1\r\n$4\r\nPING\r") == "-ERR this port speaks TLS only\r");
  TlsClient secret(served.server.port(), served.trusting());
  CHECK(secret.ask("PING") == "OK pong");
}

TEST_CASE("where only TLS is spoken, a plain browser is closed without a word") {
  Served served(only);
  LineClient browser = served.server.connect();
  browser.send("GET / HTTP/1.0\r\n\r\n");
  CHECK(browser.is_closed());
}

TEST_CASE("where only TLS is spoken, a few bytes may still become a browser's") {
  Limits limits;
  limits.half_line = 1h;  // it is not time that ends them
  Served served(only, limits);
  LineClient browser = served.server.connect();
  LineClient plain = served.server.connect();
  LineClient gone = served.server.connect();
  browser.send("p");
  plain.send("P");
  gone.send("Hos");
  gone.finish_output();
  TlsClient secret(served.server.port(), served.trusting());
  CHECK(secret.ask("PING") == "OK pong");  // what came before is read
  CHECK_FALSE(browser.has_news());
  browser.send("OST ");
  CHECK(browser.is_closed());
  CHECK(plain.ask("ING") == "ERR UNAUTHENTICATED msg=\"this port speaks TLS only\"");
  CHECK(gone.is_closed());
}

TEST_CASE("where only TLS is spoken, the first byte of a line is not waited for for ever") {
  Limits limits;
  limits.half_line = 200ms;
  Served served(only, limits);
  LineClient slow = served.server.connect();
  slow.send("g");
  CHECK(slow.is_closed());
}

TEST_CASE("a TLS client of a server without TLS is told by an alert") {
  RunningServer server;
  TlsClient client(server.port(), {.ca = {}});
  CHECK(client.trouble().find("alert handshake failure") != std::string::npos);
  CHECK(server.connect().ask("PING") == "OK pong");
}

TEST_CASE("a client that does not trust the server leaves, and troubles nobody") {
  Served served;
  Certificates others;
  TlsClient client(served.server.port(), {.ca = others.ca()});
  CHECK(client.trouble() == "certificate verify failed");
  CHECK(served.server.connect().ask("PING") == "OK pong");
}

TEST_CASE("a certificate that is asked for may be missing, but not wrong") {
  Served served(optional);
  TlsClient without(served.server.port(), served.trusting());
  CHECK(first_answer(without) == "OK pong");
  TlsClient with(served.server.port(), served.as(served.certificates.client("ci")));
  CHECK(first_answer(with) == "OK pong");
  Certificates others;
  TlsClient stranger(served.server.port(), served.as(others.client("ci")));
  CHECK(first_answer(stranger) == "refused");
}

TEST_CASE("a certificate that is required must be there, and in its time") {
  Served served(required);
  TlsClient without(served.server.port(), served.trusting());
  CHECK(first_answer(without) == "refused");
  TlsClient late(served.server.port(), served.as(served.certificates.client("ci", yesterday())));
  CHECK(first_answer(late) == "refused");
  TlsClient good(served.server.port(), served.as(served.certificates.client("ci")));
  CHECK(first_answer(good) == "OK pong");
}

TEST_CASE("new connections get the new certificate, old ones go on") {
  Served served;
  TlsClient old(served.server.port(), served.trusting());
  CHECK(old.server_name() == "n1");
  Certificates others;
  const auto renewed = others.node("n1-renewed");
  served.server.take_keys(keys_of({.certificate = renewed.certificate, .key = renewed.key}));
  TlsClient fresh(served.server.port(), {.ca = others.ca()});
  CHECK(fresh.trouble().empty());
  CHECK(fresh.server_name() == "n1-renewed");
  CHECK(fresh.ask("PING") == "OK pong");
  CHECK(old.ask("PING") == "OK pong");
  served.server.take_keys({});
  CHECK_FALSE(TlsClient(served.server.port(), {.ca = others.ca()}).trouble().empty());
  CHECK(old.ask("PING") == "OK pong");
}

TEST_CASE("a handshake that is not finished in time is closed") {
  Limits limits;
  limits.half_line = 200ms;
  Served served(nullptr, limits);
  LineClient slow = served.server.connect();
  slow.send(std::string("\x16\x03\x01", 3));
  CHECK(slow.is_closed());
}

TEST_CASE("of a thousand handshakes that were answered the oldest gives way to the next") {
  server::raise_descriptor_limit();
  Limits limits;
  limits.half_line = 1h;  // it is not time that ends them
  Served served(nullptr, limits);
  TlsClient done(served.server.port(), served.trusting());  // its handshake counts no more
  CHECK(done.ask("PING") == "OK pong");
  const std::string hello = testing::tls_hello();
  LineClient slow = served.server.connect();  // nobody minds it
  slow.send(hello.substr(0, 3));
  std::vector<LineClient> half;
  half.reserve(server::Handshakes::most);
  for (std::size_t i = 0; i < server::Handshakes::most; ++i) {
    half.push_back(served.server.connect());
    half.back().send(hello);
  }
  for (LineClient& each : half) CHECK_FALSE(each.is_closed());
  const auto open = [&] { return connections_in(done.ask("STATUS")); };
  CHECK(open() == server::Handshakes::most + 2);
  LineClient last = served.server.connect();
  last.send(hello);
  half[0].read_to_end();
  CHECK(open() == server::Handshakes::most + 2);
  slow.send(hello.substr(3));
  half[1].read_to_end();
  CHECK(open() == server::Handshakes::most + 1);
  TlsClient honest(served.server.port(), served.trusting());
  CHECK(honest.ask("PING") == "OK pong");
}

TEST_CASE("a record that is not finished in time is closed, an idle connection is not") {
  Limits limits;
  limits.half_line = 200ms;
  Served served(nullptr, limits);
  TlsClient idle(served.server.port(), served.trusting());
  CHECK(idle.ask("PING") == "OK pong");
  TlsClient slow(served.server.port(), served.trusting());
  CHECK(slow.ask("PING") == "OK pong");
  slow.send_raw(std::string("\x17\x03\x03\x00\x40", 5) + "half a record");
  CHECK(slow.line().value_or("closed").starts_with("closed"));
  CHECK(idle.ask("PING") == "OK pong");
}

TEST_CASE("a record in two pieces with no request in it is done with, once it is whole") {
  Limits limits;
  limits.half_line = 300ms;
  Served served(nullptr, limits);
  TlsClient client(served.server.port(), served.trusting());
  CHECK(client.ask("PING") == "OK pong");
  const std::string record = client.key_update();
  client.send_raw(record.substr(0, 7));
  std::this_thread::sleep_for(50ms);  // until it was read
  client.send_raw(record.substr(7));
  std::this_thread::sleep_for(2 * limits.half_line);
  CHECK(client.ask("PING") == "OK pong");
}

TEST_CASE("garbage in place of a handshake is closed") {
  Served served;
  LineClient stranger = served.server.connect();
  stranger.send(std::string("\x16\x03\x01\x00\x10", 5) + std::string(200, 'x'));
  while (stranger.send_some("x") >= 0) continue;  // until it is closed, behind an alert
  CHECK(served.server.connect().ask("PING") == "OK pong");
}

TEST_CASE("ten thousand requests in records of 16 KiB are answered in order") {
  Served served;
  TlsClient client(served.server.port(), served.trusting());
  std::string many;
  for (int i = 0; i < 1'000; ++i) many += "#" + std::to_string(i) + " PING\n";
  for (int round = 0; round < 10; ++round) {
    client.send(many);
    int answered = 0;
    for (; answered < 1'000; ++answered) {
      if (client.line() != "#" + std::to_string(answered) + " OK pong") break;
    }
    REQUIRE(answered == 1'000);
  }
}

TEST_CASE("many small records at once are all answered") {
  Served served;
  TlsClient client(served.server.port(), served.trusting());
  served.server.while_held([&] {
    for (int i = 0; i < 2'000; ++i) client.send("PING\n");
  });
  for (int i = 0; i < 2'000; ++i) REQUIRE(client.line() == "OK pong");
}

TEST_CASE("an answer larger than any buffer arrives whole") {
  Limits limits;
  limits.pipelined = 1'000'000;
  limits.unread_output = 64 << 20;
  Served served(nullptr, limits);
  TlsClient client(served.server.port(), served.trusting());
  std::string many;
  for (int i = 0; i < 2'000; ++i) many += "HELP\nPING\n";
  client.send(many);
  int pongs = 0;
  while (pongs < 2'000) {
    const std::string line = client.line().value_or("broken: closed");
    REQUIRE_FALSE(line.starts_with("broken"));
    if (line == "OK pong") ++pongs;
  }
}

TEST_CASE("who has said its last word still gets every answer, and then the end") {
  Served served;
  TlsClient client(served.server.port(), served.trusting());
  client.send("LOCK a\nPING\n");
  client.finish_output();
  CHECK(starts(client.line(), "OK token="));
  CHECK(client.line() == "OK pong");
  CHECK(client.line() == std::nullopt);
}

TEST_CASE("a connection that ends, with a word or without, ends what depends on it") {
  Served served;
  const bool in_order = GENERATE(true, false);
  TlsClient holder(served.server.port(), served.trusting());
  CHECK(starts(holder.ask("OPEN on_disconnect=release"), "OK session="));
  CHECK(starts(holder.ask("LOCK a"), "OK token="));
  LineClient other = served.server.connect();
  CHECK(starts(other.ask("LOCK a"), "ERR BUSY"));
  other.send("LOCK a wait=forever\n");
  in_order ? holder.finish_output() : holder.break_off();
  CHECK(starts(other.line(), "OK token="));
}

TEST_CASE("a drain says goodbye in order") {
  Served served;
  TlsClient client(served.server.port(), served.trusting());
  CHECK(client.ask("PING") == "OK pong");
  LineClient shaking = served.server.connect();
  shaking.send(std::string("\x16\x03\x01", 3));
  client.send("LOCK a\n#w LOCK a wait=forever\n");
  CHECK(starts(client.line(), "OK token="));
  served.server.drain();
  CHECK(starts(client.line(), "#w ERR SHUTTING_DOWN"));
  CHECK(client.line() == std::nullopt);
  CHECK(shaking.is_closed());
  served.server.wait_until_drained();
}

TEST_CASE("plain clients are served while others shake hands") {
  Served served;
  LineClient plain = served.server.connect();
  for (int i = 0; i < 50; ++i) {
    TlsClient client(served.server.port(), served.trusting());
    REQUIRE(client.trouble().empty());
    REQUIRE(plain.ask("PING") == "OK pong");
  }
}
