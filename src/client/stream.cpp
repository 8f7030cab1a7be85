// SPDX-License-Identifier: Apache-2.0
#include "client/stream.hpp"

#include <boost/asio/post.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/asio/write.hpp>
#include <utility>

#include "client/tls.hpp"

namespace pawl::client {

namespace asio = boost::asio;
using asio::ip::tcp;
using boost::system::error_code;

struct Stream::Tls {
  Tls(tcp::socket& socket, TlsOptions with, std::string host)
      : options(std::move(with)),
        context(make_tls_context(options)),
        stream(socket, context),
        expected{std::move(host)} {
    expect(stream.native_handle(), expected);
  }

  TlsOptions options;
  asio::ssl::context context;
  asio::ssl::stream<tcp::socket&> stream;
  Expected expected;
};

Stream::Stream(asio::io_context& context) : socket_(context) {}

Stream::~Stream() = default;

void Stream::secure(const TlsOptions& options, const std::string& host, Secured done) {
  try {
    tls_ = std::make_unique<Tls>(socket_, options,
                                 options.server_name.empty() ? host : options.server_name);
  } catch (const TlsFailure& failure) {
    asio::post(socket_.get_executor(),
               [done = std::move(done), problem = std::string(failure.what())] { done(problem); });
    return;
  }
  tls_->stream.async_handshake(
      asio::ssl::stream_base::client, [this, done = std::move(done)](const error_code& error) {
        done(error ? why_refused(tls_->stream.native_handle(), error, tls_->expected, tls_->options)
                   : std::string());
      });
}

void Stream::read_some(asio::mutable_buffer into, Done done) {
  tls_ ? tls_->stream.async_read_some(into, std::move(done))
       : socket_.async_read_some(into, std::move(done));
}

void Stream::write(asio::const_buffer all, Done done) {
  tls_ ? asio::async_write(tls_->stream, asio::const_buffers_1(all), std::move(done))
       : asio::async_write(socket_, asio::const_buffers_1(all), std::move(done));
}

void Stream::write_now(asio::const_buffer all, error_code& error) {
  tls_ ? asio::write(tls_->stream, asio::const_buffers_1(all), error)
       : asio::write(socket_, asio::const_buffers_1(all), error);
}

}  // namespace pawl::client
