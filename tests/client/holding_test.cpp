// SPDX-License-Identifier: Apache-2.0
#include "client/holding.hpp"

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

struct Held {
  Held(asio::io_context& on, std::vector<ServerAddress> servers,
       std::optional<Milliseconds> wait = Milliseconds{0}, Milliseconds ttl = 30s,
       Milliseconds timeout = 5s, Resolve resolve = ask_system)
      : context(on) {
    HoldingOptions options;
    options.servers = std::move(servers);
    options.wanted.names = {"a"};
    options.wanted.id = "x";
    options.wanted.ttl = ttl;
    options.wanted.wait = wait;
    options.timeout = timeout;
    options.resolve = std::move(resolve);
    inside = true;
    holding = std::make_unique<Holding>(context, options, [this] {
      ++changes;
      if (inside) ++calls_inside;
    });
    inside = false;
  }
  [[nodiscard]] State state() const { return holding->acquisition().state(); }
  void until(State state_wanted) {
    run_until(context, [&] { return state() == state_wanted; });
  }
  void release() {
    inside = true;
    holding->release();
    inside = false;
  }

  asio::io_context& context;
  std::unique_ptr<Holding> holding;
  int changes = 0;
  int calls_inside = 0;
  bool inside = false;
};

TEST_CASE("a lock is held and given back, and nothing is left to run") {
  asio::io_context context;
  std::optional<LineServer> server(std::in_place, context, granting(30s));
  Held held(context, {server->address()});
  held.until(State::held);
  CHECK(held.holding->acquisition().token() == Token{42});
  CHECK(held.holding->acquisition().held_until() > held.holding->now() + 20s);
  run_until(context, [&] { return held.changes == 1; });

  held.release();
  CHECK(held.state() == State::held);
  held.until(State::released);
  run_until(context, [&] { return held.changes == 2; });
  CHECK(held.calls_inside == 0);
  CHECK(server->lines == std::vector<std::string>{"EVENTS on", "#t1 LOCK a ttl=30000 wait=0 id=x",
                                                  "#t2 UNLOCK a token=42"});

  server.reset();
  context.restart();
  context.run();  // ends: no timer, no connection
}

TEST_CASE("what cannot be asked is refused, and told") {
  asio::io_context context;
  LineServer server(context, granting(30s));
  HoldingOptions options;
  options.servers = {server.address()};
  options.wanted.names = {"two words"};
  options.wanted.id = "x";
  bool told = false;
  const Holding holding(context, options, [&] { told = true; });
  CHECK_FALSE(told);
  run_until(context, [&] { return told; });
  CHECK(holding.acquisition().refusal()->code == "BAD_REQUEST");
  CHECK(server.accepted == 0);
}

TEST_CASE("servers are tried in turn: one that refuses, one that says nothing, one that serves") {
  asio::io_context context;
  const DeadPort dead(context);
  LineServer mute(context, [](const std::string&) { return std::string(); });
  LineServer good(context, granting(30s));
  Held held(context, {dead.address(), mute.address(), good.address()});
  held.until(State::held);
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
  Held held(context, {standby.address()});
  held.until(State::held);
  CHECK(primary.count("LOCK") == 1);
}

TEST_CASE("a name is looked up") {
  asio::io_context context;
  LineServer server(context, granting(30s));
  Held held(context, {{"localhost", server.address().port}});
  held.until(State::held);
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
  Held held(context, {{"db.test", "7295"}}, 0ms, 2s, 5s, names.resolve());
  held.until(State::held);

  const bool fails = GENERATE(true, false);
  if (fails) names.answer(asio::error::host_not_found_try_again);
  if (!fails) names.hang();
  for (int i = 0; i < 3; ++i) {
    const Moment until = held.holding->acquisition().held_until();
    server.break_connections();
    run_until(context, [&] { return held.holding->acquisition().held_until() > until; });
  }
  CHECK(held.state() == State::held);
  CHECK(server.count("LOCK") == 1);
}

TEST_CASE("a server that has moved is found where it is now, and the lease renewed there") {
  asio::io_context context;
  HangingResolver names;
  std::optional<LineServer> before(std::in_place, context, granting(30s));
  LineServer after(context, granting(30s));
  names.answer(at(*before));
  Held held(context, {{"db.test", "7295"}}, 0ms, 30s, 5s, names.resolve());
  held.until(State::held);
  names.answer(at(after));
  before.reset();
  run_until(context, [&] { return after.count("RENEW") == 1; });
  CHECK(held.state() == State::held);
}

TEST_CASE("a lookup that takes longer than an attempt is not begun anew") {
  asio::io_context context;
  HangingResolver names;
  LineServer server(context, granting(30s));
  Held held(context, {{"db.test", "7295"}}, 0ms, 30s, 5s, names.resolve());
  const Moment later = held.holding->now() + 600ms;
  run_until(context, [&] { return held.holding->now() > later; });
  names.answer(at(server));
  held.until(State::held);
  CHECK(names.asked() == 1);
}

TEST_CASE("a lookup that hangs keeps nobody from the end, before the lock is held or after") {
  HangingResolver names;
  const bool is_held = GENERATE(true, false);
  {
    asio::io_context context;
    LineServer server(context, granting(30s));
    if (is_held) names.answer(at(server));
    Held held(context, {{"db.test", "7295"}}, 0ms, 30s, 5s, names.resolve());
    if (is_held) held.until(State::held);
    names.hang();
    server.break_connections();
    run_until(context, [&] { return names.under_way() == 1; });
    held.release();
    held.until(State::released);
  }
  CHECK(names.under_way() == 1);
}

TEST_CASE("without any server it is unreachable when the timeout has passed, and says why") {
  asio::io_context context;
  const DeadPort dead(context);
  LineServer mute(context, [](const std::string&) { return std::string(); });
  const std::optional<Milliseconds> wait =
      GENERATE(std::optional<Milliseconds>(0ms), std::optional<Milliseconds>());
  Held held(context, {dead.address(), mute.address()}, wait, 30s, 300ms);
  const Moment start = held.holding->now();
  run_until(context, [&] { return held.changes > 0; });
  CHECK(held.holding->unreachable());
  CHECK(held.holding->now() - start >= 250ms);
  const std::string why = held.holding->why_unreachable();
  INFO(why);
  CHECK(why.find(dead.address().port + ": Connection refused") != why.npos);
  CHECK(why.find(mute.address().port + ": does not answer") != why.npos);
}

TEST_CASE("a name that stands for nothing is unreachable, and says so") {
  asio::io_context context;
  Held held(context, {{"no-such-host.invalid", "7295"}}, 0ms, 30s, 500ms);
  run_until(context, [&] { return held.changes > 0; });
  CHECK(held.holding->unreachable());
  CHECK_FALSE(held.holding->why_unreachable().empty());
}

TEST_CASE("a connection that breaks is made anew, and the lease renewed at once") {
  asio::io_context context;
  LineServer server(context, granting(30s));
  Held held(context, {server.address()});
  held.until(State::held);
  for (int i = 1; i <= 3; ++i) {
    const Moment until = held.holding->acquisition().held_until();
    server.break_connections();
    run_until(context, [&] { return held.holding->acquisition().held_until() > until; });
    CHECK(server.accepted == i + 1);
  }
  CHECK(server.count("LOCK") == 1);
  CHECK(held.state() == State::held);
}

TEST_CASE("an election is waited for, and the primary found when the list knows no other") {
  asio::io_context context;
  int refused = 0;
  LineServer node(context, [&](const std::string& line) {
    if (line.find(" LOCK ") == line.npos || ++refused > 5) return granting(30s)(line);
    return tag_of(line) + "ERR NOT_PRIMARY\n";
  });
  Held held(context, {node.address()});
  held.until(State::held);
  CHECK(node.count("LOCK") == 6);
}

TEST_CASE("a primary that is named and gone leads back to the list") {
  asio::io_context context;
  const DeadPort gone(context);
  int refused = 0;
  LineServer standby(context, [&](const std::string& line) {
    if (line.find(" LOCK ") == line.npos || ++refused > 3) return granting(30s)(line);
    return tag_of(line) + "ERR NOT_PRIMARY primary=127.0.0.1:" + gone.address().port + "\n";
  });
  Held held(context, {standby.address()});
  held.until(State::held);
  CHECK(standby.count("LOCK") == 4);
}

TEST_CASE("a server that takes connections and drops them is tried with pauses") {
  asio::io_context context;
  LineServer server(context, granting(30s));
  server.refuse();
  Held held(context, {server.address()}, 0ms, 30s, 500ms);
  run_until(context, [&] { return held.holding->unreachable(); });
  CHECK(server.accepted >= 3);
  CHECK(server.accepted <= 10);
}

TEST_CASE("without its server a lock is lost when its lease may end, no later") {
  asio::io_context context;
  std::optional<LineServer> server(std::in_place, context, granting(400ms));
  Held held(context, {server->address()}, 0ms, 400ms);
  held.until(State::held);
  server.reset();
  held.until(State::lost);
  CHECK(held.holding->now() >= held.holding->acquisition().held_until());
  CHECK(held.holding->now() < held.holding->acquisition().held_until() + 10s);
}

TEST_CASE("a queued one that loses its server goes on asking, with the same id, past the timeout") {
  asio::io_context context;
  LineServer server(context, [](const std::string& line) {
    return tag_of(line).empty() ? std::string("OK\n") : std::string();
  });
  Held held(context, {server.address()}, std::nullopt, 30s, 300ms);
  held.until(State::queued);
  const Moment timeout = held.holding->now() + 500ms;
  while (held.holding->now() < timeout) {
    const int accepted = server.accepted;
    server.break_connections();
    run_until(context, [&] { return server.accepted > accepted; });
  }
  CHECK_FALSE(held.holding->unreachable());
  server.break_connections();
  server.script(granting(30s));
  held.until(State::held);
  CHECK(server.count("LOCK a ttl=30000 wait=forever id=x") >= 2);
}

TEST_CASE("a release that nobody answers is given up when the timeout has passed") {
  asio::io_context context;
  LineServer server(context, granting(30s));
  Held held(context, {server.address()}, 0ms, 30s, 200ms);
  held.until(State::held);
  server.script([](const std::string&) { return std::string(); });
  const Moment start = held.holding->now();
  held.release();
  run_until(context, [&] { return held.holding->gave_up(); });
  CHECK(held.holding->now() - start >= 200ms);
  CHECK(held.holding->now() < held.holding->acquisition().held_until());
  CHECK(server.count("UNLOCK a token=42") == 1);
}

TEST_CASE("a release is given up when the lease ends") {
  asio::io_context context;
  LineServer server(context, granting(300ms));
  Held held(context, {server.address()}, 0ms, 300ms, 1h);
  held.until(State::held);
  server.script([](const std::string&) { return std::string(); });
  held.release();
  run_until(context, [&] { return held.holding->gave_up(); });
  CHECK(held.state() == State::lost);
}

TEST_CASE("replies that come in pieces, or many at once, are the same replies") {
  asio::io_context context;
  int asked = 0;
  LineServer server(context, [&](const std::string& line) -> std::string {
    ++asked;
    if (asked == 1) return "O";  // EVENTS on
    if (asked == 2) return "K\nEVENT NEWER a=1\r\n" + tag_of(line) + "OK token=42 ttl=30000\nEVENT";
    return " LOST name=a token=42 reason=broken\n";
  });
  Held held(context, {server.address()});
  held.until(State::held);
  held.release();  // the UNLOCK brings out the rest
  held.until(State::lost);
}

TEST_CASE("a line longer than any reply ends the connection, not the program") {
  asio::io_context context;
  bool first = true;
  LineServer server(context, [&](const std::string& line) {
    if (std::exchange(first, false)) return std::string(17U << 20U, 'x');
    return granting(30s)(line);
  });
  Held held(context, {server.address()});
  held.until(State::held);
  CHECK(server.accepted >= 2);
}

TEST_CASE("a holding may end at any time, in its own call too") {
  asio::io_context context;
  LineServer server(context, granting(30s));
  std::unique_ptr<Holding> holding;
  HoldingOptions options;
  options.servers = {server.address()};
  options.wanted.names = {"a"};
  options.wanted.id = "x";
  bool told = false;
  holding = std::make_unique<Holding>(context, options, [&] {
    told = true;
    holding.reset();
  });
  run_until(context, [&] { return told; });
  CHECK(holding == nullptr);

  for (int steps = 0; steps < 12; ++steps) {
    holding = std::make_unique<Holding>(context, options, [] {});
    context.restart();
    for (int i = 0; i < steps; ++i) context.run_one_for(10ms);
    holding.reset();
    context.poll();
  }
}

}  // namespace
}  // namespace pawl::client
