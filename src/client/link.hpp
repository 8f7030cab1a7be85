// SPDX-License-Identifier: Apache-2.0
//
// One connection to one server: looked up, connected, encrypted and authenticated as Access says,
// then lines out and lines in, until one side closes it. Nothing is sent before the server has
// agreed to who asks. It is not used again. Its calls come from the io_context's thread, never from
// within open(), send() or close(), and none after close().
#pragma once

#include <array>
#include <boost/asio/io_context.hpp>
#include <boost/system/error_code.hpp>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "client/access.hpp"
#include "client/address_book.hpp"
#include "client/lookup.hpp"
#include "client/reply_line.hpp"
#include "client/server_address.hpp"
#include "client/stream.hpp"

namespace pawl::client {

class Link : public std::enable_shared_from_this<Link> {
 public:
  struct End {
    std::string why;                  // for a person
    std::optional<ReplyLine> denial;  // of who asks: no server is to be asked again
  };
  struct Calls {
    std::function<void()> up;
    std::function<void(std::string_view)> line;  // without its LF
    std::function<void(const End&)> down;        // once, up or not
    std::function<void()> nearer = {};           // a step on the way to `up` is done
  };

  // A longer reply is none that this client asked for.
  static constexpr std::size_t longest_line = std::size_t{16} << 20;

  Link(boost::asio::io_context& context, Access access, Calls calls);

  // A name may stand for several endpoints: they are tried in turn, from the `first` on.
  void open(AddressBook& book, const ServerAddress& server, std::size_t first);
  void send(std::string_view line);  // adds the LF
  void close();

 private:
  using Tcp = boost::asio::ip::tcp;

  void connect();
  void connected(boost::system::error_code error);
  void secured();
  void take_auth_reply(std::string_view line);
  void come_nearer();
  void read();
  void take_lines(std::size_t searched);
  void write();
  void fail(End end);

  Access access_;
  Calls calls_;
  Stream stream_;
  std::string host_;
  Endpoints endpoints_;
  std::size_t first_ = 0;
  std::size_t tried_ = 0;
  bool authenticating_ = false;  // the next line answers AUTH
  std::array<char, 8192> chunk_{};
  std::string input_;
  std::string output_;  // behind what is being written
  std::string writing_;
  bool closed_ = false;
};

}  // namespace pawl::client
