// SPDX-License-Identifier: Apache-2.0
//
// The bytes of one client, in and out, never blocking, plain or by TLS: nothing above it sees the
// difference, but that a handshake has to be done first. Plain costs a branch.
#pragma once

#include <boost/system/error_code.hpp>
#include <cstddef>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include "server/plain_socket.hpp"
#include "server/readiness.hpp"
#include "server/tls/channel.hpp"

namespace pawl::server {

class ClientSocket {
 public:
  explicit ClientSocket(Socket socket) : plain_(std::move(socket)) {}
  ~ClientSocket() { close(); }
  ClientSocket(const ClientSocket&) = delete;
  ClientSocket& operator=(const ClientSocket&) = delete;

  [[nodiscard]] int descriptor() const { return plain_.descriptor(); }

  // End of input is the error eof, "not now" is would_block, both with 0 bytes.
  std::size_t read_some(std::span<char> into, boost::system::error_code& error) {
    return channel_ ? channel_->read_some(into, error) : plain_.receive(into, error);
  }
  std::size_t write_some(std::string_view bytes, boost::system::error_code& error) {
    return channel_ ? channel_->write_some(bytes, error) : plain_.transmit(bytes, error);
  }

  void note(const Readiness::Edge& edge) { plain_.note(edge); }
  // False: the next edge will say when to try again.
  [[nodiscard]] bool may_read() const {
    return channel_ ? may_read_records() : plain_.may_receive();
  }
  [[nodiscard]] bool may_write() const { return plain_.may_transmit(); }
  [[nodiscard]] bool peer_finished() const { return plain_.peer_finished(); }

  void finish_output();
  void close();

  // From here on it is TLS; `early` was read before that was known.
  void begin_tls(tls::ContextPtr context, std::string_view early);
  [[nodiscard]] bool is_tls() const { return channel_ != nullptr; }
  [[nodiscard]] bool is_handshaking() const { return channel_ && !channel_->is_ready(); }
  // What the client wants to begin with is known, and it was told what it needs to go on.
  [[nodiscard]] bool has_answered_hello() const { return channel_ && channel_->has_begun(); }
  // A step of it; true: it is done.
  [[nodiscard]] bool shake_hands(boost::system::error_code& error) {
    return channel_->shake_hands(error);
  }
  // Neither before nor behind a record of TLS, but within one.
  [[nodiscard]] bool is_midway() const { return channel_ && channel_->is_midway(); }
  // Whom its certificate names.
  [[nodiscard]] std::optional<std::string> certified_user() const;
  // What went wrong with TLS, in words.
  [[nodiscard]] std::string_view trouble() const;

 private:
  [[nodiscard]] bool may_read_records() const;

  PlainSocket plain_;
  std::unique_ptr<tls::Channel> channel_;  // none: plain
};

}  // namespace pawl::server
