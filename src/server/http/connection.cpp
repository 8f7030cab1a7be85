// SPDX-License-Identifier: Apache-2.0
#include "server/http/connection.hpp"

#include <boost/asio/error.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/write.hpp>
#include <utility>

namespace pawl::server::http {
namespace {

namespace beast = boost::beast;
namespace bhttp = boost::beast::http;
using boost::system::error_code;

constexpr unsigned http_11 = 11;
constexpr unsigned unauthorised = 401;

// The page loads its own parts and asks its own port; nothing else can be made of it.
constexpr std::string_view page_policy =
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; "
    "img-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

// What OpenSSL calls a GET where it waits for a handshake, and what a browser is told then.
constexpr std::string_view plain_http = "http request";
constexpr std::string_view https_only =
    "HTTP/1.1 400 Bad Request\r\nContent-Type: text/plain\r\nContent-Length: 28\r\n"
    "Connection: close\r\n\r\nthis port speaks HTTPS only\n";

constexpr Milliseconds longest_linger{2'000};
constexpr std::size_t most_discarded = 262'144;

}  // namespace

Connection::Connection(Socket socket, std::string address, const Limits& limits,
                       const Answering& answering, std::function<void(const Connection*)> closed)
    : stream_(std::move(socket)),
      address_(std::move(address)),
      limits_(limits),
      answering_(answering),
      closed_(std::move(closed)),
      deadline_(stream_.get_executor()),
      buffer_(limits.header + 1) {}

void Connection::close() {
  closed_ = nullptr;
  end();
}

void Connection::end() {
  stream_.transport().close();
  deadline_.cancel();
  if (const auto closed = std::exchange(closed_, nullptr)) closed(this);
}

// Whatever it waits for then fails, and that ends it.
void Connection::set_deadline(Milliseconds span) {
  since_ = std::chrono::steady_clock::now();
  deadline_.expires_after(span);
  deadline_.async_wait([self = shared_from_this()](const error_code& cancelled) {
    if (!cancelled) self->end();
  });
}

void Connection::start(tls::ContextPtr context) {
  if (!context) return await_request();
  stream_.transport().begin_tls(std::move(context), tls::Side::called);
  set_deadline(limits_.request);
  shake_hands();
}

void Connection::shake_hands() {
  Transport& transport = stream_.transport();
  error_code error;
  if (transport.shake_hands(error)) return await_request();
  if (error != boost::asio::error::would_block) {
    if (transport.trouble() == plain_http) transport.write_plain(https_only);
    return end();
  }
  transport.wait(transport.wants_output() ? Socket::wait_write : Socket::wait_read,
                 [self = shared_from_this()](const error_code& failed) {
                   if (failed) return self->end();
                   self->shake_hands();
                 });
}

void Connection::await_request() {
  parser_.emplace();
  parser_->header_limit(static_cast<std::uint32_t>(limits_.header));
  if (buffer_.size() != 0) return read();  // pipelined
  idle_ = true;
  set_deadline(limits_.idle);
  stream_.transport().wait(Socket::wait_read, [self = shared_from_this()](const error_code& error) {
    self->idle_ = false;
    if (error) return self->end();
    self->read();
  });
}

void Connection::read() {
  set_deadline(limits_.request);
  bhttp::async_read_header(
      stream_, buffer_, *parser_,
      [self = shared_from_this()](const error_code& error, std::size_t) { self->on_read(error); });
}

void Connection::on_read(const error_code& error) {
  if (!error) return answer();
  const bool is_request_at_fault =
      error.category() == bhttp::make_error_code(bhttp::error::bad_method).category() &&
      error != bhttp::error::end_of_stream && error != bhttp::error::partial_message;
  if (!is_request_at_fault || !stream_.transport().is_open()) return end();
  refuse(error);
}

// What is left in the buffer means nothing after that: the connection ends with the answer.
void Connection::refuse(const error_code& error) {
  const bool too_long =
      error == bhttp::error::header_limit || error == bhttp::error::buffer_overflow;
  head_ = false;
  message_ = {};
  message_.keep_alive(false);
  send(too_long
           ? Answer{.status = 431, .body = "the header of a request is 8 KiB at most\n"}
           : Answer{.status = 400, .body = "this is no HTTP request: " + error.message() + '\n'});
}

void Connection::answer() {
  const auto& request = parser_->get();
  message_ = {};
  // A body is not read: what comes behind it cannot be told from it.
  message_.keep_alive(request.keep_alive() && parser_->is_done());
  head_ = request.method() == bhttp::verb::head;
  set_deadline(limits_.answering);
  if (!head_ && request.method() != bhttp::verb::get) {
    message_.set(bhttp::field::allow, "GET, HEAD");
    return send({.status = 405, .body = "this port is read only: GET and HEAD\n"});
  }
  const auto host = request[bhttp::field::host];
  if (request.version() >= http_11 && request.count(bhttp::field::host) != 1) {
    return send({.status = 400, .body = "a request of HTTP/1.1 has one Host header\n"});
  }
  const auto target = request.target();
  const auto authorization = request[bhttp::field::authorization];
  answering_({.target = {target.data(), target.size()},
              .host = {host.data(), host.size()},
              .authorization = {authorization.data(), authorization.size()},
              .address = address_},
             [self = shared_from_this()](Answer answer) {
               if (self->stream_.transport().is_open()) self->send(std::move(answer));
             });
}

void Connection::send(Answer answer) {
  message_.version(http_11);
  message_.result(answer.status);
  message_.set(bhttp::field::content_type,
               beast::string_view{answer.type.data(), answer.type.size()});
  message_.set(bhttp::field::cache_control, "no-store");
  message_.set("X-Content-Type-Options", "nosniff");
  if (answer.status == unauthorised) {
    message_.set(bhttp::field::www_authenticate, R"(Basic realm="pawl", charset="UTF-8")");
    message_.keep_alive(false);  // who guesses takes a connection for each guess
  }
  if (answer.is_page) {
    message_.set("Content-Security-Policy",
                 beast::string_view{page_policy.data(), page_policy.size()});
    message_.set("Referrer-Policy", "no-referrer");
  }
  message_.content_length(answer.body.size());
  if (!head_) message_.body() = std::move(answer.body);
  set_deadline(limits_.answering);
  bhttp::async_write(stream_, message_,
                     [self = shared_from_this()](const error_code& error, std::size_t) {
                       self->on_written(error);
                     });
}

void Connection::on_written(const error_code& error) {
  if (error) return end();
  if (!message_.keep_alive()) return linger();
  message_ = {};
  await_request();
}

// The kernel throws away what was sent when a socket closes with input unread: that is read first,
// so that the answer is.
void Connection::linger() {
  stream_.transport().finish_output();
  set_deadline(longest_linger);
  discard(0);
}

void Connection::discard(std::size_t so_far) {
  buffer_.clear();
  error_code error;
  const auto room = buffer_.prepare(limits_.header);
  const std::size_t bytes =
      stream_.transport().read_some({static_cast<char*>(room.data()), room.size()}, error);
  so_far += bytes;
  if (error == boost::asio::error::would_block) {
    stream_.transport().wait(Socket::wait_read,
                             [self = shared_from_this(), so_far](const error_code& failed) {
                               if (failed) return self->end();
                               self->discard(so_far);
                             });
  } else if (error || so_far > most_discarded) {
    end();
  } else {
    discard(so_far);
  }
}

}  // namespace pawl::server::http
