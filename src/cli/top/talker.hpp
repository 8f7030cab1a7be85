// SPDX-License-Identifier: Apache-2.0
//
// One server that is asked again and again, on one connection while that stands and a new one when
// it does not. What goes wrong is told like an answer; that the server does not accept who asks is
// the answer to every request.
#pragma once

#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "client/access.hpp"
#include "client/address_book.hpp"
#include "client/link.hpp"
#include "client/reply_line.hpp"
#include "client/server_address.hpp"

namespace pawl::cli::top {

struct Answers {
  std::vector<client::ReplyLine> replies;  // one a request, unless
  std::string error;                       // there is this
};

class Talker {
 public:
  using Done = std::function<void(Answers)>;

  Talker(boost::asio::io_context& context, client::AddressBook& book, client::ServerAddress server,
         client::Access access);
  ~Talker();
  Talker(const Talker&) = delete;
  Talker& operator=(const Talker&) = delete;

  // Several requests at once, untagged, and none that waits. Not again before `done` was called,
  // which the io_context does.
  void ask(std::vector<std::string> requests, std::chrono::milliseconds patience, Done done);
  [[nodiscard]] const client::ServerAddress& server() const { return server_; }

 private:
  void connect();
  void send();
  void take(std::string_view line);
  void on_down(const client::Link::End& end);
  void lose(std::string why);
  void finish();

  boost::asio::io_context& context_;
  client::AddressBook& book_;
  client::ServerAddress server_;
  client::Access access_;
  boost::asio::steady_timer patience_;
  std::shared_ptr<client::Link> link_;  // null: there is no connection
  bool is_up_ = false;
  std::vector<std::string> requests_;  // still to be sent
  std::size_t wanted_ = 0;             // replies
  std::uint64_t asked_ = 0;            // so many times
  Answers answers_;
  Done done_;  // empty: nothing is asked
};

}  // namespace pawl::cli::top
