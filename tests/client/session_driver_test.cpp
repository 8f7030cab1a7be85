// SPDX-License-Identifier: Apache-2.0
#include "client/session_driver.hpp"

#include <memory>
#include <optional>

#include "client/hanging_resolver.hpp"
#include "client/line_server.hpp"

namespace pawl::client {
namespace {

using namespace std::chrono_literals;
namespace asio = boost::asio;

// A port of loopback that nobody listens on while this lives.
struct DeadPort {
  explicit DeadPort(asio::io_context& context)
      : socket(context, {asio::ip::address_v4::loopback(), 0}) {}
  [[nodiscard]] ServerAddress address() const {
    return {"127.0.0.1", std::to_string(socket.local_endpoint().port())};
  }
  asio::ip::tcp::socket socket;
};

SessionWanted lasting(Milliseconds ttl, Milliseconds patience = 5s) {
  SessionWanted wanted;
  wanted.secret = "x";
  wanted.ttl = ttl;
  wanted.patience = patience;
  return wanted;
}

// A driver that is asked for one lock, and what became of it.
struct Driven {
  Driven(asio::io_context& on, std::vector<ServerAddress> servers,
         SessionWanted session = lasting(30s), std::optional<Milliseconds> wait = Milliseconds{0},
         Resolve resolve = ask_system)
      : context(on) {
    driver = std::make_shared<SessionDriver>(
        context, DriverOptions{std::move(servers), std::move(session), std::move(resolve)},
        SessionDriver::Calls{[this](const Told& one) { hear(one); }, [this] { ++renewals; },
                             [this](const std::optional<Refusal>&) { is_over = true; }});
    inside = true;
    driver->start();
    Wanted wanted;
    wanted.names = {"a"};
    wanted.wait = wait;
    key = driver->lock(std::move(wanted));
    inside = false;
  }
  ~Driven() { driver->shut(); }
  Driven(const Driven&) = delete;
  Driven& operator=(const Driven&) = delete;

  void hear(const Told& one) {
    told = one;
    if (inside) ++calls_inside;
  }
  [[nodiscard]] HoldState state() const { return told ? told->state : HoldState::asking; }
  [[nodiscard]] Span left() const { return driver->look(key).left; }
  void until(HoldState wanted) {
    run_until(context, [&] { return state() == wanted; });
  }
  void release() {
    inside = true;
    driver->release(key);
    inside = false;
  }

  asio::io_context& context;
  std::shared_ptr<SessionDriver> driver;
  HoldKey key = 0;
  std::optional<Told> told;
  bool is_over = false;
  int renewals = 0;
  int calls_inside = 0;
  bool inside = false;
};

TEST_CASE("a lock is held and given back, and with its session nothing is left to run") {
  asio::io_context context;
  std::optional<LineServer> server(std::in_place, context, granting(30s));
  Driven driven(context, {server->address()});
  driven.until(HoldState::held);
  CHECK(driven.told->token == Token{42});
  CHECK(driven.left() > 20s);
  driven.release();
  driven.until(HoldState::released);
  driven.driver->close();
  run_until(context, [&] { return driven.is_over; });
  CHECK(driven.calls_inside == 0);
  CHECK(server->count("UNLOCK a token=42") == 1);
  CHECK(server->count("CLOSE") == 1);

  server.reset();
  context.restart();
  context.run();  // ends: no timer, no connection
}

TEST_CASE("servers are tried in turn: one that refuses, one that says nothing, one that serves") {
  asio::io_context context;
  const DeadPort dead(context);
  LineServer mute(context, [](const std::string&) { return std::string(); });
  LineServer good(context, granting(30s));
  Driven driven(context, {dead.address(), mute.address(), good.address()});
  driven.until(HoldState::held);
  CHECK(good.count("LOCK") == 1);
  CHECK(mute.count("LOCK") == 1);
}

TEST_CASE("a node that is not primary says who is, in no list or not") {
  asio::io_context context;
  LineServer primary(context, granting(30s));
  const std::string hint = " primary=127.0.0.1:" + primary.address().port;
  LineServer standby(context, [&](const std::string& line) {
    return tag_of(line).empty() ? "OK\n" : tag_of(line) + "ERR NOT_PRIMARY" + hint + "\n";
  });
  Driven driven(context, {standby.address()});
  driven.until(HoldState::held);
  CHECK(primary.count("LOCK") == 1);
}

TEST_CASE("a name is looked up") {
  asio::io_context context;
  LineServer server(context, granting(30s));
  Driven driven(context, {{"localhost", server.address().port}});
  driven.until(HoldState::held);
}

Endpoints at(const LineServer& server) {
  const int port = std::stoi(server.address().port);
  return {{asio::ip::address_v4::loopback(), static_cast<std::uint16_t>(port)}};
}

TEST_CASE("a name server that falls silent takes nobody's lock: the known address is used again") {
  asio::io_context context;
  HangingResolver names;
  LineServer server(context, granting(2s));
  names.answer(at(server));
  Driven driven(context, {{"db.test", "7295"}}, lasting(2s), 0ms, names.resolve());
  driven.until(HoldState::held);

  const bool fails = GENERATE(true, false);
  if (fails) names.answer(asio::error::host_not_found_try_again);
  if (!fails) names.hang();
  for (std::size_t i = 1; i <= 3; ++i) {
    server.break_connections();
    run_until(context, [&] { return server.count("RESUME") == i; });
  }
  run_until(context, [&] { return driven.left() > 1500ms; });
  CHECK(driven.state() == HoldState::held);
  CHECK(server.count("LOCK") == 1);
}

TEST_CASE("a server that has moved is found where it is now, and the session resumed there") {
  asio::io_context context;
  HangingResolver names;
  std::optional<LineServer> before(std::in_place, context, granting(30s));
  LineServer after(context, granting(30s));
  names.answer(at(*before));
  Driven driven(context, {{"db.test", "7295"}}, lasting(30s), 0ms, names.resolve());
  driven.until(HoldState::held);
  names.answer(at(after));
  before.reset();
  run_until(context, [&] { return after.count("RESUME") == 1; });
  CHECK(driven.state() == HoldState::held);
}

TEST_CASE("a lookup that takes longer than an attempt is not begun anew") {
  asio::io_context context;
  HangingResolver names;
  LineServer server(context, granting(30s));
  Driven driven(context, {{"db.test", "7295"}}, lasting(30s), 0ms, names.resolve());
  const auto later = std::chrono::steady_clock::now() + 600ms;
  run_until(context, [&] { return std::chrono::steady_clock::now() > later; });
  names.answer(at(server));
  driven.until(HoldState::held);
  CHECK(names.asked() == 1);
}

TEST_CASE("a lookup that hangs keeps nobody from the end, before the lock is held or after") {
  HangingResolver names;
  const bool is_held = GENERATE(true, false);
  {
    asio::io_context context;
    LineServer server(context, granting(30s));
    if (is_held) names.answer(at(server));
    Driven driven(context, {{"db.test", "7295"}}, lasting(30s, 200ms), 0ms, names.resolve());
    if (is_held) driven.until(HoldState::held);
    names.hang();
    server.break_connections();
    run_until(context, [&] { return names.under_way() == 1; });
    driven.driver->close();
    run_until(context, [&] { return driven.is_over; });
  }
  CHECK(names.under_way() == 1);
}

TEST_CASE("without any server it is unreachable when its patience has passed, and says why") {
  asio::io_context context;
  const DeadPort dead(context);
  LineServer mute(context, [](const std::string&) { return std::string(); });
  const std::optional<Milliseconds> wait =
      GENERATE(std::optional<Milliseconds>(0ms), std::optional<Milliseconds>());
  const auto start = std::chrono::steady_clock::now();
  Driven driven(context, {dead.address(), mute.address()}, lasting(30s, 600ms), wait);
  driven.until(HoldState::refused);
  CHECK(driven.told->refusal->code == "UNREACHABLE");
  CHECK(std::chrono::steady_clock::now() - start >= 550ms);
  const std::string why = driven.told->refusal->message;
  INFO(why);
  CHECK(why.find(dead.address().port + ": Connection refused") != why.npos);
  CHECK(why.find(mute.address().port + ": does not answer") != why.npos);
}

TEST_CASE("a name that stands for nothing is unreachable, and says so") {
  asio::io_context context;
  HangingResolver names;
  names.answer(asio::error::host_not_found);
  Driven driven(context, {{"no-such-host.invalid", "7295"}}, lasting(30s, 500ms), 0ms,
                names.resolve());
  driven.until(HoldState::refused);
  CHECK(driven.told->refusal->message.find("no-such-host.invalid:7295: Host not found") !=
        std::string::npos);
}

TEST_CASE("a connection that breaks is made anew, and the session resumed at once") {
  asio::io_context context;
  LineServer server(context, granting(30s));
  Driven driven(context, {server.address()});
  driven.until(HoldState::held);
  for (int i = 1; i <= 3; ++i) {
    server.break_connections();
    run_until(context, [&] { return server.count("RESUME") == static_cast<std::size_t>(i); });
    CHECK(server.accepted == i + 1);
  }
  CHECK(server.count("LOCK") == 1);
  CHECK(driven.state() == HoldState::held);
}

TEST_CASE("an election is waited for, and the primary found when the list knows no other") {
  asio::io_context context;
  int refused = 0;
  LineServer node(context, [&](const std::string& line) {
    if (line.find(" OPEN ") != line.npos) ++refused;
    if (refused > 5 || tag_of(line).empty()) return granting(30s)(line);
    return tag_of(line) + "ERR NOT_PRIMARY\n";
  });
  Driven driven(context, {node.address()});
  driven.until(HoldState::held);
  CHECK(node.count("OPEN") == 6);
}

TEST_CASE("a primary that is named and gone leads back to the list") {
  asio::io_context context;
  const DeadPort gone(context);
  int refused = 0;
  LineServer standby(context, [&](const std::string& line) {
    if (line.find(" OPEN ") != line.npos) ++refused;
    if (refused > 3 || tag_of(line).empty()) return granting(30s)(line);
    return tag_of(line) + "ERR NOT_PRIMARY primary=127.0.0.1:" + gone.address().port + "\n";
  });
  Driven driven(context, {standby.address()});
  driven.until(HoldState::held);
  CHECK(standby.count("OPEN") == 4);
}

TEST_CASE("a server that takes connections and drops them is tried with pauses") {
  asio::io_context context;
  LineServer server(context, granting(30s));
  server.refuse();
  Driven driven(context, {server.address()}, lasting(30s, 500ms));
  driven.until(HoldState::refused);
  CHECK(server.accepted >= 3);
  CHECK(server.accepted <= 20);
}

TEST_CASE("without its server a lock is lost when its session may end, no later") {
  asio::io_context context;
  std::optional<LineServer> server(std::in_place, context, granting(400ms));
  Driven driven(context, {server->address()}, lasting(400ms));
  driven.until(HoldState::held);
  server.reset();
  const auto start = std::chrono::steady_clock::now();
  driven.until(HoldState::lost);
  CHECK(driven.left() == 0ms);
  CHECK(std::chrono::steady_clock::now() - start < 10s);
}

TEST_CASE("one that waits and loses its server goes on asking, with the same id") {
  asio::io_context context;
  LineServer server(context, [](const std::string& line) {
    return line.find(" LOCK ") != line.npos ? std::string() : granting(30s)(line);
  });
  Driven driven(context, {server.address()}, lasting(30s, 300ms), std::nullopt);
  run_until(context, [&] { return server.count("LOCK") == 1; });
  const auto later = std::chrono::steady_clock::now() + 500ms;
  while (std::chrono::steady_clock::now() < later) {
    const int accepted = server.accepted;
    server.break_connections();
    run_until(context, [&] { return server.accepted > accepted; });
  }
  CHECK(driven.state() == HoldState::asking);
  server.break_connections();
  server.script(granting(30s));
  driven.until(HoldState::held);
  CHECK(server.count("LOCK a wait=forever id=a1") >= 2);
}

TEST_CASE("a close that nobody answers is given up when its patience has passed") {
  asio::io_context context;
  LineServer server(context, granting(30s));
  Driven driven(context, {server.address()}, lasting(30s, 200ms));
  driven.until(HoldState::held);
  server.script([](const std::string&) { return std::string(); });
  const auto start = std::chrono::steady_clock::now();
  driven.driver->close();
  run_until(context, [&] { return driven.is_over; });
  CHECK(std::chrono::steady_clock::now() - start >= 200ms);
}

TEST_CASE("replies that come in pieces, or many at once, are the same replies") {
  asio::io_context context;
  LineServer server(context, [&](const std::string& line) -> std::string {
    if (line == "EVENTS on") return "O";
    if (line.find(" OPEN ") != line.npos) return "K\nEVENT NEWER a=1\r\n" + granting(30s)(line);
    if (line.find(" LOCK ") != line.npos) return granting(30s)(line) + "EVENT";
    return " LOST name=a token=42 reason=broken\n";
  });
  Driven driven(context, {server.address()});
  driven.until(HoldState::held);
  driven.driver->lock({.names = {"b"}, .id = {}, .wait = 0ms});  // brings out the rest
  driven.until(HoldState::lost);
}

TEST_CASE("a line longer than any reply ends the connection, not the program") {
  asio::io_context context;
  bool first = true;
  LineServer server(context, [&](const std::string& line) {
    if (std::exchange(first, false)) return std::string(17U << 20U, 'x');
    return granting(30s)(line);
  });
  Driven driven(context, {server.address()});
  driven.until(HoldState::held);
  CHECK(server.accepted >= 2);
}

TEST_CASE("a driver may end at any time") {
  asio::io_context context;
  LineServer server(context, granting(30s));
  for (int steps = 0; steps < 12; ++steps) {
    const Driven driven(context, {server.address()});
    context.restart();
    for (int i = 0; i < steps; ++i) context.run_one_for(10ms);
  }
  context.poll();
}

}  // namespace
}  // namespace pawl::client
