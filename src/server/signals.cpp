// SPDX-License-Identifier: Apache-2.0
#include "server/signals.hpp"

#include <csignal>
#include <utility>

namespace pawl::server {

Signals::Signals(boost::asio::io_context& context, Handlers handlers)
    : handlers_(std::move(handlers)), set_(context, SIGTERM, SIGINT, SIGHUP) {
  std::signal(SIGPIPE, SIG_IGN);
  wait();
}

void Signals::wait() {
  set_.async_wait([this](const boost::system::error_code& error, int number) {
    if (error) return;
    on_signal(number);
    wait();
  });
}

void Signals::on_signal(int number) {
  if (number == SIGHUP) {
    handlers_.reload();
  } else if (std::exchange(draining_, true)) {
    handlers_.stop();
  } else {
    handlers_.drain();
  }
}

}  // namespace pawl::server
