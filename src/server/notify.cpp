// SPDX-License-Identifier: Apache-2.0
#include "server/notify.hpp"

#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#include <cerrno>
#include <charconv>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstring>

namespace pawl::server {
namespace {

using namespace std::chrono_literals;

constexpr Span extend_every = 10s;
constexpr std::string_view extension = "EXTEND_TIMEOUT_USEC=60000000\nSTATUS=reading the log";
constexpr timeval longest_send{.tv_sec = 0, .tv_usec = 50'000};

// 0 for what is no number.
std::int64_t number_of(std::string_view text) {
  std::int64_t number = 0;
  const char* const end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, number);
  return error == std::errc{} && stop == end ? number : 0;
}

// The clock that the service manager compares with, not the one the core lives by.
std::int64_t monotonic_usec() {
  timespec reading{};
  ::clock_gettime(CLOCK_MONOTONIC, &reading);
  const auto since =
      std::chrono::seconds(reading.tv_sec) + std::chrono::nanoseconds(reading.tv_nsec);
  return std::chrono::duration_cast<std::chrono::microseconds>(since).count();
}

}  // namespace

Notify::Notify(const Environment& environment, const Log& log) : log_(log) {
  open(value_of(environment, "NOTIFY_SOCKET"));
  if (socket_ < 0) return;
  const std::string_view process = value_of(environment, "WATCHDOG_PID");
  const std::int64_t usec = number_of(value_of(environment, "WATCHDOG_USEC"));
  if (usec <= 0 || (!process.empty() && number_of(process) != ::getpid())) return;
  alive_every_ = std::chrono::microseconds(usec) / 2;
  next_alive_ = Moment::min();
}

Notify::~Notify() {
  if (socket_ >= 0) ::close(socket_);
}

// A path, or @ and a name that is in no file system.
void Notify::open(std::string_view name) {
  if (name.empty()) return;
  if ((name[0] != '/' && name[0] != '@') || name.size() < 2 ||
      name.size() >= sizeof address_.sun_path) {
    log_.debug("NOTIFY_SOCKET is no address", {{"value", name}});
    return;
  }
  address_.sun_family = AF_UNIX;
  name.copy(address_.sun_path, name.size());
  std::size_t size = offsetof(sockaddr_un, sun_path) + name.size();
  if (name[0] == '@') {
    address_.sun_path[0] = '\0';
  } else {
    ++size;
  }
  address_size_ = static_cast<socklen_t>(size);
  socket_ = ::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  if (socket_ < 0) return;
  ::setsockopt(socket_, SOL_SOCKET, SO_SNDTIMEO, &longest_send, sizeof longest_send);
}

void Notify::tell(std::string_view text) const {
  if (socket_ < 0) return;
  const auto* const to = reinterpret_cast<const sockaddr*>(&address_);
  if (::sendto(socket_, text.data(), text.size(), MSG_NOSIGNAL, to, address_size_) < 0) {
    log_.debug("service manager not told", {{"why", std::strerror(errno)}});
  }
}

void Notify::recovering(Moment now) {
  if (socket_ < 0 || now < next_extension_) return;
  next_extension_ = now + extend_every;
  tell(extension);
}

void Notify::ready(std::string_view status) { tell("READY=1\nSTATUS=" + std::string(status)); }

void Notify::reloading() {
  if (stopping_) return;
  tell("RELOADING=1\nMONOTONIC_USEC=" + std::to_string(monotonic_usec()));
}

void Notify::reloaded() {
  if (!stopping_) tell("READY=1");
}

void Notify::stopping() {
  stopping_ = true;
  tell("STOPPING=1\nSTATUS=draining");
}

void Notify::ticked(Moment now) {
  if (now < next_alive_) return;
  next_alive_ = now + alive_every_;
  tell("WATCHDOG=1");
}

}  // namespace pawl::server
