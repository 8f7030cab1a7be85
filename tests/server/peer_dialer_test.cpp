// SPDX-License-Identifier: Apache-2.0
#include "server/peer_dialer.hpp"

#include <atomic>
#include <boost/asio/error.hpp>
#include <catch2/catch.hpp>
#include <chrono>
#include <memory>
#include <string>
#include <vector>

using namespace std::chrono_literals;
using namespace pawl;
using namespace pawl::server;
namespace asio = boost::asio;
using asio::ip::tcp;

namespace {

constexpr DialTiming quick{.attempt = 100ms, .shortest_pause = 1ms, .longest_pause = 8ms};

// The name `peer` stands for nothing at first, then for what it is told.
struct Names {
  std::atomic<int> failing = 0;
  std::atomic<int> asked = 0;
  client::Endpoints endpoints;
};

struct Dialling {
  explicit Dialling(Address address)
      : dialer(
            context,
            [names = names](const client::ServerAddress&, boost::system::error_code& error) {
              ++names->asked;
              if (names->failing-- <= 0) return names->endpoints;
              error = asio::error::host_not_found;
              return client::Endpoints{};
            },
            std::move(address), quick, 1,
            [this](Socket socket) { reached.push_back(std::move(socket)); },
            [this](const std::string& reason) { failures.push_back(reason); }) {}
  ~Dialling() { dialer.stop(); }

  template <class Condition>
  void run_until(Condition condition) {
    const auto deadline = std::chrono::steady_clock::now() + 10s;
    while (!condition()) {
      REQUIRE(std::chrono::steady_clock::now() < deadline);
      context.run_one_for(5ms);
      context.restart();
    }
  }

  std::shared_ptr<Names> names = std::make_shared<Names>();
  asio::io_context context;
  std::vector<Socket> reached;
  std::vector<std::string> failures;
  PeerDialer dialer;
};

tcp::endpoint loopback(std::uint16_t port) { return {asio::ip::address_v4::loopback(), port}; }

// A port of loopback where nobody listens.
struct Closed {
  asio::io_context context;
  tcp::acceptor bound{context};
  Closed() {
    bound.open(tcp::v4());
    bound.bind(loopback(0));
  }
};

}  // namespace

TEST_CASE("a name that does not resolve yet is asked for until it does") {
  asio::io_context context;
  tcp::acceptor peer(context, loopback(0));
  Dialling dialling({"peer", peer.local_endpoint().port()});
  dialling.names->failing = 3;
  dialling.names->endpoints = {peer.local_endpoint()};

  dialling.dialer.dial();
  dialling.run_until([&] { return !dialling.reached.empty(); });

  CHECK(dialling.names->asked >= 4);
  REQUIRE(dialling.failures.size() == 3);
  CHECK(dialling.failures.front().find("does not resolve") != std::string::npos);
}

TEST_CASE("a port that refuses is tried until somebody listens") {
  Closed closed;
  Dialling dialling({"127.0.0.1", closed.bound.local_endpoint().port()});

  dialling.dialer.dial();
  dialling.run_until([&] { return dialling.failures.size() >= 5; });
  CHECK(dialling.reached.empty());
  closed.bound.listen();

  dialling.run_until([&] { return !dialling.reached.empty(); });
}

TEST_CASE("of a name's addresses one that does not answer does not hide the others") {
  asio::io_context context;
  tcp::acceptor peer(context, loopback(0));
  Closed closed;
  Dialling dialling({"peer", peer.local_endpoint().port()});
  dialling.names->endpoints = {closed.bound.local_endpoint(), peer.local_endpoint()};

  dialling.dialer.dial();
  dialling.run_until([&] { return !dialling.reached.empty(); });

  CHECK(dialling.failures.size() == 1);
}

TEST_CASE("an address that swallows the call is given up in time") {
  asio::io_context context;
  tcp::acceptor full(context);
  full.open(tcp::v4());
  full.bind(loopback(0));
  full.listen(0);
  std::vector<std::unique_ptr<tcp::socket>> waiting;  // in its queue, until there is no room
  for (int i = 0; i < 4; ++i) {
    waiting.push_back(std::make_unique<tcp::socket>(context, tcp::v4()));
    waiting.back()->async_connect(full.local_endpoint(), [](const auto&) {});
  }
  Dialling dialling({"127.0.0.1", full.local_endpoint().port()});

  dialling.dialer.dial();
  dialling.run_until([&] { return dialling.failures.size() >= 2; });

  CHECK(dialling.failures.front() == "no answer in time");
  CHECK(dialling.reached.empty());
}

TEST_CASE("nothing is reached once a dialler was stopped") {
  asio::io_context context;
  tcp::acceptor peer(context, loopback(0));
  Dialling dialling({"127.0.0.1", peer.local_endpoint().port()});

  dialling.dialer.dial();
  dialling.dialer.stop();
  dialling.context.run_for(50ms);

  CHECK(dialling.reached.empty());
  CHECK(dialling.failures.empty());
}
