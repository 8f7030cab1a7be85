// SPDX-License-Identifier: Apache-2.0
//
// One connection to one server: looked up, connected, lines out and lines in, until one side closes
// it. It is not used again. Its calls come from the io_context's thread, never from within open(),
// send() or close(), and none after close().
#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/system/error_code.hpp>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "client/address_book.hpp"
#include "client/lookup.hpp"
#include "client/server_address.hpp"

namespace pawl::client {

class Link : public std::enable_shared_from_this<Link> {
 public:
  struct Calls {
    std::function<void()> up;
    std::function<void(std::string_view)> line;           // without its LF
    std::function<void(boost::system::error_code)> down;  // once, up or not
  };

  // A longer reply is none that this client asked for.
  static constexpr std::size_t longest_line = std::size_t{16} << 20;

  Link(boost::asio::io_context& context, Calls calls);

  // A name may stand for several endpoints: they are tried in turn, from the `first` on.
  void open(AddressBook& book, const ServerAddress& server, std::size_t first);
  void send(std::string_view line);  // adds the LF
  void close();

 private:
  using Tcp = boost::asio::ip::tcp;

  void connect();
  void connected(boost::system::error_code error);
  void read();
  void take_lines();
  void write();
  void fail(boost::system::error_code error);

  Calls calls_;
  Tcp::socket socket_;
  Endpoints endpoints_;
  std::size_t first_ = 0;
  std::size_t tried_ = 0;
  std::string input_;
  std::string output_;  // behind what is being written
  std::string writing_;
  bool closed_ = false;
};

}  // namespace pawl::client
