// SPDX-License-Identifier: Apache-2.0
//
// Locks of pawl for programs on Boost.Asio. Start here; programs without an io_context of their own
// take <pawl/mutex.hpp>.
//
//   pawl::Client client(context, {.servers = "10.0.0.1:7295,10.0.0.2:7295,10.0.0.3:7295"});
//   client.async_run(asio::detached);
//   const pawl::LockOptions patient{.wait = 10s};
//   pawl::Lease lease = co_await client.async_lock("jobs/nightly", patient, use_awaitable);
//   co_await write(…, lease.token());                      // the resource refuses a lesser one
//   co_await lease.async_unlock(use_awaitable);
//
// A client has one connection and one session, which holds all it locks and is renewed as one. It
// follows the primary and resumes the session over new connections. When the session is over what
// it held is lost; what waits goes on waiting in a new one.
//
// Threads: one thread runs the io_context. Every function here may be called from any thread, but
// for the destructor, which is called from that one, or when nobody runs the io_context any more.
#pragma once

#include <boost/asio/any_completion_handler.hpp>
#include <boost/asio/async_result.hpp>
#include <boost/asio/io_context.hpp>
#include <chrono>
#include <cstdint>
#include <functional>
#include <initializer_list>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "pawl/error_code.hpp"
#include "pawl/lease.hpp"
#include "pawl/tls.hpp"
#include "pawl/types.hpp"

namespace pawl {

struct ClientOptions {
  // host:port of each, with commas between them; whoever is primary is found.
  std::string servers = "127.0.0.1:7295";
  // How long the session, and with it all locks, lives on unheard.
  Milliseconds ttl = std::chrono::seconds{10};
  // Shown to people who look at the server; up to 255 bytes.
  std::string name = {};
  // To reach a server at all, and for the end of the session to be answered.
  Milliseconds timeout = std::chrono::seconds{5};
  // A wait that would never end fails with ErrorCode::deadlock. The session counts as one line of
  // work: not for a client that several threads or coroutines share.
  bool deadlock = false;
  // Called by the io_context each time an answer has made what is held last longer: what
  // valid_for() of its leases says. To be short.
  std::function<void()> renewed = {};
  // Who asks, where the servers want to know: without a user nobody is named, unless the
  // certificate of `tls` does. The secret is sent as it is: beyond one's own machine, not without
  // `tls`.
  std::string user = {};
  std::string secret = {};
  // Encrypts all connections, to verified servers only; none: plain.
  std::optional<TlsOptions> tls = std::nullopt;
};

struct LockOptions {
  // None: for ever; 0: tried once. ErrorCode::timeout, or busy, when it is over.
  std::optional<Milliseconds> wait = std::nullopt;
  bool shared = false;       // any number of readers, and no writer beside them
  std::uint32_t slots = 0;   // 1 to 65535: so many may hold it; all name the same number
  Milliseconds delay{0};     // nobody is granted it for so long after it was lost, not given back
  Milliseconds max_hold{0};  // taken back after so long, however long the session lives; 0: never
  std::string note = {};     // shown to others; up to 1024 bytes
};

// One name, or several that are locked as one: "a", {"a", "b"}.
struct LockNames {
  LockNames(const char* name) : names{name} {}                        // NOLINT(*-explicit-*)
  LockNames(std::string name) : names{std::move(name)} {}             // NOLINT(*-explicit-*)
  LockNames(std::vector<std::string> all) : names(std::move(all)) {}  // NOLINT(*-explicit-*)
  LockNames(std::initializer_list<std::string> all) : names(all) {}

  std::vector<std::string> names;
};

class Client {
 public:
  // Connects to nobody yet. Throws std::invalid_argument where `servers` are no addresses, `name`
  // is no text, `user` and `secret` are not both a word or both empty, or a file of `tls` is not
  // what it should be.
  explicit Client(boost::asio::io_context& context, ClientOptions options = {});
  // Closes the connection and gives nothing back: stop() does. What is pending is aborted, what is
  // held is lost.
  ~Client();
  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;

  // Connects, renews, resumes and follows the primary, until stop() or its own cancellation; to be
  // called once. `void(error_code)`: none after stop(), or unreachable if no server confirmed it;
  // operation_aborted after a cancellation (then nothing was given back); or why no session is to
  // be had, such as bad_request for its ttl, unauthenticated for its user, who must not be: all
  // that is held is lost then, all that waits ends with the same. A server that is away is no
  // error: it goes on.
  template <class CompletionToken>
  auto async_run(CompletionToken&& token);

  // Waits its turn: `void(error_code, Lease)`. Of several names it holds all or none, with one
  // token. Cancelled, it completes with operation_aborted when what it asked for is withdrawn, or
  // after a second; a grant that was on its way is given back. Unreachable: no server answered
  // within `timeout` and none ever had, or none answered for the whole wait.
  template <class CompletionToken>
  auto async_lock(LockNames names, LockOptions options, CompletionToken&& token);
  // The same, and puts into `diagnostics`, which outlives the operation, what was said along with
  // an error.
  template <class CompletionToken>
  auto async_lock(LockNames names, LockOptions options, Diagnostics& diagnostics,
                  CompletionToken&& token);
  // Does not wait: ErrorCode::busy where others hold it. `options.wait` is not looked at.
  template <class CompletionToken>
  auto async_try_lock(LockNames names, LockOptions options, CompletionToken&& token);

  // Ends the session, which gives back all it holds at once: every lease is lost, every wait
  // aborted. async_run completes when a server has confirmed that, or with unreachable after
  // `timeout`: then it is free when its TTL is over.
  void stop();

 private:
  friend class Lease;
  class Impl;
  using Ran = boost::asio::any_completion_handler<void(boost::system::error_code)>;
  using Locked = boost::asio::any_completion_handler<void(boost::system::error_code, Lease)>;

  template <class CompletionToken>
  auto initiate_lock(LockNames names, LockOptions options, Diagnostics* diagnostics,
                     CompletionToken& token);
  static void run(const std::shared_ptr<Impl>& impl, Ran handler);
  static void lock(const std::shared_ptr<Impl>& impl, std::vector<std::string> names,
                   LockOptions options, Diagnostics* diagnostics, Locked handler);

  std::shared_ptr<Impl> impl_;
};

template <class CompletionToken>
auto Client::async_run(CompletionToken&& token) {
  return boost::asio::async_initiate<CompletionToken, void(boost::system::error_code)>(
      [](auto handler, std::shared_ptr<Impl> impl) { run(impl, Ran(std::move(handler))); }, token,
      impl_);
}

template <class CompletionToken>
auto Client::async_lock(LockNames names, LockOptions options, CompletionToken&& token) {
  return initiate_lock(std::move(names), std::move(options), nullptr, token);
}

template <class CompletionToken>
auto Client::async_lock(LockNames names, LockOptions options, Diagnostics& diagnostics,
                        CompletionToken&& token) {
  return initiate_lock(std::move(names), std::move(options), &diagnostics, token);
}

template <class CompletionToken>
auto Client::initiate_lock(LockNames names, LockOptions options, Diagnostics* diagnostics,
                           CompletionToken& token) {
  return boost::asio::async_initiate<CompletionToken, void(boost::system::error_code, Lease)>(
      [](auto handler, std::shared_ptr<Impl> impl, std::vector<std::string> wanted, LockOptions how,
         Diagnostics* said) {
        lock(impl, std::move(wanted), std::move(how), said, Locked(std::move(handler)));
      },
      token, impl_, std::move(names.names), std::move(options), diagnostics);
}

template <class CompletionToken>
auto Client::async_try_lock(LockNames names, LockOptions options, CompletionToken&& token) {
  options.wait = Milliseconds{0};
  return async_lock(std::move(names), std::move(options), std::forward<CompletionToken>(token));
}

}  // namespace pawl
