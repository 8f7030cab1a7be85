// SPDX-License-Identifier: Apache-2.0
//
// How a client of the library enters the servers, which are scripted.
#include <boost/asio/io_context.hpp>
#include <catch2/catch.hpp>
#include <chrono>
#include <optional>
#include <stdexcept>
#include <string>

#include "client/tls_server.hpp"
#include "library/session_server.hpp"
#include "pawl/client.hpp"

namespace pawl::testing {
namespace {

namespace asio = boost::asio;
using boost::system::error_code;
using client::LineServer;
using client::run_until;
using client::TlsServer;
using namespace std::chrono_literals;

// AUTH is answered so; else it is the server of a free lock.
LineServer::Answer accepting(std::string auth = "OK user=ci") {
  return [auth = std::move(auth)](const std::string& line) {
    return line.starts_with("AUTH") ? auth + "\n" : answer_of_free(line);
  };
}

ClientOptions as_ci(const std::string& servers) {
  return {.servers = servers, .user = "ci", .secret = "s3cret"};
}

// A client that asks for one lock, and what came of it.
struct Scene {
  Scene(asio::io_context& on, ClientOptions options) : context(on), client(on, std::move(options)) {
    client.async_run([this](error_code error) { ran = error; });
    client.async_lock("a", {}, said, [this](error_code error, Lease granted) {
      locked = error;
      lease = std::move(granted);
    });
  }
  error_code until_locked() {
    run_until(context, [this] { return locked.has_value(); });
    return *locked;
  }

  asio::io_context& context;
  Diagnostics said;
  Client client;
  std::optional<error_code> ran;
  std::optional<error_code> locked;
  Lease lease;
};

TEST_CASE("each connection says who asks before it opens or resumes a session") {
  asio::io_context context;
  LineServer server(context, accepting());
  Scene scene(context, as_ci(client::to_text(server.address())));
  CHECK_FALSE(scene.until_locked());
  server.break_connections();
  run_until(context, [&] { return server.count(" RESUME ") > 0; });
  std::vector<std::string> first;
  for (std::size_t i = 0; i + 1 < server.lines.size(); ++i) {
    if (server.lines[i].starts_with("AUTH")) first.push_back(server.lines[i + 1]);
  }
  CHECK(server.lines.front() == "AUTH ci s3cret");
  CHECK(first == std::vector<std::string>(2, "EVENTS on"));
  CHECK(scene.lease.state() != LeaseState::lost);
}

TEST_CASE("a secret that is refused ends the run and the locks, and is not tried again") {
  asio::io_context context;
  LineServer server(context, accepting("ERR UNAUTHENTICATED msg=\"no such user\""));
  LineServer other(context, accepting());
  Scene scene(context,
              as_ci(client::to_text(server.address()) + "," + client::to_text(other.address())));
  CHECK(scene.until_locked() == ErrorCode::unauthenticated);
  CHECK(scene.said.text == "no such user");
  run_until(context, [&] { return scene.ran.has_value(); });
  CHECK(*scene.ran == ErrorCode::unauthenticated);
  CHECK(server.lines == std::vector<std::string>{"AUTH ci s3cret"});
  CHECK(other.accepted == 0);

  std::optional<error_code> later;
  scene.client.async_lock("b", {}, [&](error_code error, const Lease&) { later = error; });
  run_until(context, [&] { return later.has_value(); });
  CHECK(*later == ErrorCode::unauthenticated);
}

TEST_CASE("who is dropped from the users while a lock is held loses it") {
  asio::io_context context;
  LineServer server(context, accepting());
  Scene scene(context, as_ci(client::to_text(server.address())));
  CHECK_FALSE(scene.until_locked());
  const std::stop_token lost = scene.lease.lost();
  server.script(accepting("ERR UNAUTHENTICATED"));
  server.break_connections();
  run_until(context, [&] { return scene.ran.has_value(); });
  CHECK(*scene.ran == ErrorCode::unauthenticated);
  CHECK(lost.stop_requested());
}

TEST_CASE("a lock that is forbidden is refused, and the client goes on") {
  asio::io_context context;
  LineServer server(context, [](const std::string& line) {
    if (line.find(" LOCK a ") != line.npos) {
      return client::tag_of(line) + "ERR FORBIDDEN msg=\"not yours\"\n";
    }
    return accepting()(line);
  });
  Scene scene(context, as_ci(client::to_text(server.address())));
  CHECK(scene.until_locked() == ErrorCode::forbidden);
  CHECK(scene.said.text == "not yours");
  std::optional<error_code> other;
  scene.client.async_lock("b", {}, [&](error_code error, const Lease&) { other = error; });
  run_until(context, [&] { return other.has_value(); });
  CHECK_FALSE(*other);
  CHECK_FALSE(scene.ran);
}

TEST_CASE("who asks and TLS go along to the primary that a node names") {
  asio::io_context context;
  const Certificates certificates;
  const auto own = certificates.node({"127.0.0.1"});
  TlsServer primary(context, own, accepting());
  TlsServer standby(context, own, [&](const std::string& line) {
    if (line.starts_with("AUTH")) return std::string("OK user=ci\n");
    return client::tag_of(line) + "ERR NOT_PRIMARY primary=127.0.0.1:" + primary.address().port +
           "\n";
  });
  ClientOptions options = as_ci(client::to_text(standby.address()));
  options.tls = certificates.options();
  Scene scene(context, std::move(options));
  CHECK_FALSE(scene.until_locked());
  CHECK(primary.lines.front() == "AUTH ci s3cret");
}

TEST_CASE("over TLS a lock is held, over the next connection too") {
  asio::io_context context;
  const Certificates certificates;
  TlsServer server(context, certificates.node({"127.0.0.1"}), accepting());
  ClientOptions options = as_ci(client::to_text(server.address()));
  options.tls = certificates.options();
  Scene scene(context, std::move(options));
  CHECK_FALSE(scene.until_locked());
  server.break_connections();
  run_until(context, [&] { return server.count(" RESUME ") > 0; });
  std::optional<error_code> unlocked;
  scene.lease.async_unlock([&](error_code error) { unlocked = error; });
  run_until(context, [&] { return unlocked.has_value(); });
  CHECK_FALSE(*unlocked);
  CHECK(server.accepted == 2);
}

TEST_CASE("a server that cannot be trusted is as if away: the next one is asked") {
  asio::io_context context;
  const Certificates certificates;
  TlsServer wrong(context, certificates.node({"db1.example"}), accepting());
  TlsServer right(context, certificates.node({"127.0.0.1"}), accepting());
  ClientOptions options =
      as_ci(client::to_text(wrong.address()) + "," + client::to_text(right.address()));
  options.tls = certificates.options();
  Scene scene(context, std::move(options));
  CHECK_FALSE(scene.until_locked());
  CHECK(wrong.lines.empty());
}

TEST_CASE("of a server that cannot be trusted it is said why") {
  asio::io_context context;
  const Certificates certificates;
  TlsServer wrong(context, certificates.node({"db1.example"}), accepting());
  const std::string address = client::to_text(wrong.address());
  ClientOptions options = as_ci(address);
  options.tls = certificates.options();
  options.timeout = 300ms;
  Scene scene(context, std::move(options));
  CHECK(scene.until_locked() == ClientError::unreachable);
  CHECK(scene.said.text == address + ": its certificate is not for 127.0.0.1 but for db1.example");
  CHECK(scene.said.text.find("s3cret") == std::string::npos);
}

TEST_CASE("what a plain server says before it closes is told") {
  asio::io_context context;
  std::optional<LineServer> server;
  server.emplace(context, [&](const std::string&) {
    asio::post(context, [&] { server->break_connections(); });
    return std::string("ERR BAD_REQUEST msg=\"only TLS here\"\n");
  });
  const std::string address = client::to_text(server->address());
  Scene scene(context, {.servers = address, .timeout = 300ms});
  CHECK(scene.until_locked() == ClientError::unreachable);
  CHECK_THAT(scene.said.text, Catch::Contains(address + ": BAD_REQUEST msg=\"only TLS here\""));
}

TEST_CASE("access that can never be granted is an argument that is wrong") {
  asio::io_context context;
  const auto make = [&](ClientOptions options) {
    const Client client(context, std::move(options));
  };
  CHECK_THROWS_AS(make({.user = "ci"}), std::invalid_argument);
  CHECK_THROWS_AS(make({.secret = "s3cret"}), std::invalid_argument);
  CHECK_THROWS_WITH(make({.user = "ci", .secret = "s3cret\nQUIT"}), !Catch::Contains("s3cret"));
  CHECK_THROWS_WITH(make({.tls = TlsOptions{.ca = "/nowhere"}}),
                    "pawl: cannot read /nowhere: No such file or directory");
}

}  // namespace
}  // namespace pawl::testing
