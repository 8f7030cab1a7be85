// SPDX-License-Identifier: Apache-2.0
//
// leader SERVERS: leads, or waits its turn, with coroutines on one io_context. Leading ends with
// the loss of the lock, or with SIGINT, which gives it back.
#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <chrono>
#include <exception>
#include <iostream>
#include <pawl/client.hpp>
#include <stop_token>

namespace asio = boost::asio;
using namespace std::chrono_literals;

namespace {

asio::awaitable<void> lead(asio::io_context& context, const pawl::Lease& lease) {
  const std::stop_token lost = lease.lost();
  asio::steady_timer timer(context);
  while (!lost.stop_requested()) {
    std::cout << "leading with token " << lease.token().value << std::endl;
    timer.expires_after(1s);
    co_await timer.async_wait(asio::use_awaitable);
  }
}

asio::awaitable<void> campaign(asio::io_context& context, pawl::Client& client) {
  const pawl::LockOptions options{.note = "leader example"};
  for (;;) {
    pawl::Lease lease = co_await client.async_lock("examples/leader", options, asio::use_awaitable);
    co_await lead(context, lease);
    std::cout << "lost" << std::endl;
  }
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) return 64;
  try {
    asio::io_context context;
    pawl::Client client(context, {.servers = argv[1], .name = "leader"});
    client.async_run([&context](boost::system::error_code) { context.stop(); });
    asio::co_spawn(context, campaign(context, client), [](const std::exception_ptr&) {});
    asio::signal_set signals(context, SIGINT, SIGTERM);
    signals.async_wait([&client](boost::system::error_code, int) { client.stop(); });
    context.run();
  } catch (const std::exception& error) {
    std::cerr << "leader: " << error.what() << '\n';
    return 1;
  }
  return 0;
}
