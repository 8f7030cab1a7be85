// SPDX-License-Identifier: Apache-2.0
//
// One blocking connection to a server: lines out, lines in, each wait with an end of its own. What
// goes wrong is thrown as NoAnswer. Signals, where the loop catches them, end a wait.
#pragma once

#include <boost/asio/ip/tcp.hpp>
#include <boost/system/error_code.hpp>
#include <chrono>
#include <cstddef>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>

#include "client/asking/loop.hpp"
#include "client/lookup.hpp"
#include "client/reply_line.hpp"
#include "client/server_address.hpp"

namespace pawl::client {

// Why one server did not answer.
struct NoAnswer : std::runtime_error {
  using std::runtime_error::runtime_error;
};

// No connection, or no reply, in time.
struct Silent : NoAnswer {
  Silent() : NoAnswer("no reply in time") {}
  using NoAnswer::NoAnswer;
};

// What answers is something else, and will be.
struct NoPawld : NoAnswer {
  NoPawld() : NoAnswer("what answers there is no pawld") {}
};

class Connection {
 public:
  // `patience` spans looking the name up and connecting.
  Connection(Loop& loop, const ServerAddress& address, std::chrono::milliseconds patience,
             Resolve resolve = ask_system);
  ~Connection();
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  void send(std::string_view line);  // adds the LF
  // Without its LF. Nothing: patience or a signal ended the wait; another may follow.
  [[nodiscard]] std::optional<std::string> read_line(Patience patience);

 private:
  void connect(const Endpoints& endpoints);
  void close();

  Loop& loop_;
  std::optional<Lookup> lookup_;  // while it is under way
  boost::asio::ip::tcp::socket socket_;
  std::string input_;
  bool done_ = true;  // false: an operation is under way, its handler holds `this`
  boost::system::error_code result_;
  std::size_t line_length_ = 0;
};

// Throws NoPawld: the line is no reply.
[[nodiscard]] ReplyLine reply_in(std::string_view line);

}  // namespace pawl::client
