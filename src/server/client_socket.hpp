// SPDX-License-Identifier: Apache-2.0
//
// The bytes of one client, in and out, never blocking, and what is known of its readiness. The seam
// for TLS: nothing above it knows that this is a plain TCP socket.
#pragma once

#include <boost/system/error_code.hpp>
#include <cstddef>
#include <span>
#include <string_view>

#include "server/readiness.hpp"
#include "server/transport.hpp"

namespace pawl::server {

class ClientSocket {
 public:
  // A socket just accepted, taken from Asio: made non-blocking, without delay, kept alive.
  explicit ClientSocket(Socket socket);
  ClientSocket(const ClientSocket&) = delete;
  ClientSocket& operator=(const ClientSocket&) = delete;
  ~ClientSocket() { close(); }

  [[nodiscard]] int descriptor() const { return descriptor_; }

  // End of input is the error eof, "not now" is would_block, both with 0 bytes.
  std::size_t read_some(std::span<char> into, boost::system::error_code& error);
  std::size_t write_some(std::string_view bytes, boost::system::error_code& error);

  void note(const Readiness::Edge& edge);
  // False: the next edge will say when to try again.
  [[nodiscard]] bool may_read() const { return may_read_; }
  [[nodiscard]] bool may_write() const { return may_write_; }

  // The peer has closed its side, though what it sent before may not have been read yet.
  [[nodiscard]] bool peer_finished();

  void finish_output();
  void close();

 private:
  int descriptor_ = -1;
  bool may_read_ = false;
  bool may_write_ = true;
  bool ended_ = false;   // by the peer: no edge will come any more
  bool urgent_ = false;  // some of what came was: a short read says nothing
};

}  // namespace pawl::server
