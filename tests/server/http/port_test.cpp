// SPDX-License-Identifier: Apache-2.0
//
// The port as those see it who connect to it; each of its limits is reached.
#include "server/http/port.hpp"

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/read_until.hpp>
#include <boost/asio/write.hpp>
#include <catch2/catch.hpp>
#include <chrono>
#include <future>
#include <memory>
#include <string>
#include <thread>
#include <utility>
#include <vector>

namespace pawl::server::http {
namespace {

namespace asio = boost::asio;
using namespace std::chrono_literals;
using Catch::Matchers::Contains;
using Catch::Matchers::StartsWith;

constexpr const char* host = "Host: localhost\r\n";

class RunningPort {
 public:
  explicit RunningPort(Limits limits = {}) {
    port_ = std::make_unique<Port>(
        context_, log_,
        [this](const Asked& asked, Reply reply) {
          if (asked.target == "/held") {
            held_ = std::move(reply);
            return is_held_.set_value();
          }
          reply({.body = asked.target == "/large" ? std::string(8 << 20, 'x')
                                                  : "asked " + asked.target + '\n',
                 .is_page = asked.target == "/page"});
        },
        limits);
    const auto bound = port_->open({"127.0.0.1", 0});
    REQUIRE(bound.has_value());
    number_ = static_cast<std::uint16_t>(std::stoi(bound->substr(bound->rfind(':') + 1)));
    thread_ = std::thread([this] { context_.run(); });
  }
  ~RunningPort() {
    asio::post(context_, [this] {
      port_.reset();
      work_.reset();
    });
    thread_.join();
  }
  [[nodiscard]] std::uint16_t number() const { return number_; }
  void wait_until_held() { is_held_.get_future().wait(); }
  void let_go() {
    asio::post(context_, [this] { std::exchange(held_, {})({.body = "held\n"}); });
  }

 private:
  asio::io_context context_;
  asio::executor_work_guard<asio::io_context::executor_type> work_{context_.get_executor()};
  Log log_{LogLevel::error, {}, [](std::string_view) {}};
  std::unique_ptr<Port> port_;
  Reply held_;
  std::promise<void> is_held_;
  std::uint16_t number_ = 0;
  std::thread thread_;
};

class HttpClient {
 public:
  explicit HttpClient(const RunningPort& port) {
    socket_.connect({asio::ip::address_v4::loopback(), port.number()});
    timeval patience{20, 0};
    ::setsockopt(socket_.native_handle(), SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
  }
  void send(const std::string& text) {
    boost::system::error_code ignored;
    asio::write(socket_, asio::buffer(text), ignored);
  }
  // The head of an answer; its body is left to read.
  std::string head() {
    boost::system::error_code error;
    const std::size_t size =
        asio::read_until(socket_, asio::dynamic_buffer(read_), "\r\n\r\n", error);
    return error ? std::string{} : take(size);
  }
  std::string body(std::size_t size) {
    boost::system::error_code error;
    if (read_.size() < size) {
      asio::read(socket_, asio::dynamic_buffer(read_), asio::transfer_exactly(size - read_.size()),
                 error);
    }
    return take(std::min(size, read_.size()));
  }
  std::string ask(const std::string& request) {
    send(request);
    return head();
  }
  // In order: a reset, or nothing at all for long, is not it.
  bool is_closed() {
    boost::system::error_code error;
    asio::read(socket_, asio::dynamic_buffer(read_), error);
    return error == asio::error::eof;
  }

 private:
  std::string take(std::size_t size) {
    std::string taken = read_.substr(0, size);
    read_.erase(0, size);
    return taken;
  }

  asio::io_context context_;
  asio::ip::tcp::socket socket_{context_};
  std::string read_;
};

std::string get(const std::string& target) {
  return "GET " + target + " HTTP/1.1\r\n" + host + "\r\n";
}

}  // namespace

TEST_CASE("requests of one connection are answered in turn, pipelined ones too") {
  const RunningPort port;
  HttpClient client(port);
  const std::string head = client.ask(get("/a") + get("/b"));
  CHECK_THAT(head, StartsWith("HTTP/1.1 200 OK\r\n"));
  CHECK_THAT(head, Contains("\r\nContent-Length: 9\r\n"));
  CHECK_THAT(head, Contains("\r\nCache-Control: no-store\r\n"));
  CHECK_THAT(head, Contains("\r\nX-Content-Type-Options: nosniff\r\n"));
  CHECK_THAT(head, !Contains("Content-Security-Policy"));
  CHECK(client.body(9) == "asked /a\n");
  CHECK_THAT(client.head(), Contains("200 OK"));
  CHECK(client.body(9) == "asked /b\n");
  CHECK_THAT(client.ask(get("/page")),
             Contains("\r\nContent-Security-Policy: default-src 'none';"));
}

TEST_CASE("HEAD says what GET would, without the body") {
  const RunningPort port;
  HttpClient client(port);
  CHECK_THAT(client.ask(std::string("HEAD /a HTTP/1.1\r\n") + host + "\r\n"),
             Contains("\r\nContent-Length: 9\r\n"));
  CHECK_THAT(client.ask(get("/b")), StartsWith("HTTP/1.1 200 OK\r\n"));
}

TEST_CASE("whatever could change something is refused") {
  const RunningPort port;
  HttpClient client(port);
  const char* method = GENERATE("POST", "PUT", "DELETE", "OPTIONS", "BREAK");
  const std::string head =
      client.ask(std::string(method) + " /a HTTP/1.1\r\n" + host + "Content-Length: 3\r\n\r\nabc");
  CHECK_THAT(head, StartsWith("HTTP/1.1 405 "));
  CHECK_THAT(head, Contains("\r\nAllow: GET, HEAD\r\n"));
  CHECK(client.is_closed());
}

TEST_CASE("HTTP/1.0 is answered and closed; HTTP/1.1 without one Host is refused") {
  const RunningPort port;
  HttpClient old(port);
  CHECK_THAT(old.ask("GET /a HTTP/1.0\r\n\r\n"), StartsWith("HTTP/1.1 200 OK\r\n"));
  CHECK(old.is_closed());
  CHECK_THAT(HttpClient(port).ask("GET /a HTTP/1.1\r\n\r\n"), StartsWith("HTTP/1.1 400 "));
  CHECK_THAT(HttpClient(port).ask(std::string("GET /a HTTP/1.1\r\n") + host + host + "\r\n"),
             StartsWith("HTTP/1.1 400 "));
}

TEST_CASE("what is no HTTP gets one answer, which can be read, and the end") {
  const RunningPort port;
  HttpClient client(port);
  const std::string head = client.ask("LOCK jobs/a ttl=30s\n" + std::string(20'000, 'x'));
  CHECK_THAT(head, StartsWith("HTTP/1.1 400 "));
  CHECK_THAT(head, Contains("\r\nConnection: close\r\n"));
  CHECK(client.is_closed());
}

TEST_CASE("a header of more than 8 KiB is refused, one of less is taken") {
  const RunningPort port;
  HttpClient client(port);
  const auto with = [](std::size_t size) {
    return std::string("GET /a HTTP/1.1\r\n") + host + "X: " + std::string(size, 'x') + "\r\n\r\n";
  };
  CHECK_THAT(client.ask(with(8'000)), StartsWith("HTTP/1.1 200 "));
  CHECK(client.body(9) == "asked /a\n");
  CHECK_THAT(client.ask(with(8'200)), StartsWith("HTTP/1.1 431 "));
  CHECK(client.is_closed());
}

TEST_CASE("half a request, and none at all, end after their time") {
  const RunningPort port({.request = 100ms, .idle = 200ms});
  HttpClient half(port);
  half.send("GET /a HTTP/1.1\r\n");
  HttpClient silent(port);
  HttpClient served(port);
  CHECK_THAT(served.ask(get("/a")), StartsWith("HTTP/1.1 200 "));
  CHECK(half.is_closed());
  CHECK(silent.is_closed());
  CHECK(served.is_closed());
}

TEST_CASE("who does not read his answer ends after its time, and holds up nobody meanwhile") {
  const RunningPort port({.answering = 300ms});
  HttpClient slow(port);
  slow.send(get("/large"));
  HttpClient other(port);
  CHECK_THAT(other.ask(get("/a")), StartsWith("HTTP/1.1 200 "));
  CHECK_THAT(slow.head(), StartsWith("HTTP/1.1 200 "));
  std::this_thread::sleep_for(600ms);  // that he reads nothing can only be shown by letting it pass
  CHECK(slow.body(8 << 20).size() < (8 << 20));
}

TEST_CASE("beyond the most connections, the one that was idle longest makes room") {
  const RunningPort port({.connections = 3});
  std::vector<std::unique_ptr<HttpClient>> clients;
  for (int i = 0; i < 3; ++i) {
    clients.push_back(std::make_unique<HttpClient>(port));
    CHECK_THAT(clients.back()->ask(get("/a")), StartsWith("HTTP/1.1 200 "));
    CHECK(clients.back()->body(9) == "asked /a\n");
  }
  CHECK_THAT(clients[0]->ask(get("/a")), StartsWith("HTTP/1.1 200 "));
  CHECK(clients[0]->body(9) == "asked /a\n");
  HttpClient newcomer(port);
  CHECK_THAT(newcomer.ask(get("/a")), StartsWith("HTTP/1.1 200 "));
  CHECK(clients[1]->is_closed());
  CHECK_THAT(clients[0]->ask(get("/a")), StartsWith("HTTP/1.1 200 "));
  CHECK_THAT(clients[2]->ask(get("/a")), StartsWith("HTTP/1.1 200 "));
}

TEST_CASE("while all connections are at work the one that is at it longest makes room") {
  RunningPort port({.connections = 2});
  HttpClient slow(port);
  slow.send("GET /a HTTP/1.1\r\n");
  HttpClient busy(port);
  busy.send(get("/held"));
  port.wait_until_held();
  HttpClient newcomer(port);
  CHECK_THAT(newcomer.ask(get("/a")), StartsWith("HTTP/1.1 200 "));
  CHECK(slow.is_closed());
  port.let_go();
  CHECK_THAT(busy.head(), StartsWith("HTTP/1.1 200 "));
}

TEST_CASE("an answer that comes when nobody waits for it any more is dropped") {
  RunningPort port({.answering = 100ms});
  {
    HttpClient gone(port);
    gone.send(get("/held"));
    port.wait_until_held();
    CHECK(gone.is_closed());
  }
  port.let_go();
  CHECK_THAT(HttpClient(port).ask(get("/a")), StartsWith("HTTP/1.1 200 "));
}

}  // namespace pawl::server::http
