// SPDX-License-Identifier: Apache-2.0
#include "server/http/port.hpp"

#include <algorithm>
#include <utility>

#include "server/admission.hpp"
#include "server/http/connection.hpp"

namespace pawl::server::http {

Port::Port(boost::asio::io_context& context, const Log& log, Answering answering,
           const Limits& limits)
    : limits_(limits),
      answering_(std::move(answering)),
      listener_(context, log, "listen.http",
                [this](Socket socket, const boost::asio::ip::tcp::endpoint& from) {
                  on_accepted(std::move(socket), plain_address(from.address()).to_string());
                }) {}

Port::~Port() {
  for (const auto& connection : connections_) connection->close();
}

void Port::on_accepted(Socket socket, const std::string& address) {
  if (connections_.size() >= limits_.connections) make_room();
  const auto closed = [this](const Connection* gone) {
    std::erase_if(connections_, [&](const auto& one) { return one.get() == gone; });
  };
  connections_.push_back(
      std::make_shared<Connection>(std::move(socket), address, limits_, answering_, closed));
  const std::shared_ptr<Connection> connection = connections_.back();  // it may end at once
  connection->start(context_ ? context_() : nullptr);
}

// Whoever asks whether pawld lives is answered, however many others read slowly.
void Port::make_room() {
  const auto longest = std::min_element(connections_.begin(), connections_.end(),
                                        [](const auto& one, const auto& other) {
                                          if (one->is_idle() != other->is_idle())
                                            return one->is_idle();
                                          return one->since() < other->since();
                                        });
  (*longest)->close();
  connections_.erase(longest);
}

}  // namespace pawl::server::http
