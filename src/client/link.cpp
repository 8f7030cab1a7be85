// SPDX-License-Identifier: Apache-2.0
#include "client/link.hpp"

#include <fcntl.h>

#include <boost/asio/buffer.hpp>
#include <boost/asio/read_until.hpp>
#include <boost/asio/write.hpp>
#include <utility>

namespace pawl::client {

namespace asio = boost::asio;
using boost::system::error_code;

Link::Link(asio::io_context& context, Calls calls) : calls_(std::move(calls)), socket_(context) {}

void Link::open(AddressBook& book, const ServerAddress& server, std::size_t first) {
  first_ = first;
  book.find(server, [weak = weak_from_this()](error_code error, Endpoints found) {
    const auto self = weak.lock();
    if (!self) return;
    if (error) return self->fail(error);
    self->endpoints_ = std::move(found);
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
