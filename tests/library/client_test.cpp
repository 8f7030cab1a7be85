// SPDX-License-Identifier: Apache-2.0
#include "pawl/client.hpp"

#include <boost/asio/awaitable.hpp>
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/bind_executor.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/use_future.hpp>
#include <catch2/catch.hpp>
#include <exception>
#include <future>
#include <optional>
#include <stdexcept>

#include "library/session_server.hpp"

namespace pawl::testing {
namespace {

namespace asio = boost::asio;
using boost::system::error_code;
using client::LineServer;
using client::run_until;
using namespace std::chrono_literals;

const error_code aborted = asio::error::operation_aborted;

std::string text_of(const client::ServerAddress& address) {
  return address.host + ":" + address.port;
}

// A client of one scripted server, and what its operations came to.
struct Scene {
  explicit Scene(LineServer::Answer answer = answer_of_free)
      : server(context, std::move(answer)),
        client(std::in_place, context, ClientOptions{.servers = text_of(server.address())}) {}

  void run() {
    client->async_run(
        asio::bind_cancellation_slot(run_signal.slot(), [this](error_code error) { ran = error; }));
  }
  void lock(LockOptions options = {}) {
    client->async_lock(
        "a", std::move(options),
        asio::bind_cancellation_slot(lock_signal.slot(), [this](error_code error, Lease granted) {
          locked = error;
          lease = std::move(granted);
        }));
  }
  void hold() {
    run();
    lock();
    run_until(context, [&] { return locked.has_value(); });
    REQUIRE(*locked == error_code());
  }
  void until_asked(std::string_view words) {
    run_until(context, [&] { return server.count(words) > 0; });
  }

  asio::io_context context;
  asio::cancellation_signal run_signal;
  asio::cancellation_signal lock_signal;
  LineServer server;
  std::optional<Client> client;
  std::optional<error_code> ran;
  std::optional<error_code> locked;
  Lease lease;
};

TEST_CASE("a lock is held and given back") {
  Scene scene;
  scene.hold();
  CHECK(scene.lease.token() == Token{42});
  CHECK(scene.lease.names() == std::vector<std::string>{"a"});
  CHECK(scene.lease.state() == LeaseState::held);
  CHECK(scene.lease.valid_for() > 5s);
  CHECK_FALSE(scene.lease.lost().stop_requested());

  std::optional<error_code> unlocked;
  scene.lease.async_unlock([&](error_code error) { unlocked = error; });
  CHECK_FALSE(scene.lease);
  CHECK(scene.lease.state() == LeaseState::released);
  run_until(scene.context, [&] { return unlocked.has_value(); });
  CHECK(*unlocked == error_code());
  CHECK(scene.server.count("UNLOCK a token=42") == 1);
}

TEST_CASE("a lease that goes out of scope gives its lock back") {
  Scene scene;
  scene.hold();
  Lease other = std::move(scene.lease);
  CHECK_FALSE(scene.lease);
  other = Lease();
  scene.until_asked("UNLOCK a token=42");
}

TEST_CASE("a lease that nobody takes is given back") {
  Scene scene;
  scene.run();
  scene.client->async_lock("a", {}, asio::detached);
  scene.until_asked("UNLOCK a token=42");
}

TEST_CASE("a stop gives all back, and then the run is over without an error") {
  Scene scene;
  scene.hold();
  const std::stop_token lost = scene.lease.lost();
  scene.client->stop();
  run_until(scene.context, [&] { return scene.ran.has_value(); });
  CHECK(*scene.ran == error_code());
  CHECK(scene.server.count("CLOSE") == 1);
  CHECK(lost.stop_requested());
  CHECK(scene.lease.state() == LeaseState::lost);
  CHECK(scene.lease.valid_for() == 0s);

  scene.locked.reset();
  scene.lock();
  run_until(scene.context, [&] { return scene.locked.has_value(); });
  CHECK(*scene.locked == aborted);
}

TEST_CASE("a stop that no server confirms ends the run as unreachable") {
  Scene scene;
  scene.hold();
  scene.server.script([](const std::string&) { return std::string(); });
  scene.client->stop();
  run_until(scene.context, [&] { return scene.ran.has_value(); });
  CHECK(*scene.ran == ClientError::unreachable);
}

TEST_CASE("a run that is cancelled says nothing to the server, and what it held is lost") {
  Scene scene;
  scene.hold();
  scene.run_signal.emit(asio::cancellation_type::terminal);
  run_until(scene.context, [&] { return scene.ran.has_value(); });
  CHECK(*scene.ran == aborted);
  CHECK(scene.lease.state() == LeaseState::lost);
  CHECK(scene.server.count("CLOSE") == 0);
}

TEST_CASE("nothing is left to run when the run is over") {
  asio::io_context context;
  std::optional<LineServer> server(std::in_place, context, answer_of_free);
  Client client(context, {.servers = text_of(server->address())});
  bool has_run = false;
  client.async_run([&](error_code) { has_run = true; });
  run_until(context, [&] { return server->count("OPEN") == 1; });
  client.stop();
  run_until(context, [&] { return has_run; });
  server.reset();
  context.restart();
  context.run();
}

TEST_CASE("a cancelled wait completes when it is withdrawn") {
  Scene scene(answer_of_held);
  scene.run();
  scene.lock();
  scene.until_asked("LOCK a wait=forever");
  scene.lock_signal.emit(asio::cancellation_type::total);
  CHECK_FALSE(scene.locked);
  run_until(scene.context, [&] { return scene.locked.has_value(); });
  CHECK(*scene.locked == aborted);
  CHECK_FALSE(scene.lease);
  CHECK(scene.server.count("CANCEL a id=") == 1);
}

TEST_CASE("a grant that raced a cancelled wait is given back") {
  Scene scene([](const std::string& line) {
    const bool cancels = asks(line, "CANCEL");
    return cancels ? client::tag_of(line) + "OK cancelled=no token=42 ttl=10000\n"
                   : answer_of_held(line);
  });
  scene.run();
  scene.lock();
  scene.until_asked("LOCK a");
  scene.lock_signal.emit(asio::cancellation_type::total);
  run_until(scene.context, [&] { return scene.locked.has_value(); });
  CHECK(*scene.locked == aborted);
  scene.until_asked("UNLOCK a token=42");
}

TEST_CASE("whenever a wait is cancelled, what is told as held was not given back") {
  int held = 0;
  for (int handlers = 0; handlers < 40; ++handlers) {
    Scene scene;
    scene.run();
    scene.lock();
    scene.until_asked("LOCK a");
    for (int i = 0; i < handlers && !scene.locked; ++i) scene.context.run_one();
    scene.lock_signal.emit(asio::cancellation_type::total);
    run_until(scene.context, [&] { return scene.locked.has_value(); });
    scene.context.run_for(5ms);
    if (*scene.locked != aborted) {
      ++held;
      CHECK(*scene.locked == error_code());
      CHECK(scene.server.count("UNLOCK a") == 0);
    }
  }
  CHECK(held > 0);
  CHECK(held < 40);
}

TEST_CASE("a run that begins behind a stop is over at once") {
  Scene scene;
  scene.client->stop();
  scene.run();
  run_until(scene.context, [&] { return scene.ran.has_value(); });
  CHECK(*scene.ran == error_code());
}

TEST_CASE("a wait may be cancelled before anything was asked") {
  Scene scene;
  scene.lock();
  scene.lock_signal.emit(asio::cancellation_type::total);
  run_until(scene.context, [&] { return scene.locked.has_value(); });
  CHECK(*scene.locked == aborted);
  scene.run();
  scene.until_asked("OPEN");
  CHECK(scene.server.count("LOCK") == 0);
}

TEST_CASE("a lease is told of its loss") {
  Scene scene;
  scene.hold();
  int calls = 0;
  const std::stop_callback callback(scene.lease.lost(), [&] { ++calls; });
  scene.server.script([](const std::string& line) {
    return asks(line, "RESUME") ? client::tag_of(line) + "ERR SESSION_EXPIRED\n"
                                : answer_of_held(line);
  });
  scene.server.break_connections();
  run_until(scene.context, [&] { return scene.lease.state() == LeaseState::unsure; });
  run_until(scene.context, [&] { return calls == 1; });
  CHECK(scene.lease.state() == LeaseState::lost);
  std::optional<error_code> unlocked;
  scene.lease.async_unlock([&](error_code error) { unlocked = error; });
  run_until(scene.context, [&] { return unlocked.has_value(); });
  CHECK(*unlocked == ClientError::lost);
}

TEST_CASE("refusals are errors of the category pawl, and what the server said is kept") {
  const auto [reply, expected, said] = GENERATE(table<std::string, error_code, std::string>(
      {{"ERR BUSY", ErrorCode::busy, ""},
       {"ERR LIMIT limit=locks", ErrorCode::limit, "limit=locks"},
       {"ERR DEADLOCK cycle=\"s1 a → s2 b → s1\"", ErrorCode::deadlock, "cycle=s1 a → s2 b → s1"},
       {"ERR BAD_REQUEST msg=\"no\"", ErrorCode::bad_request, "no"},
       {"ERR NEW_IN_LATER_VERSIONS", ErrorCode::internal, "NEW_IN_LATER_VERSIONS"},
       {"ERR NEWER msg=\"later\"", ErrorCode::internal, "NEWER: later"}}));
  Scene scene([reply = reply](const std::string& line) {
    return asks(line, "LOCK") ? client::tag_of(line) + reply + "\n" : answer_of_free(line);
  });
  scene.run();
  Diagnostics diagnostics;
  scene.client->async_lock("a", {.wait = 0ms}, diagnostics,
                           [&](error_code error, const Lease&) { scene.locked = error; });
  run_until(scene.context, [&] { return scene.locked.has_value(); });
  CHECK(*scene.locked == expected);
  CHECK(diagnostics.text == said);
  CHECK(scene.server.count("LOCK a wait=0") == 1);
}

TEST_CASE("a session that no server opens ends the run with the reason") {
  Scene scene([](const std::string& line) {
    return asks(line, "OPEN") ? client::tag_of(line) + "ERR BAD_REQUEST msg=\"ttl\"\n"
                              : answer_of_free(line);
  });
  scene.run();
  scene.lock();
  run_until(scene.context, [&] { return scene.ran.has_value() && scene.locked.has_value(); });
  CHECK(*scene.ran == ErrorCode::bad_request);
  CHECK(*scene.locked == ErrorCode::bad_request);
}

TEST_CASE("where no server is, that is said in time") {
  asio::io_context context;
  const asio::ip::tcp::socket dead(context, {asio::ip::address_v4::loopback(), 0});
  Client client(context, {.servers = "127.0.0.1:" + std::to_string(dead.local_endpoint().port()),
                          .timeout = 300ms});
  client.async_run(asio::detached);
  std::optional<error_code> locked;
  client.async_lock("a", {}, [&](error_code error, const Lease&) { locked = error; });
  run_until(context, [&] { return locked.has_value(); });
  CHECK(*locked == ClientError::unreachable);
}

TEST_CASE("a client that ends aborts what waits and loses what is held") {
  Scene scene;
  scene.hold();
  scene.server.script(answer_of_held);
  scene.locked.reset();
  scene.client->async_lock("b", {}, [&](error_code error, const Lease&) { scene.locked = error; });
  scene.until_asked("LOCK b");
  const std::stop_token lost = scene.lease.lost();
  scene.client.reset();
  CHECK(lost.stop_requested());
  CHECK(scene.lease.state() == LeaseState::lost);
  run_until(scene.context, [&] { return scene.locked.has_value() && scene.ran.has_value(); });
  CHECK(*scene.locked == aborted);
  CHECK(*scene.ran == aborted);
  std::optional<error_code> unlocked;
  scene.lease.async_unlock(
      asio::bind_executor(scene.context, [&](error_code error) { unlocked = error; }));
  run_until(scene.context, [&] { return unlocked.has_value(); });
  CHECK(*unlocked == ClientError::lost);
}

TEST_CASE("a lock is shared or has slots, not both") {
  Scene scene;
  scene.run();
  scene.lock({.shared = true, .slots = 2});
  run_until(scene.context, [&] { return scene.locked.has_value(); });
  CHECK(*scene.locked == ErrorCode::bad_request);
}

TEST_CASE("a client runs once, and of addresses or a name that are none it is not made") {
  Scene scene;
  scene.run();
  std::optional<error_code> again;
  scene.client->async_run([&](error_code error) { again = error; });
  CHECK_FALSE(again);
  run_until(scene.context, [&] { return again.has_value(); });
  CHECK(*again == asio::error::already_started);
  CHECK_THROWS_AS(Client(scene.context, {.servers = "nowhere:0"}), std::invalid_argument);
  CHECK_THROWS_AS(Client(scene.context, {.name = "\xff"}), std::invalid_argument);
}

asio::awaitable<Token> lock_and_unlock(Client& client) {
  const LockOptions options{.wait = 5s, .note = "a note too long to be kept inside of its string"};
  Lease lease = co_await client.async_lock("a", options, asio::use_awaitable);
  const Token token = lease.token();
  co_await lease.async_unlock(asio::use_awaitable);
  co_return token;
}

TEST_CASE("coroutines lock") {
  Scene scene;
  scene.run();
  std::optional<Token> token;
  asio::co_spawn(scene.context, lock_and_unlock(*scene.client),
                 [&](const std::exception_ptr&, Token held) { token = held; });
  run_until(scene.context, [&] { return token.has_value(); });
  CHECK(*token == Token{42});
}

TEST_CASE("another thread awaits a std::future") {
  Scene scene;
  scene.run();
  std::future<Lease> future = scene.client->async_lock("a", {}, asio::use_future);
  run_until(scene.context, [&] { return future.wait_for(0s) == std::future_status::ready; });
  CHECK(future.get().token() == Token{42});
}

TEST_CASE("several names are locked as one") {
  Scene scene;
  scene.run();
  scene.client->async_lock({"a", "b"}, {.wait = 5s, .note = "two"},
                           [&](error_code, Lease lease) { scene.lease = std::move(lease); });
  run_until(scene.context, [&] { return bool{scene.lease}; });
  CHECK(scene.lease.names() == std::vector<std::string>{"a", "b"});
  CHECK(scene.server.count("LOCK a b wait=5000 id=a1 note=two") == 1);
}

}  // namespace
}  // namespace pawl::testing
