// SPDX-License-Identifier: Apache-2.0
#include "server/client_socket.hpp"

#include "server/tls/certificate.hpp"

namespace pawl::server {

void ClientSocket::begin_tls(tls::ContextPtr context, std::string_view early) {
  channel_ = std::make_unique<tls::Channel>(std::move(context), tls::Side::called, plain_, early);
}

bool ClientSocket::may_read_records() const {
  if (channel_->wants_output() && !plain_.may_transmit()) return false;
  return channel_->has_more() || plain_.may_receive();
}

std::optional<std::string> ClientSocket::certified_user() const {
  const X509* const certificate = channel_ ? channel_->certificate() : nullptr;
  return certificate == nullptr ? std::nullopt : tls::user_named(certificate);
}

std::string_view ClientSocket::trouble() const {
  return channel_ ? std::string_view(channel_->trouble()) : std::string_view();
}

void ClientSocket::finish_output() {
  if (channel_) channel_->finish();
  plain_.finish_output();
}

void ClientSocket::close() {
  if (channel_) channel_->finish();
  channel_.reset();
  plain_.close();
}

}  // namespace pawl::server
