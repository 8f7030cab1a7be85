// SPDX-License-Identifier: Apache-2.0
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/system/system_error.hpp>
#include <future>
#include <memory>
#include <optional>
#include <thread>
#include <utility>

#include "client/signals_blocked.hpp"
#include "pawl/mutex.hpp"

namespace pawl {

namespace asio = boost::asio;
using boost::system::error_code;

namespace {

[[noreturn]] void fail(error_code error, const Diagnostics& diagnostics) {
  if (diagnostics.text.empty()) throw boost::system::system_error(error);
  throw boost::system::system_error(error, diagnostics.text);
}

}  // namespace

class Connection::Impl {
 public:
  explicit Impl(ClientOptions options) : client(context, std::move(options)) {
    client.async_run([](error_code /*why the locks fail, too*/) {});
    const client::SignalsBlocked blocked;
    thread_ = std::thread([this] { context.run(); });
  }

  ~Impl() {
    client.stop();
    work_.reset();
    thread_.join();
  }

  Impl(const Impl&) = delete;
  Impl& operator=(const Impl&) = delete;

  struct Locked {
    error_code error;
    Lease lease;
    Diagnostics diagnostics = {};
  };

  // Of a wait: it outlives the caller's stack, as its handler does.
  struct Wait {
    std::promise<Locked> promise;
    Diagnostics diagnostics;
    asio::cancellation_signal cancellation;
  };

  Locked lock(LockNames names, LockOptions options, const std::stop_token& stop) {
    if (context.get_executor().running_in_this_thread()) {  // it would wait for itself
      namespace errc = boost::system::errc;
      return {make_error_code(errc::resource_deadlock_would_occur), Lease()};
    }
    const auto wait = std::make_shared<Wait>();
    std::future<Locked> future = wait->promise.get_future();
    asio::post(context, [&] {
      auto locked = [wait](error_code error, Lease lease) {
        wait->promise.set_value({error, std::move(lease), std::move(wait->diagnostics)});
      };
      client.async_lock(std::move(names), std::move(options), wait->diagnostics,
                        asio::bind_cancellation_slot(wait->cancellation.slot(), std::move(locked)));
    });
    const std::stop_callback cancel(stop, [this, wait] {
      asio::post(context, [wait] { wait->cancellation.emit(asio::cancellation_type::total); });
    });
    return future.get();
  }

  asio::io_context context;
  Client client;

 private:
  std::optional<asio::executor_work_guard<asio::io_context::executor_type>> work_{
      asio::make_work_guard(context)};
  std::thread thread_;
};

Connection::Connection(ClientOptions options) : impl_(std::make_unique<Impl>(std::move(options))) {}

Connection::~Connection() = default;

Client& Connection::client() { return impl_->client; }

Lease Connection::lock(LockNames names, LockOptions options, std::stop_token stop) {
  Impl::Locked locked = impl_->lock(std::move(names), std::move(options), stop);
  if (locked.error) fail(locked.error, locked.diagnostics);
  return std::move(locked.lease);
}

std::optional<Lease> Connection::try_lock(LockNames names, LockOptions options,
                                          std::stop_token stop) {
  Impl::Locked locked = impl_->lock(std::move(names), std::move(options), stop);
  if (!locked.error) return std::move(locked.lease);
  if (locked.error == ErrorCode::busy || locked.error == ErrorCode::timeout) return std::nullopt;
  fail(locked.error, locked.diagnostics);
}

}  // namespace pawl
