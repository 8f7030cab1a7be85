// SPDX-License-Identifier: Apache-2.0
//
// The servers a command may ask, as one: the first of the list that answers, and the next ones when
// it goes away or says that another one serves. Only for requests that may be sent again; the one
// whose reply was lost is told by was_repeated().
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "cli/connection.hpp"
#include "cli/failure.hpp"
#include "cli/globals.hpp"
#include "client/reply_line.hpp"
#include "client/request_line.hpp"
#include "client/server_address.hpp"

namespace pawl::cli {

class Server {
 public:
  explicit Server(const Globals& globals);  // throws Failure: the list is none

  // The OK; throws Failure for an ERR, and when no server answers.
  client::ReplyLine ask(const client::RequestLine& request);
  // OK or ERR.
  client::ReplyLine ask_either(const client::RequestLine& request);
  [[nodiscard]] bool was_repeated() const { return was_repeated_; }

  // One attempt: the next of the list, from its start again after its end. Throws Unreachable.
  Connection& connect_next();
  // The connection that stands, or one to the first server that can be reached. Throws Failure.
  Connection& connect();
  void disconnect() { connection_.reset(); }

  [[nodiscard]] std::size_t count() const { return addresses_.size(); }
  [[nodiscard]] std::string name() const;  // host:port of the one connected
  [[nodiscard]] std::chrono::milliseconds timeout() const { return timeout_; }
  [[nodiscard]] Loop& loop() { return loop_; }

 private:
  client::ReplyLine ask_connected(const std::string& line);

  std::vector<client::ServerAddress> addresses_;
  std::chrono::milliseconds timeout_;
  Loop loop_;
  std::unique_ptr<Connection> connection_;
  std::size_t current_ = 0;  // of the addresses
  std::size_t next_ = 0;
  bool was_repeated_ = false;
};

// True if another node of the list may answer otherwise.
[[nodiscard]] bool is_elsewhere(const client::ReplyLine& reply);

// The field that this OK must have. Throws Failure: it makes no sense without.
[[nodiscard]] std::uint64_t number_in(const client::ReplyLine& reply, std::string_view key);

// Throws Unreachable: the line is no reply.
[[nodiscard]] client::ReplyLine parse(std::string_view line);

}  // namespace pawl::cli
