// SPDX-License-Identifier: Apache-2.0
//
// A timer on CLOCK_BOOTTIME: the time a machine is suspended counts, so what fell due meanwhile is
// due at once when it wakes. One deadline at a time; `due` may also come early, never from within a
// call, and never after the timer is gone.
#pragma once

#include <boost/asio/io_context.hpp>
#include <functional>
#include <memory>

#include "base/moment.hpp"

namespace pawl::client {

class BootTimer {
 public:
  BootTimer(boost::asio::io_context& context, std::function<void()> due);
  ~BootTimer();
  BootTimer(const BootTimer&) = delete;
  BootTimer& operator=(const BootTimer&) = delete;

  void arm(Span after);  // in place of what was armed before
  void disarm();         // the io_context has no work of ours any more

 private:
  class Impl;
  std::shared_ptr<Impl> impl_;
};

}  // namespace pawl::client
