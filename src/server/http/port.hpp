// SPDX-License-Identifier: Apache-2.0
//
// The HTTP port: its door and the connections within. Runs on the loop of its owner.
#pragma once

#include <boost/asio/io_context.hpp>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "server/config/values.hpp"
#include "server/http/answer.hpp"
#include "server/http/limits.hpp"
#include "server/listener.hpp"
#include "server/log.hpp"
#include "server/start_failure.hpp"
#include "server/tls/context.hpp"

namespace pawl::server::http {

class Connection;

class Port {
 public:
  Port(boost::asio::io_context& context, const Log& log, Answering answering,
       const Limits& limits = {});
  ~Port();
  Port(const Port&) = delete;
  Port& operator=(const Port&) = delete;

  // By TLS, with what `context` gives for a new connection; null: plain.
  void secure(std::function<tls::ContextPtr()> context) { context_ = std::move(context); }

  // The address really bound; `given`: a socket in its place.
  [[nodiscard]] Started<std::string> open(const Address& address, std::optional<int> given = {}) {
    return listener_.open(address, given);
  }

 private:
  void on_accepted(Socket socket, const std::string& address);
  // Ends the one that is idle longest, or else at work longest.
  void make_room();

  Limits limits_;
  Answering answering_;
  std::function<tls::ContextPtr()> context_;
  Listener listener_;
  std::vector<std::shared_ptr<Connection>> connections_;
};

}  // namespace pawl::server::http
