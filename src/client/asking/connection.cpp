// SPDX-License-Identifier: Apache-2.0
#include "client/asking/connection.hpp"

#include <boost/asio/buffer.hpp>
#include <boost/asio/connect.hpp>
#include <boost/asio/read_until.hpp>
#include <boost/asio/write.hpp>
#include <utility>

namespace pawl::client {

namespace asio = boost::asio;
using boost::system::error_code;

Connection::Connection(Loop& loop, const ServerAddress& address, std::chrono::milliseconds patience,
                       Resolve resolve)
    : loop_(loop), socket_(loop.context()) {
  done_ = false;
  auto found = [this](error_code error, const Endpoints& endpoints) {
    lookup_.reset();
    result_ = error;
    done_ = error.failed();
    if (!error) connect(endpoints);
  };
  lookup_.emplace(loop_.context(), address, std::move(found), std::move(resolve));
  if (!loop_.run_until(done_, patience)) {
    close();
    result_ = asio::error::timed_out;
  }
  if (result_ == asio::error::timed_out) throw Silent(result_.message());
  if (result_) throw NoAnswer(result_.message());
}

Connection::~Connection() { close(); }

void Connection::connect(const Endpoints& endpoints) {
  asio::async_connect(socket_, endpoints, [this](error_code refused, const auto& /*endpoint*/) {
    result_ = refused;
    done_ = true;
  });
}

// Nothing that was started outlives this: its handler holds `this`.
void Connection::close() {
  error_code ignored;
  if (lookup_) done_ = true;  // nothing else is under way
  lookup_.reset();
  socket_.close(ignored);
  loop_.context().restart();
  while (!done_ && loop_.context().run_one() != 0) socket_.close(ignored);
}

void Connection::send(std::string_view line) {
  const std::string output = std::string(line) + '\n';
  error_code error;
  asio::write(socket_, asio::buffer(output), error);
  if (error) throw NoAnswer(error.message());
}

std::optional<std::string> Connection::read_line(Patience patience) {
  if (done_) {
    done_ = false;
    asio::async_read_until(socket_, asio::dynamic_buffer(input_), '\n',
                           [this](error_code error, std::size_t length) {
                             result_ = error;
                             line_length_ = length;
                             done_ = true;
                           });
  }
  if (!loop_.run_until(done_, patience)) return std::nullopt;
  if (result_ == asio::error::eof) throw NoAnswer("the server closed before it replied");
  if (result_) throw NoAnswer(result_.message());
  std::string line = input_.substr(0, line_length_ - 1);
  input_.erase(0, line_length_);
  return line;
}

ReplyLine reply_in(std::string_view line) {
  auto reply = parse_reply_line(line);
  if (!reply) throw NoPawld();
  return *std::move(reply);
}

}  // namespace pawl::client
