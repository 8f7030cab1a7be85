// SPDX-License-Identifier: Apache-2.0
#include "cli/connection.hpp"

#include <boost/asio/buffer.hpp>
#include <boost/asio/connect.hpp>
#include <boost/asio/read_until.hpp>
#include <boost/asio/write.hpp>

namespace pawl::cli {

namespace asio = boost::asio;
using boost::system::error_code;

Connection::Connection(const client::ServerAddress& address, std::chrono::milliseconds patience) {
  asio::ip::tcp::resolver resolver(context_);
  error_code result = asio::error::would_block;
  resolver.async_resolve(address.host, address.port,
                         [&](error_code error, const asio::ip::tcp::resolver::results_type& found) {
                           result = error;
                           if (error) return;
                           result = asio::error::would_block;
                           asio::async_connect(socket_, found,
                                               [&](error_code refused, const auto& /*endpoint*/) {
                                                 result = refused;
                                               });
                         });
  if (const error_code error = run(result, patience)) {
    throw Unreachable("cannot reach " + address.host + " port " + address.port + ": " +
                      error.message());
  }
}

std::string Connection::ask(std::string_view line,
                            std::optional<std::chrono::milliseconds> patience) {
  std::string output(line);
  output += '\n';
  error_code result;
  asio::write(socket_, asio::buffer(output), result);
  std::size_t length = 0;
  if (!result) {
    result = asio::error::would_block;
    asio::async_read_until(socket_, asio::dynamic_buffer(input_), '\n',
                           [&](error_code error, std::size_t bytes) {
                             result = error;
                             length = bytes;
                           });
    result = run(result, patience);
  }
  if (result == asio::error::eof) throw Unreachable("the server closed before it replied");
  if (result) throw Unreachable("no reply: " + result.message());
  std::string reply = input_.substr(0, length - 1);
  input_.erase(0, length);
  return reply;
}

// Runs what was started until it has left its outcome in `result`, or patience ends: then the
// socket is closed, so that nothing started outlives this call.
error_code Connection::run(const error_code& result,
                           std::optional<std::chrono::milliseconds> patience) {
  context_.restart();
  if (patience) {
    context_.run_for(*patience);
  } else {
    context_.run();
  }
  if (result != asio::error::would_block) return result;
  error_code ignored;
  socket_.close(ignored);
  context_.stop();
  return asio::error::timed_out;
}

}  // namespace pawl::cli
