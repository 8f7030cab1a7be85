// SPDX-License-Identifier: Apache-2.0
//
// The bytes of one connection that Asio waits for, between nodes or of HTTP, in and out, never
// blocking, plain or by TLS. Waiting is for one readiness at a time in each direction.
#pragma once

#include <boost/asio/bind_allocator.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/system/error_code.hpp>
#include <cstddef>
#include <memory>
#include <span>
#include <string_view>
#include <utility>

#include "pawl/types.hpp"
#include "server/handler_memory.hpp"
#include "server/tls/channel.hpp"

namespace pawl::server {

using Socket =
    boost::asio::basic_stream_socket<boost::asio::ip::tcp, boost::asio::io_context::executor_type>;

// Makes it non-blocking, without delay, kept alive.
void prepare(Socket& socket);

class Transport final : private tls::Carrier {
 public:
  explicit Transport(Socket socket);
  Transport(const Transport&) = delete;
  Transport& operator=(const Transport&) = delete;
  ~Transport() override = default;

  // A silent connection is asked after every second, and one whose bytes nobody acknowledges for so
  // long ends.
  void watch_closely(Milliseconds most_unacknowledged);
  [[nodiscard]] Socket::executor_type executor() { return socket_.get_executor(); }
  [[nodiscard]] bool is_open() const { return socket_.is_open(); }

  // Nothing has been read or written; afterwards nothing can be before hands are shaken.
  void begin_tls(tls::ContextPtr context, tls::Side side);
  [[nodiscard]] bool is_handshaking() const { return channel_ && !channel_->is_ready(); }
  // A step of it; true: it is done. "Not now" is would_block, and wants_output() for what to wait.
  [[nodiscard]] bool shake_hands(boost::system::error_code& error);
  [[nodiscard]] bool wants_output() const { return channel_ && channel_->wants_output(); }
  [[nodiscard]] bool is_tls() const { return channel_ != nullptr; }
  // The other side's, verified; null: none, or plain.
  [[nodiscard]] const X509* certificate() const;
  // What went wrong with TLS, in words.
  [[nodiscard]] std::string_view trouble() const;

  // End of input is the error eof, "not now" is would_block, both with 0 bytes.
  std::size_t read_some(std::span<char> into, boost::system::error_code& error);
  std::size_t write_some(std::string_view bytes, boost::system::error_code& error);
  // To who does not speak TLS, though it should.
  void write_plain(std::string_view bytes);

  // Asio re-arms the edge whenever a wait begins (EPOLL_CTL_MOD looks at the level), so no
  // readiness is lost and one read per wait is enough; but with TLS there may be more inside than
  // there was room for, for which nothing would wake anybody.
  [[nodiscard]] bool has_more() const { return channel_ && channel_->has_more(); }
  template <class Handler>
  void wait_readable(HandlerMemory& memory, Handler handler) {
    wait(Socket::wait_read,
         boost::asio::bind_allocator(HandlerAllocator<void>(memory), std::move(handler)));
  }
  template <class Handler>
  void wait_writable(HandlerMemory& memory, Handler handler) {
    wait(Socket::wait_write,
         boost::asio::bind_allocator(HandlerAllocator<void>(memory), std::move(handler)));
  }
  template <class Handler>
  void wait(Socket::wait_type what, Handler handler) {
    if (what == Socket::wait_read && has_more()) {
      boost::asio::post(executor(), [handler = std::move(handler)]() mutable {
        handler(boost::system::error_code());
      });
    } else {
      socket_.async_wait(what, std::move(handler));
    }
  }

  void finish_output();
  void close();

 private:
  std::size_t receive(std::span<char> into, boost::system::error_code& error) override;
  std::size_t transmit(std::string_view bytes, boost::system::error_code& error) override;
  [[nodiscard]] bool may_receive() const override { return !is_drained_; }

  Socket socket_;
  std::unique_ptr<tls::Channel> channel_;  // none: plain
  bool is_drained_ = false;                // by the last receive()
};

}  // namespace pawl::server
