// SPDX-License-Identifier: Apache-2.0
//
// Asks once, over a connection of its own, who holds a lock, or the first that is held of several,
// for a person who waits for it. Whatever goes wrong is no news: then nothing is said.
#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "client/server_address.hpp"

namespace pawl::cli {

class Holders {
 public:
  using Answer = std::function<void(const std::string& text)>;

  Holders(boost::asio::io_context& context, std::vector<client::ServerAddress> servers,
          std::vector<std::string> locks, Answer answer);

 private:
  void try_next();
  void connect(const boost::asio::ip::tcp::resolver::results_type& found);
  void ask();
  void read();

  boost::asio::ip::tcp::resolver resolver_;
  boost::asio::ip::tcp::socket socket_;
  std::vector<client::ServerAddress> servers_;
  std::size_t next_ = 0;
  std::vector<std::string> locks_;
  std::size_t lock_ = 0;  // that is asked about
  std::string line_;
  std::string input_;
  Answer answer_;
};

// Of the answer to SHOW: `held by 127.0.0.1:40112 "nightly backup" for 12.3s, 3 waiting`. Empty: it
// cannot be read.
[[nodiscard]] std::string holders_text(std::string_view json);

}  // namespace pawl::cli
