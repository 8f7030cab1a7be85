// SPDX-License-Identifier: Apache-2.0
#include "support/fault_proxy.hpp"

#include <poll.h>

#include <boost/asio/buffer.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/write.hpp>
#include <catch2/catch.hpp>
#include <chrono>
#include <string>
#include <string_view>

using namespace std::chrono_literals;
using namespace pawl::test;
namespace asio = boost::asio;
using asio::ip::tcp;
using Way = FaultProxy::Way;

namespace {

// Who calls, and who is called, with the proxy between them.
struct Ends {
  asio::io_context context;
  tcp::acceptor acceptor{context, {asio::ip::address_v4::loopback(), 0}};
  FaultProxy proxy{acceptor.local_endpoint().port()};
  tcp::socket caller{context};
  tcp::socket called{context};

  void connect() {
    caller = tcp::socket(context);
    caller.connect({asio::ip::address_v4::loopback(), proxy.port()});
    called = acceptor.accept();
  }
};

bool has_news(tcp::socket& socket, std::chrono::milliseconds within = 20'000ms) {
  pollfd asked{socket.native_handle(), POLLIN, 0};
  return ::poll(&asked, 1, static_cast<int>(within.count())) == 1;
}

std::string read(tcp::socket& socket, std::size_t size) {
  std::string bytes(size, '\0');
  std::size_t done = 0;
  while (done < size) {
    REQUIRE(has_news(socket));
    boost::system::error_code error;
    done += socket.read_some(asio::buffer(bytes.data() + done, size - done), error);
    REQUIRE(!error);
  }
  return bytes;
}

void send(tcp::socket& socket, std::string_view bytes) {
  asio::write(socket, asio::buffer(bytes.data(), bytes.size()));
}

boost::system::error_code end_of(tcp::socket& socket) {
  REQUIRE(has_news(socket));
  char byte = 0;
  boost::system::error_code error;
  static_cast<void>(socket.read_some(asio::buffer(&byte, 1), error));
  return error;
}

}  // namespace

TEST_CASE("a sound link passes bytes both ways, and the end of input") {
  Ends ends;
  ends.connect();
  send(ends.caller, "there");
  CHECK(read(ends.called, 5) == "there");
  send(ends.called, "back");
  CHECK(read(ends.caller, 4) == "back");

  ends.caller.shutdown(tcp::socket::shutdown_send);
  CHECK(end_of(ends.called) == asio::error::eof);
  send(ends.called, "still");
  CHECK(read(ends.caller, 5) == "still");
}

TEST_CASE("a stalled direction holds its bytes until it is healed, the other one goes on") {
  Ends ends;
  ends.connect();
  ends.proxy.stall(Way::there);
  send(ends.caller, "there");
  send(ends.called, "back");
  CHECK(read(ends.caller, 4) == "back");
  CHECK_FALSE(has_news(ends.called, 50ms));

  ends.proxy.heal();
  CHECK(read(ends.called, 5) == "there");
}

TEST_CASE("a slow direction delivers after its delay, in order") {
  Ends ends;
  ends.connect();
  ends.proxy.delay(Way::back, 100ms);
  const auto began = std::chrono::steady_clock::now();
  send(ends.called, "one");
  send(ends.called, "two");
  CHECK(read(ends.caller, 6) == "onetwo");
  CHECK(std::chrono::steady_clock::now() - began >= 100ms);
}

TEST_CASE("a cut resets both ends and whoever comes, until it is healed") {
  Ends ends;
  ends.connect();
  send(ends.caller, "there");
  CHECK(read(ends.called, 5) == "there");
  ends.proxy.cut();
  CHECK(end_of(ends.caller) == asio::error::connection_reset);
  CHECK(end_of(ends.called) == asio::error::connection_reset);
  CHECK(ends.proxy.connections() == 0);

  tcp::socket late(ends.context);
  boost::system::error_code error;
  late.connect({asio::ip::address_v4::loopback(), ends.proxy.port()}, error);
  if (!error) CHECK(end_of(late) == asio::error::connection_reset);

  ends.proxy.heal();
  ends.connect();
  send(ends.caller, "again");
  CHECK(read(ends.called, 5) == "again");
}

TEST_CASE("connections go to the target of the day, and nowhere if it is away") {
  Ends ends;
  tcp::acceptor other(ends.context, {asio::ip::address_v4::loopback(), 0});
  ends.proxy.set_target(other.local_endpoint().port());
  tcp::socket caller(ends.context);
  caller.connect({asio::ip::address_v4::loopback(), ends.proxy.port()});
  tcp::socket called = other.accept();
  send(caller, "there");
  CHECK(read(called, 5) == "there");

  other.close();
  tcp::socket late(ends.context);
  late.connect({asio::ip::address_v4::loopback(), ends.proxy.port()});
  CHECK(end_of(late) == asio::error::connection_reset);
}

TEST_CASE("a large stream arrives whole through a link that stalls and heals") {
  Ends ends;
  ends.connect();
  const std::string bytes(4'000'000, 'x');
  ends.proxy.stall(Way::there);
  std::thread sender([&] { send(ends.caller, bytes); });
  CHECK_FALSE(has_news(ends.called, 20ms));
  ends.proxy.heal();
  CHECK(read(ends.called, bytes.size()) == bytes);
  sender.join();
}
