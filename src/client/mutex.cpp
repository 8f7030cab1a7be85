// SPDX-License-Identifier: Apache-2.0
#include "pawl/mutex.hpp"

#include <utility>

namespace pawl {
namespace {

LockOptions with(LockOptions options, bool shared, std::optional<Milliseconds> wait) {
  options.shared = shared;
  options.wait = wait;
  return options;
}

}  // namespace

Mutex::Mutex(Connection& connection, LockNames names, LockOptions options)
    : connection_(connection), names_(std::move(names)), options_(std::move(options)) {}

void Mutex::acquire(bool shared, std::stop_token stop) {
  hold(connection_.lock(names_, with(options_, shared, std::nullopt), std::move(stop)));
}

bool Mutex::try_acquire(bool shared, Milliseconds wait) {
  auto lease = connection_.try_lock(names_, with(options_, shared, wait));
  if (lease) hold(std::move(*lease));
  return lease.has_value();
}

// Of each thread by itself: who lost its hold and unlocks late must not unlock the next one's.
void Mutex::hold(Lease lease) {
  const std::lock_guard guard(mutex_);
  leases_[std::this_thread::get_id()] = std::move(lease);
}

void Mutex::unlock() noexcept {
  const std::lock_guard guard(mutex_);
  leases_.erase(std::this_thread::get_id());
}

template <class Read>
auto Mutex::read(Read read) const {
  static const Lease none;
  const std::lock_guard guard(mutex_);
  const auto found = leases_.find(std::this_thread::get_id());
  return read(found == leases_.end() ? none : found->second);
}

Token Mutex::token() const {
  return read([](const Lease& lease) { return lease.token(); });
}

LeaseState Mutex::state() const {
  return read([](const Lease& lease) { return lease.state(); });
}

std::chrono::nanoseconds Mutex::valid_for() const {
  return read([](const Lease& lease) { return lease.valid_for(); });
}

std::stop_token Mutex::lost() const {
  return read([](const Lease& lease) { return lease.lost(); });
}

}  // namespace pawl
