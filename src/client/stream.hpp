// SPDX-License-Identifier: Apache-2.0
//
// The bytes of one connection, plain or by TLS: the socket is connected first, then secured if it
// is to be. Whoever owns this lives until what was started has come to its end, which closing the
// socket brings about.
#pragma once

#include <boost/asio/buffer.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/system/error_code.hpp>
#include <cstddef>
#include <functional>
#include <memory>
#include <string>

#include "pawl/tls.hpp"

namespace pawl::client {

class Stream {
 public:
  using Done = std::function<void(boost::system::error_code, std::size_t)>;
  using Secured = std::function<void(const std::string& problem)>;  // empty: there is none

  explicit Stream(boost::asio::io_context& context);
  ~Stream();
  Stream(const Stream&) = delete;
  Stream& operator=(const Stream&) = delete;

  [[nodiscard]] boost::asio::ip::tcp::socket& socket() { return socket_; }

  // The handshake, with a server that is found at `host`. `done` is called by the io_context, never
  // from within this.
  void secure(const TlsOptions& options, const std::string& host, Secured done);

  // One of each at a time.
  void read_some(boost::asio::mutable_buffer into, Done done);
  void write(boost::asio::const_buffer all, Done done);
  // Blocks; while a read is under way, too.
  void write_now(boost::asio::const_buffer all, boost::system::error_code& error);

 private:
  struct Tls;

  boost::asio::ip::tcp::socket socket_;
  std::unique_ptr<Tls> tls_;  // null: plain
};

}  // namespace pawl::client
