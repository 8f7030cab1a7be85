// SPDX-License-Identifier: Apache-2.0
//
// One blocking connection to a server: a line out, a line in. Whatever goes wrong is thrown as
// Unreachable; main turns that into exit code 69.
#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/system/error_code.hpp>
#include <chrono>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>

#include "client/server_address.hpp"

namespace pawl::cli {

struct Unreachable : std::runtime_error {
  using std::runtime_error::runtime_error;
};

class Connection {
 public:
  // `patience` spans looking the name up and connecting.
  Connection(const client::ServerAddress& address, std::chrono::milliseconds patience);

  // Sends the line with its LF. Without a patience it waits for the reply as long as it takes.
  [[nodiscard]] std::string ask(std::string_view line,
                                std::optional<std::chrono::milliseconds> patience);

 private:
  boost::system::error_code run(const boost::system::error_code& result,
                                std::optional<std::chrono::milliseconds> patience);

  boost::asio::io_context context_;
  boost::asio::ip::tcp::socket socket_{context_};
  std::string input_;
};

}  // namespace pawl::cli
