// SPDX-License-Identifier: Apache-2.0
//
// A transport as Beast wants to read and write: an AsyncStream, plain or by TLS.
#pragma once

#include <boost/asio/buffer.hpp>
#include <boost/asio/compose.hpp>
#include <boost/asio/error.hpp>
#include <boost/system/error_code.hpp>
#include <cstddef>
#include <span>
#include <string_view>
#include <utility>

#include "server/transport.hpp"

namespace pawl::server::http {

class Stream {
 public:
  using executor_type = Socket::executor_type;

  explicit Stream(Socket socket) : transport_(std::move(socket)) {}

  [[nodiscard]] executor_type get_executor() { return transport_.executor(); }
  [[nodiscard]] Transport& transport() { return transport_; }

  template <class Buffers, class Handler>
  void async_read_some(const Buffers& buffers, Handler&& handler) {
    const boost::asio::mutable_buffer into = first_of<boost::asio::mutable_buffer>(buffers);
    run(Socket::wait_read, std::forward<Handler>(handler),
        [this, into](boost::system::error_code& error) {
          return transport_.read_some({static_cast<char*>(into.data()), into.size()}, error);
        });
  }

  template <class Buffers, class Handler>
  void async_write_some(const Buffers& buffers, Handler&& handler) {
    const boost::asio::const_buffer from = first_of<boost::asio::const_buffer>(buffers);
    run(Socket::wait_write, std::forward<Handler>(handler),
        [this, from](boost::system::error_code& error) {
          return transport_.write_some({static_cast<const char*>(from.data()), from.size()}, error);
        });
  }

 private:
  // Of a sequence, the first buffer that is not empty: `some` may be little.
  template <class Buffer, class Buffers>
  static Buffer first_of(const Buffers& buffers) {
    for (auto at = boost::asio::buffer_sequence_begin(buffers);
         at != boost::asio::buffer_sequence_end(buffers); ++at) {
      if (Buffer(*at).size() != 0) return Buffer(*at);
    }
    return {};
  }

  // Waits, then tries; until it is done.
  template <class Handler, class Try>
  void run(Socket::wait_type what, Handler&& handler, Try attempt) {
    boost::asio::async_compose<Handler, void(boost::system::error_code, std::size_t)>(
        [this, what, attempt, is_begun = false](auto& self,
                                                boost::system::error_code error = {}) mutable {
          std::size_t size = 0;
          const bool is_due = std::exchange(is_begun, true) && !error;
          if (is_due) size = attempt(error);
          const bool is_later = !error || error == boost::asio::error::would_block;
          if (is_due ? error != boost::asio::error::would_block : !is_later) {
            return self.complete(error, size);
          }
          transport_.wait(what, std::move(self));
        },
        handler, get_executor());
  }

  Transport transport_;
};

}  // namespace pawl::server::http
