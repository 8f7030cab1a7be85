// SPDX-License-Identifier: Apache-2.0
#include "server/readiness.hpp"

#include <boost/system/error_code.hpp>
#include <cerrno>
#include <cstdint>
#include <span>
#include <system_error>
#include <utility>

namespace pawl::server {
namespace {

int make_epoll() {
  const int descriptor = ::epoll_create1(EPOLL_CLOEXEC);
  if (descriptor < 0) throw std::system_error(errno, std::system_category(), "epoll_create1");
  return descriptor;
}

std::uint64_t packed(ConnectionId id) { return std::uint64_t{id.generation} << 32 | id.slot; }

ConnectionId unpacked(std::uint64_t data) {
  return {static_cast<std::uint32_t>(data), static_cast<std::uint32_t>(data >> 32)};
}

Readiness::Edge edge_of(const epoll_event& event) {
  const bool broken = (event.events & (EPOLLERR | EPOLLHUP)) != 0;
  const bool end = broken || (event.events & EPOLLRDHUP) != 0;
  return {.id = unpacked(event.data.u64),
          .input = end || (event.events & EPOLLIN) != 0,
          .output = broken || (event.events & EPOLLOUT) != 0,
          .end = end,
          .urgent = (event.events & EPOLLPRI) != 0};
}

}  // namespace

Readiness::Readiness(boost::asio::io_context& context)
    : epoll_(context.get_executor(), make_epoll()) {}

bool Readiness::add(int descriptor, ConnectionId id) {
  epoll_event event{};
  event.events = EPOLLIN | EPOLLPRI | EPOLLOUT | EPOLLRDHUP | EPOLLET;
  event.data.u64 = packed(id);
  return ::epoll_ctl(epoll_.native_handle(), EPOLL_CTL_ADD, descriptor, &event) == 0;
}

void Readiness::fetch() {
  if (next_ != fetched_.size()) return;
  fetched_.clear();
  next_ = 0;
  const int size = static_cast<int>(events_.size());
  const int count = ::epoll_wait(epoll_.native_handle(), events_.data(), size, 0);
  for (int i = 0; i < count; ++i) fetched_.push_back(edge_of(events_[static_cast<std::size_t>(i)]));
  full_ = count == size;
  fetched_.insert(fetched_.end(), again_.begin(), again_.end());
  again_.clear();
}

// Asio looks at the level when a wait begins: what came since the last fetch is announced too.
void Readiness::announce() {
  if (std::exchange(announcing_, true)) return;
  epoll_.async_wait(epoll_.wait_read,
                    [this](const boost::system::error_code&) { announcing_ = false; });
}

}  // namespace pawl::server
