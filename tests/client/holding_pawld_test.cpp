// SPDX-License-Identifier: Apache-2.0
//
// Holdings against the real pawld: it is stopped, goes on, is killed and started again.
#include <signal.h>

#include <memory>
#include <optional>

#include "client/holding.hpp"
#include "client/line_server.hpp"
#include "system/process.hpp"

namespace pawl::client {
namespace {

using namespace std::chrono_literals;
namespace asio = boost::asio;
using testing::Daemon;

std::vector<std::string> options_for(std::uint16_t port, const std::string& directory) {
  return {"--set", "listen.client=127.0.0.1:" + std::to_string(port), "--set",
          "data_dir=" + directory};
}

std::unique_ptr<Holding> hold(asio::io_context& context, std::uint16_t port, const std::string& id,
                              Milliseconds ttl, std::optional<Milliseconds> wait) {
  HoldingOptions options;
  options.servers = {{"127.0.0.1", std::to_string(port)}};
  options.wanted.names = {"jobs/nightly"};
  options.wanted.id = id;
  options.wanted.ttl = ttl;
  options.wanted.wait = wait;
  return std::make_unique<Holding>(context, options, [] {});
}

State state_of(const std::unique_ptr<Holding>& holding) { return holding->acquisition().state(); }

TEST_CASE("two that want the same lock have it one after the other, with rising tokens") {
  asio::io_context context;
  Daemon daemon;
  auto first = hold(context, daemon.port(), "first", 10s, 0ms);
  run_until(context, [&] { return state_of(first) == State::held; });
  auto second = hold(context, daemon.port(), "second", 10s, std::nullopt);
  run_until(context, [&] { return state_of(second) == State::queued; });
  auto third = hold(context, daemon.port(), "third", 10s, 0ms);
  run_until(context, [&] { return state_of(third) == State::refused; });
  CHECK(third->acquisition().refusal()->code == "BUSY");

  first->release();
  run_until(context, [&] { return state_of(second) == State::held; });
  run_until(context, [&] { return state_of(first) == State::released; });
  CHECK(second->acquisition().token() > first->acquisition().token());
}

TEST_CASE("a lock survives a pawld that is killed and started again") {
  asio::io_context context;
  const testing::TemporaryDirectory directory;
  auto daemon = std::make_unique<Daemon>(options_for(0, directory.path()));
  const std::uint16_t port = daemon->port();
  auto holder = hold(context, port, "holder", 10s, 0ms);
  run_until(context, [&] { return state_of(holder) == State::held; });
  auto waiter = hold(context, port, "waiter", 10s, std::nullopt);
  run_until(context, [&] { return state_of(waiter) == State::queued; });
  const Token token = holder->acquisition().token();

  for (int i = 0; i < 2; ++i) {
    const Moment until = holder->acquisition().held_until();
    daemon->process().kill();
    static_cast<void>(daemon->process().wait());
    daemon = std::make_unique<Daemon>(options_for(port, directory.path()));
    run_until(context, [&] { return holder->acquisition().held_until() > until; });
    CHECK(state_of(holder) == State::held);
    CHECK(holder->acquisition().token() == token);
    CHECK(state_of(waiter) != State::held);
  }

  holder->release();
  run_until(context, [&] { return state_of(waiter) == State::held; });
}

TEST_CASE("a pawld that is stopped for half a TTL takes no lock; stopped for longer, no lie") {
  asio::io_context context;
  Daemon daemon;
  const pid_t pid = daemon.process().pid();
  auto holder = hold(context, daemon.port(), "holder", 2s, 0ms);
  run_until(context, [&] { return state_of(holder) == State::held; });

  ::kill(pid, SIGSTOP);
  const Moment go_on = holder->now() + 900ms;
  run_until(context, [&] { return holder->now() >= go_on; });
  const Moment until = holder->acquisition().held_until();
  ::kill(pid, SIGCONT);
  run_until(context, [&] { return holder->acquisition().held_until() > until; });
  CHECK(state_of(holder) == State::held);

  ::kill(pid, SIGSTOP);
  run_until(context, [&] { return state_of(holder) == State::lost; });
  CHECK(holder->now() >= holder->acquisition().held_until());
  ::kill(pid, SIGCONT);
  auto next = hold(context, daemon.port(), "next", 2s, std::nullopt);
  run_until(context, [&] { return state_of(next) == State::held; });
  CHECK(next->acquisition().token() > holder->acquisition().token());
}

}  // namespace
}  // namespace pawl::client
