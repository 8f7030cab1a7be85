// SPDX-License-Identifier: Apache-2.0
#include "server/relay.hpp"

#include <array>
#include <boost/asio/error.hpp>
#include <boost/asio/write.hpp>
#include <chrono>
#include <utility>

namespace pawl::server {
namespace {

using boost::system::error_code;

constexpr std::chrono::seconds longest_attempt{1};
constexpr std::string_view answer_to_mark = "+OK\r\n";

}  // namespace

Relay::Relay(boost::asio::io_context& context, const Address& primary, Owner owner)
    : addresses_(context),
      primary_{primary.host, std::to_string(primary.port)},
      owner_(std::move(owner)),
      patience_(context),
      socket_(context) {}

void Relay::start() {
  patience_.expires_after(longest_attempt);
  patience_.async_wait([self = shared_from_this()](const error_code& cancelled) {
    if (!cancelled && !self->connected_) self->end();
  });
  addresses_.find(primary_, [this](const error_code& error, const client::Endpoints& endpoints) {
    if (closed_) return;
    error ? end() : connect(endpoints);
  });
}

void Relay::connect(const client::Endpoints& endpoints) {
  socket_.async_connect(endpoints.front(), [self = shared_from_this()](const error_code& error) {
    if (self->closed_) return;
    if (error) return self->end();
    self->connected_ = true;
    self->patience_.cancel();
    prepare(self->socket_);
    self->listen();
    self->write();
  });
}

void Relay::send(std::string_view bytes) {
  queued_ += bytes;
  write();
}

void Relay::listen() {
  socket_.async_wait(Socket::wait_read, [self = shared_from_this()](const error_code& error) {
    if (self->closed_) return;
    error ? self->end() : self->hear();
  });
}

void Relay::hear() {
  std::array<char, 16'384> bytes;
  error_code error;
  const std::size_t size = socket_.read_some(boost::asio::buffer(bytes), error);
  if (error && error != boost::asio::error::would_block) return end();
  std::string_view heard(bytes.data(), size);
  if (!taken_ && !is_taken(heard)) return;
  if (!heard.empty()) owner_.heard(heard);
  if (!closed_ && !held_) listen();
}

void Relay::go_on() {
  held_ = false;
  listen();
}

// Takes the answer to the mark off `bytes`. False: there is nothing behind it that is the client's.
bool Relay::is_taken(std::string_view& bytes) {
  const std::size_t known = answer_.size();
  answer_ += bytes;
  taken_ = answer_.starts_with(answer_to_mark);
  if (taken_) {
    bytes.remove_prefix(answer_to_mark.size() - known);
  } else if (answer_to_mark.starts_with(answer_)) {
    listen();
  } else {
    pass_on_refusal();
  }
  return taken_;
}

// The last line of a node that takes no more connections, or speaks no RESP. It comes at once.
void Relay::pass_on_refusal() {
  const std::string line = answer_.substr(0, answer_.find_first_of("\r\n"));
  const std::string said = line.starts_with('-') ? line : "-ERR the primary refuses: " + line;
  owner_.heard(said + "\r\n");
  end();
}

void Relay::write() {
  if (!connected_ || !sending_.empty() || queued_.empty()) return;
  sending_.swap(queued_);
  boost::asio::async_write(socket_, boost::asio::buffer(sending_),
                           [self = shared_from_this()](const error_code& error, std::size_t) {
                             if (self->closed_) return;
                             if (error) return self->end();
                             self->sending_.clear();
                             self->write();
                             self->owner_.heard({});
                           });
}

void Relay::end() {
  if (closed_) return;
  const auto ended = std::move(owner_.ended);
  close();
  ended();
}

void Relay::close() {
  closed_ = true;
  addresses_.close();
  patience_.cancel();
  error_code ignored;
  socket_.close(ignored);
}

}  // namespace pawl::server
