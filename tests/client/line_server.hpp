// SPDX-License-Identifier: Apache-2.0
//
// A server that a test scripts: it accepts on a free port of loopback, and `answer` says what it
// replies to each line. It runs on the test's io_context, between the client's own handlers.
#pragma once

#include <boost/asio/buffer.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/read_until.hpp>
#include <boost/asio/write.hpp>
#include <catch2/catch.hpp>
#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "client/server_address.hpp"
#include "pawl/types.hpp"

namespace pawl::client {

// Runs what is ready until `done`; a deadline fails the test.
template <class Done>
void run_until(boost::asio::io_context& context, Done done) {
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds{20};
  context.restart();
  while (!done()) {
    REQUIRE(std::chrono::steady_clock::now() < deadline);
    context.run_one_for(std::chrono::milliseconds{50});
    if (context.stopped()) context.restart();
  }
}

class LineServer {
  using Tcp = boost::asio::ip::tcp;
  struct Connection {
    explicit Connection(Tcp::socket accepted) : socket(std::move(accepted)) {}
    Tcp::socket socket;
    std::string input;
    std::string output;
  };

 public:
  // What to reply, LF included where a line is to end; empty: nothing.
  using Answer = std::function<std::string(const std::string& line)>;

  LineServer(boost::asio::io_context& context, Answer answer)
      : acceptor_(context, Tcp::endpoint{boost::asio::ip::address_v4::loopback(), 0}),
        answer_(std::move(answer)) {
    accept();
  }
  ~LineServer() {
    boost::system::error_code ignored;
    acceptor_.close(ignored);
    break_connections();
  }
  LineServer(const LineServer&) = delete;
  LineServer& operator=(const LineServer&) = delete;

  [[nodiscard]] ServerAddress address() const {
    return {"127.0.0.1", std::to_string(acceptor_.local_endpoint().port())};
  }
  void script(Answer answer) { answer_ = std::move(answer); }
  void break_connections() {
    for (const auto& connection : connections_) {
      boost::system::error_code ignored;
      connection->socket.close(ignored);
    }
    connections_.clear();
  }
  // From now on a connection is closed as soon as it stands.
  void refuse() { refuses_ = true; }

  std::vector<std::string> lines;  // all that came
  int accepted = 0;

  [[nodiscard]] std::size_t count(std::string_view words) const {
    std::size_t found = 0;
    for (const std::string& line : lines) found += line.find(words) != line.npos ? 1U : 0U;
    return found;
  }

 private:
  void accept() {
    acceptor_.async_accept([this](boost::system::error_code error, Tcp::socket socket) {
      if (error) return;
      ++accepted;
      if (!refuses_) {
        connections_.push_back(std::make_shared<Connection>(std::move(socket)));
        read(connections_.back());
      }
      accept();
    });
  }
  void read(const std::shared_ptr<Connection>& from) {
    boost::asio::async_read_until(
        from->socket, boost::asio::dynamic_buffer(from->input), '\n',
        [this, from](boost::system::error_code error, std::size_t length) {
          if (error || !from->socket.is_open()) return;
          lines.push_back(from->input.substr(0, length - 1));
          from->input.erase(0, length);
          write(from, answer_(lines.back()));
        });
  }
  // The next line is read once this is written: a client of this thread can read it meanwhile.
  void write(const std::shared_ptr<Connection>& to, std::string reply) {
    if (!to->socket.is_open()) return;
    to->output = std::move(reply);
    boost::asio::async_write(to->socket, boost::asio::buffer(to->output),
                             [this, to](boost::system::error_code error, std::size_t) {
                               if (!error && to->socket.is_open()) read(to);
                             });
  }

  Tcp::acceptor acceptor_;
  Answer answer_;
  std::vector<std::shared_ptr<Connection>> connections_;
  bool refuses_ = false;
};

// "#t1 LOCK a …" → the tag with its blank; empty for an untagged line.
inline std::string tag_of(const std::string& line) {
  return line.starts_with('#') ? line.substr(0, line.find(' ') + 1) : "";
}

// A server of one session, whose locks are free.
inline LineServer::Answer granting(Milliseconds ttl, std::uint64_t token = 42) {
  return [ttl, token](const std::string& line) {
    const auto asks = [&line](const char* verb) { return line.find(verb) != line.npos; };
    const std::string lease = " ttl=" + std::to_string(ttl.count());
    std::string reply = tag_of(line) + "OK";
    if (asks(" OPEN ") || asks(" RESUME ")) reply += " session=x handle=s1" + lease;
    if (asks(" LOCK ")) reply += " token=" + std::to_string(token) + lease;
    if (asks(" KEEPALIVE") || asks(" VERIFY ")) reply += lease;
    if (asks(" CANCEL ")) reply += " cancelled=yes";
    return reply + "\n";
  };
}

}  // namespace pawl::client
