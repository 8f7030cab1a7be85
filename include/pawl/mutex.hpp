// SPDX-License-Identifier: Apache-2.0
//
// Locks of pawl for programs that block, in the shapes of the standard library:
//
//   pawl::Connection connection({.servers = "10.0.0.1:7295,10.0.0.2:7295,10.0.0.3:7295"});
//   pawl::Mutex mutex(connection, "jobs/nightly");
//   std::unique_lock lock(mutex, 10s);
//   if (lock) write(…, mutex.token());                     // the resource refuses a lesser one
//
// A lock can be lost while a std::unique_lock believes in it: give token() to the resource, and
// look at lost() or valid_for() in between. What cannot be locked, because no server can be reached
// for example, throws boost::system::system_error with a code of <pawl/error_code.hpp>.
//
// Threads: every function may be called from any thread, but for constructors and destructors. A
// Mutex excludes the threads of this process as it does those of others: each lock() is another
// contender. As with a std::mutex, a hold is its thread's, which unlocks it; not reentrant. Not
// over fork(): a child makes its own Connection.
#pragma once

#include <chrono>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <stop_token>
#include <string>
#include <thread>
#include <utility>

#include "pawl/client.hpp"
#include "pawl/lease.hpp"
#include "pawl/types.hpp"

namespace pawl {

// A Client with a thread of its own. It outlives its mutexes; what they hold is given back with it.
class Connection {
 public:
  explicit Connection(ClientOptions options = {});
  ~Connection();  // stop(), and waits for it: up to ClientOptions::timeout
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  // As Client::async_lock; what was said along with an error stands in what() of the
  // system_error. `stop` ends the wait, with operation_aborted.
  [[nodiscard]] Lease lock(LockNames names, LockOptions options = {}, std::stop_token stop = {});
  // Nothing where others hold it, now (BUSY) or for the whole of `options.wait` (TIMEOUT).
  [[nodiscard]] std::optional<Lease> try_lock(LockNames names, LockOptions options,
                                              std::stop_token stop = {});

  // For what it offers beside this; its handlers run in the thread of this connection.
  [[nodiscard]] Client& client();

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

// The longest of a std::try_lock_for that pawl knows: about a century.
inline constexpr Milliseconds longest_wait = std::chrono::hours{1'000'000};

template <class Rep, class Period>
[[nodiscard]] Milliseconds wait_of(const std::chrono::duration<Rep, Period>& span) {
  if (span <= span.zero()) return Milliseconds{0};
  const std::chrono::duration<double> seconds = span;  // which holds any of them
  return seconds >= longest_wait ? longest_wait : std::chrono::ceil<Milliseconds>(span);
}

// Lockable and TimedLockable: std::unique_lock, std::lock_guard, std::scoped_lock. To lock several
// without fear of a deadlock give one Mutex all their names.
class Mutex {
 public:
  // `options.wait` is not looked at: lock() waits for ever.
  Mutex(Connection& connection, LockNames names, LockOptions options = {});
  Mutex(const Mutex&) = delete;
  Mutex& operator=(const Mutex&) = delete;

  void lock(std::stop_token stop = {}) { acquire(false, std::move(stop)); }
  [[nodiscard]] bool try_lock() { return try_acquire(false, Milliseconds{0}); }
  template <class Rep, class Period>
  [[nodiscard]] bool try_lock_for(const std::chrono::duration<Rep, Period>& span) {
    return try_acquire(false, wait_of(span));
  }
  template <class Clock, class Duration>
  [[nodiscard]] bool try_lock_until(const std::chrono::time_point<Clock, Duration>& end) {
    return try_acquire(false, wait_of(end - Clock::now()));
  }
  // Does not wait for the answer: a later request of this connection finds it unlocked.
  void unlock() noexcept;

  // Of what the calling thread holds, as of a Lease; token 0, `released` and zero if it does not.
  [[nodiscard]] Token token() const;
  [[nodiscard]] LeaseState state() const;
  [[nodiscard]] std::chrono::nanoseconds valid_for() const;
  [[nodiscard]] std::stop_token lost() const;

 protected:
  void acquire(bool shared, std::stop_token stop);
  [[nodiscard]] bool try_acquire(bool shared, Milliseconds wait);

 private:
  void hold(Lease lease);
  template <class Read>
  auto read(Read read) const;

  Connection& connection_;
  LockNames names_;
  LockOptions options_;
  mutable std::mutex mutex_;
  std::map<std::thread::id, Lease> leases_;
};

// A Mutex that also is SharedTimedLockable: std::shared_lock.
class SharedMutex : public Mutex {
 public:
  using Mutex::Mutex;

  void lock_shared(std::stop_token stop = {}) { acquire(true, std::move(stop)); }
  [[nodiscard]] bool try_lock_shared() { return try_acquire(true, Milliseconds{0}); }
  template <class Rep, class Period>
  [[nodiscard]] bool try_lock_shared_for(const std::chrono::duration<Rep, Period>& span) {
    return try_acquire(true, wait_of(span));
  }
  template <class Clock, class Duration>
  [[nodiscard]] bool try_lock_shared_until(const std::chrono::time_point<Clock, Duration>& end) {
    return try_acquire(true, wait_of(end - Clock::now()));
  }
  void unlock_shared() noexcept { unlock(); }
};

}  // namespace pawl
