// SPDX-License-Identifier: Apache-2.0
//
// Whoever connects to a peer port and sends what it likes.
#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/write.hpp>
#include <cstdint>
#include <string>
#include <string_view>

#include "replication/frame.hpp"

namespace pawl::test {

class RawPeer {
 public:
  explicit RawPeer(std::uint16_t port) : socket_(context_) {
    socket_.connect({boost::asio::ip::address_v4::loopback(), port});
    socket_.non_blocking(true);
  }

  // What nobody reads any more is not sent.
  void send(std::string_view bytes) {
    boost::system::error_code gone;
    boost::asio::write(socket_, boost::asio::buffer(bytes.data(), bytes.size()), gone);
  }
  void send_hello(const replication::Hello& hello, std::uint64_t seed) {
    std::string frame;
    replication::write_frame(frame, replication::FrameKind::hello, replication::encode_hello(hello),
                             seed);
    send(frame);
  }

  // Reads what has come; true once the other side has ended the connection.
  [[nodiscard]] bool is_ended() {
    char bytes[4'096];
    while (true) {
      boost::system::error_code error;
      const std::size_t size = socket_.read_some(boost::asio::buffer(bytes), error);
      if (error == boost::asio::error::would_block) return false;
      if (error) return true;
      received_.append(bytes, size);
    }
  }
  [[nodiscard]] const std::string& received() const { return received_; }

 private:
  boost::asio::io_context context_;
  boost::asio::ip::tcp::socket socket_;
  std::string received_;
};

}  // namespace pawl::test
