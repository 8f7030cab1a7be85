// SPDX-License-Identifier: Apache-2.0
#include "client/lookup.hpp"

#include <boost/asio/error.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/ip/address.hpp>
#include <boost/asio/post.hpp>
#include <charconv>
#include <cstdint>
#include <mutex>
#include <optional>
#include <string_view>
#include <system_error>
#include <thread>
#include <utility>

#include "client/signals_blocked.hpp"

namespace pawl::client {

namespace asio = boost::asio;
using asio::ip::tcp;
using boost::system::error_code;

namespace {

std::optional<tcp::endpoint> numeric(const ServerAddress& server) {
  error_code no_address;
  const auto address = asio::ip::make_address(server.host, no_address);
  if (no_address) return std::nullopt;
  const std::string_view port = server.port;
  std::uint16_t number = 0;
  std::from_chars(port.data(), port.data() + port.size(), number);
  return tcp::endpoint{address, number};
}

}  // namespace

Endpoints ask_system(const ServerAddress& server, error_code& error) {
  asio::io_context here;
  tcp::resolver resolver(here);
  const auto found =
      resolver.resolve(server.host, server.port, tcp::resolver::numeric_service, error);
  Endpoints endpoints;
  for (const auto& entry : found) endpoints.push_back(entry.endpoint());
  return endpoints;
}

// Shared with the thread. While it has work to wait for, its io_context lives.
class Lookup::Waiter : public std::enable_shared_from_this<Waiter> {
 public:
  Waiter(asio::io_context& context, Found found)
      : work_(asio::make_work_guard(context)), found_(std::move(found)) {}

  void tell(error_code error, Endpoints endpoints) {
    if (!error && endpoints.empty()) error = asio::error::host_not_found;
    const std::lock_guard lock(mutex_);
    if (!work_) return;
    auto deliver = [self = shared_from_this(), error, endpoints = std::move(endpoints)]() mutable {
      if (const Found found = self->stop()) found(error, std::move(endpoints));
    };
    asio::post(work_->get_executor(), std::move(deliver));
  }

  Found stop() {
    const std::lock_guard lock(mutex_);
    work_.reset();
    return std::exchange(found_, nullptr);
  }

 private:
  std::mutex mutex_;
  std::optional<asio::executor_work_guard<asio::io_context::executor_type>> work_;
  Found found_;
};

Lookup::Lookup(asio::io_context& context, const ServerAddress& server, Found found, Resolve resolve)
    : waiter_(std::make_shared<Waiter>(context, std::move(found))) {
  if (const auto endpoint = numeric(server)) {
    waiter_->tell({}, {*endpoint});
    return;
  }
  const SignalsBlocked blocked;
  try {
    std::thread([waiter = waiter_, server, resolve = std::move(resolve)] {
      error_code error;
      Endpoints endpoints = resolve(server, error);
      waiter->tell(error, std::move(endpoints));
    }).detach();
  } catch (const std::system_error& no_thread) {
    waiter_->tell(error_code(no_thread.code().value(), boost::system::system_category()), {});
  }
}

Lookup::~Lookup() { waiter_->stop(); }

}  // namespace pawl::client
