// SPDX-License-Identifier: Apache-2.0
//
// The bytes of one client's TCP connection, in and out, never blocking, and what is known of its
// readiness: edges are told once, and kept in mind.
#pragma once

#include <boost/system/error_code.hpp>
#include <cstddef>
#include <span>
#include <string_view>

#include "server/readiness.hpp"
#include "server/tls/channel.hpp"
#include "server/transport.hpp"

namespace pawl::server {

class PlainSocket final : public tls::Carrier {
 public:
  // A socket just accepted, taken from Asio: made non-blocking, without delay, kept alive.
  explicit PlainSocket(Socket socket);
  PlainSocket(const PlainSocket&) = delete;
  PlainSocket& operator=(const PlainSocket&) = delete;
  ~PlainSocket() override { close(); }

  [[nodiscard]] int descriptor() const { return descriptor_; }

  std::size_t receive(std::span<char> into, boost::system::error_code& error) override;
  std::size_t transmit(std::string_view bytes, boost::system::error_code& error) override;

  void note(const Readiness::Edge& edge);
  // False: the next edge will say when to try again.
  [[nodiscard]] bool may_receive() const override { return may_receive_; }
  [[nodiscard]] bool may_transmit() const { return may_transmit_; }

  // The peer has closed its side, though what it sent before may not have been read yet.
  [[nodiscard]] bool peer_finished() const;

  void finish_output();
  void close();

 private:
  int descriptor_ = -1;
  bool may_receive_ = false;
  bool may_transmit_ = true;
  bool ended_ = false;   // by the peer: no edge will come any more
  bool urgent_ = false;  // some of what came was: a short read says nothing
};

}  // namespace pawl::server
