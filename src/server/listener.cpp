// SPDX-License-Identifier: Apache-2.0
#include "server/listener.hpp"

#include <sys/socket.h>
#include <sysexits.h>

#include <chrono>
#include <utility>

#include "server/admission.hpp"

namespace pawl::server {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;
using boost::system::error_code;

constexpr int most_accepts = 8;  // a flood of newcomers must not starve those inside
constexpr auto pause_span = std::chrono::milliseconds(100);

StartFailure failure(const Address& address, std::string_view key, const error_code& error) {
  const std::string where = "cannot listen on " + format_address(address) + ": ";
  if (error == asio::error::address_in_use) {
    return {EX_TEMPFAIL, where + "address already in use (is another pawld running? " +
                             std::string(key) + " says where)"};
  }
  if (error == asio::error::access_denied) {
    return {EX_NOPERM, where + "permission denied (ports below 1024 are the system's)"};
  }
  if (error == boost::system::errc::address_not_available) {
    return {EX_CONFIG, where + "this machine has no such address"};
  }
  return {EX_OSERR, where + error.message()};
}

// IPv4 first: of `localhost`, what people type into nc.
Started<tcp::endpoint> resolve(asio::io_context& context, const Address& address) {
  error_code error;
  tcp::resolver resolver(context);
  const auto found =
      resolver.resolve(address.host, std::to_string(address.port),
                       tcp::resolver::passive | tcp::resolver::numeric_service, error);
  if (error || found.empty()) {
    return StartFailure{EX_CONFIG, "cannot listen on " + format_address(address) +
                                       ": the host name is not known (" + error.message() + ")"};
  }
  for (const auto& entry : found) {
    if (entry.endpoint().address().is_v4()) return entry.endpoint();
  }
  return found.begin()->endpoint();
}

}  // namespace

Listener::Listener(asio::io_context& context, const Log& log, std::string_view key,
                   Accepted accepted)
    : context_(context),
      log_(log),
      key_(key),
      accepted_(std::move(accepted)),
      acceptor_(context),
      pause_(context) {}

Started<std::string> Listener::open(const Address& address, std::optional<int> given) {
  error_code error;
  if (given) {
    adopt(*given, error);
  } else {
    const Started<tcp::endpoint> endpoint = resolve(context_, address);
    if (!endpoint) return endpoint.error();
    bind(*endpoint, error);
  }
  if (!error) acceptor_.non_blocking(true, error);
  if (error) {
    close();
    return failure(address, key_, error);
  }
  wait();
  return format_endpoint(acceptor_.local_endpoint(error));
}

void Listener::bind(const tcp::endpoint& endpoint, error_code& error) {
  acceptor_.open(endpoint.protocol(), error);
  if (!error) acceptor_.set_option(tcp::acceptor::reuse_address(true), error);
  if (!error) acceptor_.bind(endpoint, error);
  if (!error) acceptor_.listen(asio::socket_base::max_listen_connections, error);
}

void Listener::adopt(int given, error_code& error) {
  sockaddr_storage name{};
  socklen_t size = sizeof name;
  ::getsockname(given, reinterpret_cast<sockaddr*>(&name), &size);
  acceptor_.assign(name.ss_family == AF_INET6 ? tcp::v6() : tcp::v4(), given, error);
  if (!error) log_.info("socket handed over", {{"in_place_of", key_}});
}

void Listener::close() {
  error_code ignored;
  acceptor_.close(ignored);
  pause_.cancel();
}

void Listener::wait() {
  acceptor_.async_wait(tcp::acceptor::wait_read, [this](const error_code& error) {
    if (!error) accept_ready();
  });
}

void Listener::accept_ready() {
  for (int accepted = 0; accepted < most_accepts; ++accepted) {
    if (!acceptor_.is_open()) return;
    Socket socket(context_);
    tcp::endpoint from;
    error_code error;
    acceptor_.accept(socket, from, error);
    if (error == asio::error::would_block || error == asio::error::try_again) {
      said_ = false;
      break;
    }
    if (error == asio::error::connection_aborted) continue;
    if (error) return back_off(error);
    accepted_(std::move(socket), from);
  }
  if (acceptor_.is_open()) wait();
}

void Listener::back_off(const error_code& error) {
  if (!std::exchange(said_, true)) {
    log_.error("cannot accept connections", {{"reason", error.message()}});
  }
  pause_.expires_after(pause_span);
  pause_.async_wait([this](const error_code& cancelled) {
    if (!cancelled && acceptor_.is_open()) wait();
  });
}

std::string format_endpoint(const tcp::endpoint& endpoint) {
  const asio::ip::address address = plain_address(endpoint.address());
  const std::string host = address.to_string();
  const std::string port = std::to_string(endpoint.port());
  return address.is_v6() ? "[" + host + "]:" + port : host + ":" + port;
}

}  // namespace pawl::server
