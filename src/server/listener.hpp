// SPDX-License-Identifier: Apache-2.0
//
// The door: binds one address and hands over every socket that comes in. Out of file descriptors
// it leaves clients in the kernel's queue for a moment and says so once.
#pragma once

#include <boost/asio/basic_socket_acceptor.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "server/config/values.hpp"
#include "server/log.hpp"
#include "server/start_failure.hpp"
#include "server/transport.hpp"

namespace pawl::server {

class Listener {
 public:
  using Accepted = std::function<void(Socket, const boost::asio::ip::tcp::endpoint&)>;

  // `key`: of the configuration, where the address stands.
  Listener(boost::asio::io_context& context, const Log& log, std::string_view key,
           Accepted accepted);

  // The address really bound: port 0 has become a number. A socket that was handed over stands in
  // for the address.
  [[nodiscard]] Started<std::string> open(const Address& address, std::optional<int> given);
  void close();

 private:
  void bind(const boost::asio::ip::tcp::endpoint& endpoint, boost::system::error_code& error);
  void adopt(int given, boost::system::error_code& error);
  void wait();
  void accept_ready();
  void back_off(const boost::system::error_code& error);

  boost::asio::io_context& context_;
  const Log& log_;
  std::string_view key_;
  Accepted accepted_;
  boost::asio::basic_socket_acceptor<boost::asio::ip::tcp, boost::asio::io_context::executor_type>
      acceptor_;
  boost::asio::steady_timer pause_;
  bool said_ = false;  // that accepting fails; told once until the queue has been emptied
};

// "127.0.0.1:7295", "[::1]:7295"; an IPv4 client of a dual-stack listener as IPv4.
[[nodiscard]] std::string format_endpoint(const boost::asio::ip::tcp::endpoint& endpoint);

}  // namespace pawl::server
