// SPDX-License-Identifier: Apache-2.0
#include "server/relay.hpp"

#include <array>
#include <boost/asio/buffer.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/write.hpp>
#include <catch2/catch.hpp>
#include <chrono>
#include <memory>
#include <string>

namespace pawl::server {
namespace {

using boost::asio::ip::tcp;
using namespace std::chrono_literals;

// A primary that the test plays, and a relay to it.
struct Relayed {
  Relayed() {
    const Address address{"127.0.0.1", acceptor.local_endpoint().port()};
    relay = std::make_shared<Relay>(context, address,
                                    Relay::Owner{[this](std::string_view bytes) {
                                                   heard += bytes;
                                                   if (holds) relay->hold();
                                                 },
                                                 [this] { ended = true; }});
    relay->start();
  }
  ~Relayed() { relay->close(); }

  template <class Condition>
  void run_until(Condition condition) {
    const auto deadline = std::chrono::steady_clock::now() + 10s;
    while (!condition()) {
      REQUIRE(std::chrono::steady_clock::now() < deadline);
      context.run_one_for(100ms);
    }
  }
  tcp::socket accept() {
    tcp::socket socket(context);
    bool accepted = false;
    acceptor.async_accept(socket, [&](boost::system::error_code) { accepted = true; });
    run_until([&] { return accepted; });
    return socket;
  }
  std::string read(tcp::socket& socket, std::size_t size) {
    std::string bytes(size, '\0');
    bool read = false;
    boost::asio::async_read(socket, boost::asio::buffer(bytes),
                            [&](boost::system::error_code, std::size_t) { read = true; });
    run_until([&] { return read; });
    return bytes;
  }

  boost::asio::io_context context;
  boost::asio::executor_work_guard<boost::asio::io_context::executor_type> work{
      context.get_executor()};  // a relay that is held leaves it none
  tcp::acceptor acceptor{context, {boost::asio::ip::address_v4::loopback(), 0}};
  std::shared_ptr<Relay> relay;
  std::string heard;
  bool ended = false;
  bool holds = false;  // the client does not read
};

}  // namespace

TEST_CASE("a relay says that it is one, then what it is sent; the answer to that is nobody's") {
  Relayed relayed;
  relayed.relay->send("first ");
  tcp::socket primary = relayed.accept();
  relayed.relay->send("second");
  CHECK(relayed.read(primary, relay_mark.size() + 12) == std::string(relay_mark) + "first second");
  boost::asio::write(primary, boost::asio::buffer(std::string_view("+O")));
  boost::asio::write(primary, boost::asio::buffer(std::string_view("K\r\n+PONG\r\n")));
  relayed.run_until([&] { return relayed.heard == "+PONG\r\n"; });
  CHECK(relayed.relay->unsent() == 0);
  CHECK_FALSE(relayed.ended);
}

TEST_CASE("what a primary says that takes no relay is the client's, then the relay ends") {
  const auto [said, heard] = GENERATE(table<std::string_view, std::string_view>({
      {"-ERR RESP is not served here\r\n", "-ERR RESP is not served here\r\n"},
      {"ERR LIMIT limit=connections\n",
       "-ERR the primary refuses: ERR LIMIT limit=connections\r\n"},
      {"+NO\r\n", "-ERR the primary refuses: +NO\r\n"},
  }));
  Relayed relayed;
  tcp::socket primary = relayed.accept();
  boost::asio::write(primary, boost::asio::buffer(said));
  relayed.run_until([&] { return relayed.ended; });
  CHECK(relayed.heard == heard);
}

TEST_CASE("a relay that is held hears nothing until it goes on") {
  Relayed relayed;
  tcp::socket primary = relayed.accept();
  relayed.holds = true;
  boost::asio::write(primary, boost::asio::buffer(std::string_view("+OK\r\nfirst")));
  relayed.run_until([&] { return relayed.heard == "first"; });
  boost::asio::write(primary, boost::asio::buffer(std::string_view(" second")));
  relayed.context.run_for(50ms);
  CHECK(relayed.heard == "first");
  relayed.holds = false;
  relayed.relay->go_on();
  relayed.run_until([&] { return relayed.heard == "first second"; });
}

TEST_CASE("a relay ends when the primary closes, or is not there") {
  Relayed relayed;
  SECTION("closes") { relayed.accept().close(); }
  SECTION("is not there") { relayed.acceptor.close(); }
  relayed.run_until([&] { return relayed.ended; });
}

TEST_CASE("a relay that was closed calls nobody any more") {
  Relayed relayed;
  tcp::socket primary = relayed.accept();
  CHECK(relayed.read(primary, relay_mark.size()) == relay_mark);
  boost::asio::write(primary, boost::asio::buffer(std::string_view("+OK\r\nlate")));
  relayed.relay->close();
  primary.close();
  relayed.context.run_for(50ms);
  CHECK_FALSE(relayed.ended);
  CHECK(relayed.heard.empty());
}

}  // namespace pawl::server
