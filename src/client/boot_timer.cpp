// SPDX-License-Identifier: Apache-2.0
#include "client/boot_timer.hpp"

#include <sys/timerfd.h>

#include <algorithm>
#include <boost/asio/buffer.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <cerrno>
#include <chrono>
#include <cstdint>
#include <system_error>
#include <utility>

namespace pawl::client {
namespace {

int open_timer() {
  const int descriptor = timerfd_create(CLOCK_BOOTTIME, TFD_CLOEXEC | TFD_NONBLOCK);
  if (descriptor < 0) throw std::system_error(errno, std::system_category(), "timerfd_create");
  return descriptor;
}

itimerspec once_after(Span after) {
  const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(after);
  itimerspec spec{};
  spec.it_value.tv_sec = seconds.count();
  spec.it_value.tv_nsec = (after - seconds).count();
  return spec;
}

}  // namespace

class BootTimer::Impl : public std::enable_shared_from_this<Impl> {
 public:
  Impl(boost::asio::io_context& context, std::function<void()> due)
      : timer_(context, open_timer()), due_(std::move(due)) {}

  void arm(Span after) {
    // Zero would disarm it.
    const itimerspec spec = once_after(std::max(after, Span{1}));
    timerfd_settime(timer_.native_handle(), 0, &spec, nullptr);
    armed_ = true;
    wait();
  }

  void disarm() {
    armed_ = false;
    timer_.cancel();
  }

 private:
  void wait() {
    if (std::exchange(waiting_, true)) return;
    timer_.async_read_some(
        boost::asio::buffer(&expirations_, sizeof expirations_),
        [self = shared_from_this()](boost::system::error_code error, std::size_t /*bytes*/) {
          self->waited(error);
        });
  }

  void waited(boost::system::error_code error) {
    waiting_ = false;
    if (!armed_) return;
    // Cancelled, and armed anew since.
    if (error) return wait();
    armed_ = false;
    due_();
  }

  boost::asio::posix::stream_descriptor timer_;
  std::function<void()> due_;
  std::uint64_t expirations_ = 0;
  bool armed_ = false;
  bool waiting_ = false;
};

BootTimer::BootTimer(boost::asio::io_context& context, std::function<void()> due)
    : impl_(std::make_shared<Impl>(context, std::move(due))) {}

BootTimer::~BootTimer() { disarm(); }

void BootTimer::arm(Span after) { impl_->arm(after); }

void BootTimer::disarm() { impl_->disarm(); }

}  // namespace pawl::client
