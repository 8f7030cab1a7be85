// SPDX-License-Identifier: Apache-2.0
#include "client/lookup.hpp"

#include <signal.h>

#include <atomic>
#include <optional>
#include <thread>

#include "client/hanging_resolver.hpp"
#include "client/line_server.hpp"

namespace pawl::client {
namespace {

namespace asio = boost::asio;
using boost::system::error_code;

const asio::ip::tcp::endpoint one{asio::ip::address_v4::loopback(), 7295};
const ServerAddress named{"db.test", "7295"};

struct Answer {
  int calls = 0;
  error_code error;
  Endpoints endpoints;

  Lookup::Found take() {
    return [this](error_code said, Endpoints found) {
      ++calls;
      error = said;
      endpoints = std::move(found);
    };
  }
};

TEST_CASE("a name is looked up to what the system says, on another thread") {
  asio::io_context context;
  Answer answer;
  const auto here = std::this_thread::get_id();
  auto elsewhere = std::make_shared<std::atomic<bool>>(false);
  const Lookup lookup(context, named, answer.take(),
                      [here, elsewhere](const ServerAddress& server, error_code&) -> Endpoints {
                        *elsewhere = std::this_thread::get_id() != here && server == named;
                        return {one};
                      });
  CHECK(answer.calls == 0);
  context.run();  // a lookup under way is something to wait for
  CHECK(answer.calls == 1);
  CHECK_FALSE(answer.error);
  CHECK(answer.endpoints == Endpoints{one});
  CHECK(*elsewhere);
}

TEST_CASE("localhost is known to the system, and what nobody knows is an error") {
  asio::io_context context;
  Answer known;
  Answer unknown;
  const Lookup first(context, {"localhost", "7295"}, known.take());
  const Lookup second(context, {"no-such-host.invalid", "7295"}, unknown.take());
  context.run();
  REQUIRE_FALSE(known.endpoints.empty());
  CHECK(known.endpoints[0].address().is_loopback());
  CHECK(known.endpoints[0].port() == 7295);
  CHECK(unknown.error);
}

TEST_CASE("a lookup that finds nothing is an error, with or without one") {
  HangingResolver names;
  const bool said = GENERATE(true, false);
  if (said) names.answer(asio::error::host_not_found_try_again);
  if (!said) names.answer(Endpoints{});
  asio::io_context context;
  Answer answer;
  const Lookup lookup(context, named, answer.take(), names.resolve());
  context.run();
  CHECK(answer.error == (said ? error_code(asio::error::host_not_found_try_again)
                              : error_code(asio::error::host_not_found)));
}

TEST_CASE("a numeric address is what it says, and nobody is asked") {
  HangingResolver names;
  const std::string host = GENERATE("127.0.0.1", "::1");
  asio::io_context context;
  Answer answer;
  const Lookup lookup(context, {host, "65535"}, answer.take(), names.resolve());
  CHECK(answer.calls == 0);
  context.run();
  REQUIRE(answer.endpoints.size() == 1);
  CHECK(answer.endpoints[0].address().to_string() == host);
  CHECK(answer.endpoints[0].port() == 65'535);
  CHECK(names.asked() == 0);
}

TEST_CASE("a lookup that hangs holds up neither its own end nor the io_context's") {
  HangingResolver names;
  Answer answer;
  {
    asio::io_context context;
    std::optional<Lookup> lookup(std::in_place, context, named, answer.take(), names.resolve());
    run_until(context, [&] { return names.under_way() == 1; });
    lookup.reset();
    context.restart();
    context.run();  // nothing is left to wait for
  }
  CHECK(names.under_way() == 1);

  names.answer({one});  // into the void
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds{20};
  while (names.under_way() > 0 && std::chrono::steady_clock::now() < deadline) {
    std::this_thread::yield();
  }
  CHECK(names.under_way() == 0);
  CHECK(answer.calls == 0);
}

TEST_CASE("what is found when nobody waits any more is told to nobody") {
  HangingResolver names;
  names.answer({one});
  asio::io_context context;
  Answer answer;
  for (int steps = 0; steps < 50; ++steps) {
    const int asked = names.asked();
    {
      const Lookup lookup(context, named, answer.take(), names.resolve());
      run_until(context, [&] { return names.asked() > asked || answer.calls > 0; });
    }
    answer.calls = 0;
    context.restart();
    context.run();
    REQUIRE(answer.calls == 0);
  }
}

TEST_CASE("a lookup may end in its own call") {
  HangingResolver names;
  names.answer({one});
  asio::io_context context;
  std::optional<Lookup> lookup;
  bool told = false;
  const auto found = [&](error_code, const Endpoints&) {
    lookup.reset();
    told = true;
  };
  lookup.emplace(context, named, found, names.resolve());
  context.run();
  CHECK(told);
}

TEST_CASE("signals do not reach the thread that looks up, and reach this one as before") {
  asio::io_context context;
  Answer answer;
  auto blocked = std::make_shared<std::atomic<bool>>(false);
  sigset_t before;
  pthread_sigmask(SIG_BLOCK, nullptr, &before);
  const Lookup lookup(
      context, named, answer.take(), [blocked](const ServerAddress&, error_code&) -> Endpoints {
        sigset_t mask;
        pthread_sigmask(SIG_BLOCK, nullptr, &mask);
        *blocked = sigismember(&mask, SIGTERM) == 1 && sigismember(&mask, SIGCHLD) == 1 &&
                   sigismember(&mask, SIGINT) == 1;
        return {one};
      });
  sigset_t after;
  pthread_sigmask(SIG_BLOCK, nullptr, &after);
  context.run();
  CHECK(*blocked);
  CHECK(sigismember(&after, SIGTERM) == sigismember(&before, SIGTERM));
}

}  // namespace
}  // namespace pawl::client
