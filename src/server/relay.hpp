// SPDX-License-Identifier: Apache-2.0
//
// A Redis client's connection to the primary by way of this node: bytes there and back, unread. For
// clients that cannot follow READONLY. It reaches the primary once; whatever ends it ends the
// client's connection, which then begins anew.
#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "client/address_book.hpp"
#include "server/config/values.hpp"
#include "server/transport.hpp"

namespace pawl::server {

// What a relay says first, so that it is relayed no further: two nodes may each take the other for
// the primary.
inline constexpr std::string_view relay_mark = "*1\r\n$7\r\nRELAYED\r\n";

class Relay : public std::enable_shared_from_this<Relay> {
 public:
  struct Owner {
    std::function<void(std::string_view bytes)> heard;
    std::function<void()> ended;
  };

  Relay(boost::asio::io_context& context, const Address& primary, Owner owner);

  void start();
  void send(std::string_view bytes);
  // What the primary has not taken yet.
  [[nodiscard]] std::size_t unsent() const { return queued_.size() + sending_.size(); }
  // The primary is heard no more until it goes on: what it says would be kept for a client that
  // does not read.
  void hold() { held_ = true; }
  [[nodiscard]] bool is_held() const { return held_; }
  void go_on();
  // Calls nobody any more.
  void close();

 private:
  void connect(const client::Endpoints& endpoints);
  void listen();
  void hear();
  [[nodiscard]] bool is_taken(std::string_view& bytes);
  void pass_on_refusal();
  void write();
  void end();

  client::AddressBook addresses_;
  client::ServerAddress primary_;
  Owner owner_;
  boost::asio::steady_timer patience_;
  Socket socket_;
  std::string queued_{relay_mark};
  std::string sending_;
  std::string answer_;  // to the mark, as far as it came
  bool taken_ = false;  // the answer is that of a primary that takes it
  bool connected_ = false;
  bool held_ = false;
  bool closed_ = false;
};

}  // namespace pawl::server
