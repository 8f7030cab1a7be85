// SPDX-License-Identifier: Apache-2.0
//
// SIGTERM and SIGINT drain, a second one stops at once; SIGHUP reloads; SIGPIPE is ignored.
#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/signal_set.hpp>
#include <functional>

namespace pawl::server {

class Signals {
 public:
  struct Handlers {
    std::function<void()> drain;
    std::function<void()> stop;
    std::function<void()> reload;
  };

  Signals(boost::asio::io_context& context, Handlers handlers);

 private:
  void wait();
  void on_signal(int number);

  Handlers handlers_;
  boost::asio::signal_set set_;
  bool draining_ = false;
};

}  // namespace pawl::server
