// SPDX-License-Identifier: Apache-2.0
//
// The bytes of one connection between nodes, in and out, never blocking. The seam for TLS: nothing
// above it knows that this is a plain TCP socket. Waiting is for one readiness at a time in each
// direction.
#pragma once

#include <boost/asio/bind_allocator.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/system/error_code.hpp>
#include <cstddef>
#include <span>
#include <string_view>
#include <utility>

#include "pawl/types.hpp"
#include "server/handler_memory.hpp"

namespace pawl::server {

using Socket =
    boost::asio::basic_stream_socket<boost::asio::ip::tcp, boost::asio::io_context::executor_type>;

// Makes it non-blocking, without delay, kept alive.
void prepare(Socket& socket);

class Transport {
 public:
  explicit Transport(Socket socket);

  // A silent connection is asked after every second, and one whose bytes nobody acknowledges for so
  // long ends.
  void watch_closely(Milliseconds most_unacknowledged);
  [[nodiscard]] Socket::executor_type executor() { return socket_.get_executor(); }

  // End of input is the error eof, "not now" is would_block, both with 0 bytes.
  std::size_t read_some(std::span<char> into, boost::system::error_code& error);
  std::size_t write_some(std::string_view bytes, boost::system::error_code& error);

  // Asio re-arms the edge whenever a wait begins (EPOLL_CTL_MOD looks at the level), so no
  // readiness is lost and one read per wait is enough.
  template <class Handler>
  void wait_readable(HandlerMemory& memory, Handler handler) {
    wait(Socket::wait_read, memory, std::move(handler));
  }
  template <class Handler>
  void wait_writable(HandlerMemory& memory, Handler handler) {
    wait(Socket::wait_write, memory, std::move(handler));
  }

  void close();

 private:
  template <class Handler>
  void wait(Socket::wait_type what, HandlerMemory& memory, Handler handler) {
    socket_.async_wait(
        what, boost::asio::bind_allocator(HandlerAllocator<void>(memory), std::move(handler)));
  }

  Socket socket_;
};

}  // namespace pawl::server
