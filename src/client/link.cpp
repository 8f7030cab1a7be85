// SPDX-License-Identifier: Apache-2.0
#include "client/link.hpp"

#include <fcntl.h>

#include <boost/asio/buffer.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/ip/address.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/read_until.hpp>
#include <boost/asio/write.hpp>
#include <charconv>
#include <cstdint>
#include <utility>

namespace pawl::client {

namespace asio = boost::asio;
using boost::system::error_code;

namespace {

std::uint16_t number_of(std::string_view port) {
  std::uint16_t number = 0;
  std::from_chars(port.data(), port.data() + port.size(), number);
  return number;
}

}  // namespace

Link::Link(asio::io_context& context, Calls calls)
    : calls_(std::move(calls)), resolver_(context), socket_(context) {}

void Link::open(const ServerAddress& server, std::size_t first) {
  first_ = first;
  error_code no_address;
  const auto address = asio::ip::make_address(server.host, no_address);
  if (!no_address) {
    endpoints_.emplace_back(address, number_of(server.port));
    asio::post(socket_.get_executor(), [self = shared_from_this()] { self->connect(); });
    return;
  }
  resolver_.async_resolve(
      server.host, server.port, Tcp::resolver::numeric_service,
      [self = shared_from_this()](error_code error, const Tcp::resolver::results_type& found) {
        if (error) return self->fail(error);
        for (const auto& entry : found) self->endpoints_.push_back(entry.endpoint());
        self->connect();
      });
}

void Link::connect() {
  if (closed_) return;
  const Tcp::endpoint endpoint = endpoints_[(first_ + tried_) % endpoints_.size()];
  ++tried_;
  error_code error;
  socket_.close(error);
  socket_.open(endpoint.protocol(), error);
  if (error) return connected(error);
  // Whoever this process starts is no part of this conversation.
  fcntl(socket_.native_handle(), F_SETFD, FD_CLOEXEC);
  socket_.async_connect(
      endpoint, [self = shared_from_this()](error_code refused) { self->connected(refused); });
}

void Link::connected(error_code error) {
  if (closed_) return;
  if (error && tried_ < endpoints_.size()) return connect();
  if (error) return fail(error);
  error_code ignored;
  socket_.set_option(Tcp::no_delay(true), ignored);
  read();
  calls_.up();
}

void Link::send(std::string_view line) {
  if (closed_) return;
  output_.append(line) += '\n';
  if (writing_.empty()) write();
}

void Link::close() {
  closed_ = true;
  error_code ignored;
  resolver_.cancel();
  socket_.close(ignored);
}

void Link::read() {
  asio::async_read_until(socket_, asio::dynamic_buffer(input_, longest_line), '\n',
                         [self = shared_from_this()](error_code error, std::size_t /*bytes*/) {
                           if (self->closed_) return;
                           if (error) return self->fail(error);
                           self->take_lines();
                         });
}

void Link::take_lines() {
  std::size_t taken = 0;
  for (std::size_t end = input_.find('\n'); end != input_.npos && !closed_;
       end = input_.find('\n', taken)) {
    const std::string_view line = std::string_view(input_).substr(taken, end - taken);
    taken = end + 1;
    calls_.line(line);
  }
  if (closed_) return;
  input_.erase(0, taken);
  read();
}

void Link::write() {
  writing_ = std::exchange(output_, {});
  asio::async_write(socket_, asio::buffer(writing_),
                    [self = shared_from_this()](error_code error, std::size_t /*bytes*/) {
                      if (self->closed_) return;
                      if (error) return self->fail(error);
                      self->writing_.clear();
                      if (!self->output_.empty()) self->write();
                    });
}

void Link::fail(error_code error) {
  if (closed_) return;
  close();
  calls_.down(error);
}

}  // namespace pawl::client
