// SPDX-License-Identifier: Apache-2.0
//
// A lock that is held: what Client::async_lock and Connection::lock return.
//
// Its law: it is held only until a moment that this process can tell by its own clock, counted from
// the send of the last request that the server answered, less a margin (PROTOCOL.md, "Two ways to
// hold"). At that moment, or as soon as the server says that the lock is gone, lost() is requested
// to stop. Where a process can be stopped between two instructions no client can do more: give
// token() to the resource that the lock protects, and let it refuse a lesser one.
#pragma once

#include <boost/asio/any_completion_handler.hpp>
#include <boost/asio/async_result.hpp>
#include <chrono>
#include <cstdint>
#include <memory>
#include <stop_token>
#include <string>
#include <utility>
#include <vector>

#include "pawl/error_code.hpp"
#include "pawl/types.hpp"

namespace pawl {

enum class LeaseState : std::uint8_t {
  held,      // and the server that is connected says so
  unsure,    // still ours by the clock, but no server confirms it at the moment
  lost,      // was held, and never will be again: ask for another
  released,  // given back
};

// Move-only. Any thread may use it, several at once only its const functions. An empty one, made by
// default or moved from, is `released` and has token 0.
class Lease {
 public:
  Lease() = default;
  ~Lease();  // gives it back, without waiting for the answer
  Lease(Lease&& other) noexcept = default;
  Lease& operator=(Lease&& other) noexcept;  // gives back what it held before

  [[nodiscard]] explicit operator bool() const { return record_ != nullptr; }

  // The fencing token: greater than that of every grant before it, for any lock.
  [[nodiscard]] Token token() const;
  [[nodiscard]] const std::vector<std::string>& names() const;

  [[nodiscard]] LeaseState state() const;
  // How long it is certainly held without another answer of a server; zero: it is not. Reads the
  // clock, which goes on while the machine is suspended.
  [[nodiscard]] std::chrono::nanoseconds valid_for() const;
  // Requested to stop when the lock is lost, not when it is given back. Its callbacks run in the
  // client's thread, which renews: they must be short and must not block.
  [[nodiscard]] std::stop_token lost() const;

  // Gives it back; the lease is empty then. Completes with `void(error_code)` when a server has
  // confirmed it: ClientError::lost if it was lost before. It is asked again, over new connections,
  // for as long as the session lives.
  template <class CompletionToken>
  auto async_unlock(CompletionToken&& token);
  // The same, not waiting for the answer.
  void unlock() noexcept;

 private:
  friend class Client;
  struct Record;
  using Unlocked = boost::asio::any_completion_handler<void(boost::system::error_code)>;

  explicit Lease(std::shared_ptr<Record> record) : record_(std::move(record)) {}
  static void unlock(std::shared_ptr<Record> record, Unlocked handler);

  std::shared_ptr<Record> record_;
};

template <class CompletionToken>
auto Lease::async_unlock(CompletionToken&& token) {
  return boost::asio::async_initiate<CompletionToken, void(boost::system::error_code)>(
      [](auto handler, std::shared_ptr<Record> record) {
        unlock(std::move(record), Unlocked(std::move(handler)));
      },
      token, std::exchange(record_, nullptr));
}

}  // namespace pawl
