// SPDX-License-Identifier: Apache-2.0
#include "cli/connection.hpp"

#include <signal.h>

#include <boost/asio/buffer.hpp>
#include <boost/asio/connect.hpp>
#include <boost/asio/read_until.hpp>
#include <boost/asio/write.hpp>
#include <utility>

namespace pawl::cli {

namespace asio = boost::asio;
using boost::system::error_code;

void Loop::catch_signals() {
  signals_.emplace(context_, SIGINT, SIGTERM);
  signals_->async_wait([this](error_code error, int number) {
    if (!error) signal_ = number;
  });
}

void Loop::stop_catching() {
  signals_.reset();
  context_.restart();
  context_.poll();  // the handler, before `signal_` begins anew
  signal_ = 0;
}

bool Loop::run_until(const bool& done, Patience patience) {
  const auto start = std::chrono::steady_clock::now();
  context_.restart();
  while (!done && signal_ == 0) {
    const std::size_t ran =
        patience ? context_.run_one_until(start + *patience) : context_.run_one();
    if (ran == 0) break;
  }
  return done;
}

void Loop::pause(std::chrono::milliseconds span) {
  const auto work = asio::make_work_guard(context_);
  run_until(false, span);
}

Connection::Connection(Loop& loop, const client::ServerAddress& address,
                       std::chrono::milliseconds patience, client::Resolve resolve)
    : loop_(loop), socket_(loop.context()) {
  done_ = false;
  auto found = [this](error_code error, const client::Endpoints& endpoints) {
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
  if (result_) throw Unreachable(result_.message());
}

Connection::~Connection() { close(); }

void Connection::connect(const client::Endpoints& endpoints) {
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
  if (error) throw Unreachable(error.message());
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
  if (result_ == asio::error::eof) throw Unreachable("the server closed before it replied");
  if (result_) throw Unreachable(result_.message());
  std::string line = input_.substr(0, line_length_ - 1);
  input_.erase(0, line_length_);
  return line;
}

}  // namespace pawl::cli
