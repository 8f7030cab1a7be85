// SPDX-License-Identifier: Apache-2.0
//
// One connection of the HTTP port: reads a request, has it answered, writes the answer, waits for
// the next. Its law: nothing that the other side does or leaves undone holds up the loop, and each
// wait has an end.
#pragma once

#include <boost/asio/steady_timer.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/empty_body.hpp>
#include <boost/beast/http/message.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/string_body.hpp>
#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <optional>

#include "server/http/answer.hpp"
#include "server/http/limits.hpp"
#include "server/http/stream.hpp"
#include "server/transport.hpp"

namespace pawl::server::http {

class Connection : public std::enable_shared_from_this<Connection> {
 public:
  // `closed` is called once, when it has ended by itself.
  Connection(Socket socket, std::string address, const Limits& limits, const Answering& answering,
             std::function<void(const Connection*)> closed);

  // `context`: by TLS; null: plain.
  void start(tls::ContextPtr context);
  // Ends it without a word to its owner.
  void close();

  // It waits for a request, of which nothing has come.
  [[nodiscard]] bool is_idle() const { return idle_; }
  // When it began what it does: to wait, to read a request, to answer it.
  [[nodiscard]] auto since() const { return since_; }

 private:
  using Message = boost::beast::http::response<boost::beast::http::string_body>;

  void shake_hands();
  void await_request();
  void read();
  void on_read(const boost::system::error_code& error);
  void refuse(const boost::system::error_code& error);
  void answer();
  void send(Answer answer);
  void on_written(const boost::system::error_code& error);
  void linger();
  void discard(std::size_t so_far);
  void end();
  void set_deadline(Milliseconds span);

  Stream stream_;
  const std::string address_;
  const Limits limits_;
  const Answering& answering_;
  std::function<void(const Connection*)> closed_;
  boost::asio::steady_timer deadline_;
  boost::beast::flat_buffer buffer_;
  std::optional<boost::beast::http::request_parser<boost::beast::http::empty_body>> parser_;
  Message message_;
  std::chrono::steady_clock::time_point since_;
  bool head_ = false;
  bool idle_ = false;
};

}  // namespace pawl::server::http
