// SPDX-License-Identifier: Apache-2.0
#include "client/link.hpp"

#include <fcntl.h>

#include <boost/asio/buffer.hpp>
#include <utility>

#include "client/tls.hpp"

namespace pawl::client {

namespace asio = boost::asio;
using boost::system::error_code;

Link::Link(asio::io_context& context, Access access, Calls calls)
    : access_(std::move(access)), calls_(std::move(calls)), stream_(context) {}

void Link::open(AddressBook& book, const ServerAddress& server, std::size_t first) {
  first_ = first;
  host_ = server.host;
  book.find(server, [weak = weak_from_this()](error_code error, Endpoints found) {
    const auto self = weak.lock();
    if (!self) return;
    if (error) return self->fail({why_lost(error), {}});
    self->endpoints_ = std::move(found);
    self->connect();
  });
}

void Link::connect() {
  if (closed_) return;
  const Tcp::endpoint endpoint = endpoints_[(first_ + tried_) % endpoints_.size()];
  ++tried_;
  Tcp::socket& socket = stream_.socket();
  error_code error;
  socket.close(error);
  socket.open(endpoint.protocol(), error);
  if (error) return connected(error);
  // Whoever this process starts is no part of this conversation.
  fcntl(socket.native_handle(), F_SETFD, FD_CLOEXEC);
  socket.async_connect(
      endpoint, [self = shared_from_this()](error_code refused) { self->connected(refused); });
}

void Link::connected(error_code error) {
  if (closed_) return;
  if (error && tried_ < endpoints_.size()) return connect();
  if (error) return fail({why_lost(error), {}});
  error_code ignored;
  stream_.socket().set_option(Tcp::no_delay(true), ignored);
  if (!access_.tls) return secured();
  come_nearer();
  stream_.secure(*access_.tls, host_, [self = shared_from_this()](const std::string& problem) {
    if (self->closed_) return;
    if (!problem.empty()) return self->fail({problem, {}});
    self->secured();
  });
}

void Link::secured() {
  read();
  if (access_.user.empty()) return calls_.up();
  come_nearer();
  authenticating_ = true;
  send(auth_line(access_));
}

void Link::take_auth_reply(std::string_view line) {
  authenticating_ = false;
  const auto reply = parse_reply_line(line);
  if (!reply) return fail({"what answers there is no pawld", {}});
  if (reply->kind == ReplyLine::Kind::ok) return calls_.up();
  End end{why_not_accepted(*reply), {}};
  if (is_denied(*reply)) end.denial = reply;
  fail(std::move(end));
}

void Link::come_nearer() {
  if (calls_.nearer) calls_.nearer();
}

void Link::send(std::string_view line) {
  if (closed_) return;
  output_.append(line) += '\n';
  if (writing_.empty()) write();
}

void Link::close() {
  closed_ = true;
  error_code ignored;
  stream_.socket().close(ignored);
}

void Link::read() {
  stream_.read_some(asio::buffer(chunk_),
                    [self = shared_from_this()](error_code error, std::size_t bytes) {
                      if (self->closed_) return;
                      if (error) return self->fail({why_lost(error), {}});
                      const std::size_t searched = self->input_.size();
                      self->input_.append(self->chunk_.data(), bytes);
                      self->take_lines(searched);
                    });
}

void Link::take_lines(std::size_t searched) {
  std::size_t taken = 0;
  for (std::size_t end = input_.find('\n', searched); end != input_.npos && !closed_;
       end = input_.find('\n', taken)) {
    const std::string_view line = std::string_view(input_).substr(taken, end - taken);
    taken = end + 1;
    authenticating_ ? take_auth_reply(line) : calls_.line(line);
  }
  if (closed_) return;
  input_.erase(0, taken);
  if (input_.size() > longest_line) return fail({"a line without end", {}});
  read();
}

void Link::write() {
  writing_ = std::exchange(output_, {});
  stream_.write(asio::buffer(writing_),
                [self = shared_from_this()](error_code error, std::size_t /*bytes*/) {
                  if (self->closed_) return;
                  if (error) return self->fail({why_lost(error), {}});
                  self->writing_.clear();
                  if (!self->output_.empty()) self->write();
                });
}

void Link::fail(End end) {
  if (closed_) return;
  close();
  calls_.down(end);
}

}  // namespace pawl::client
