// SPDX-License-Identifier: Apache-2.0
//
// Reaches for one peer until it is there: the name may not resolve yet, the port refuse. Tries one
// of the name's addresses at a time, at once or after a pause that grows, with jitter. Never
// blocks. Calls nobody after its end, which must not come while its io_context runs on.
#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <cstddef>
#include <functional>
#include <optional>
#include <random>
#include <string>

#include "client/address_book.hpp"
#include "server/config/values.hpp"
#include "server/transport.hpp"

namespace pawl::server {

struct DialTiming {
  Milliseconds attempt{1'000};
  Milliseconds shortest_pause{50};
  Milliseconds longest_pause{500};
};

class PeerDialer {
 public:
  using Reached = std::function<void(Socket)>;
  using Failed = std::function<void(const std::string& reason)>;

  PeerDialer(boost::asio::io_context& context, client::Resolve resolve, Address address,
             DialTiming timing, std::uint32_t seed, Reached reached, Failed failed);

  void dial();
  void dial_later();
  // What was reached is whom we looked for: the next pause is a short one again.
  void settle() { pause_ = timing_.shortest_pause; }
  void stop();

 private:
  void find();
  void connect(const client::Endpoints& endpoints);
  void on_connected(const boost::system::error_code& error);
  void fail(const std::string& reason);

  boost::asio::io_context& context_;
  client::AddressBook addresses_;
  client::ServerAddress address_;
  DialTiming timing_;
  std::minstd_rand jitter_;
  Reached reached_;
  Failed failed_;

  boost::asio::steady_timer pause_timer_;
  boost::asio::steady_timer attempt_timer_;
  std::optional<Socket> socket_;  // of the attempt under way
  std::size_t attempts_ = 0;      // failed since; says which of several addresses is next
  Milliseconds pause_;
  bool stopped_ = false;
};

}  // namespace pawl::server
