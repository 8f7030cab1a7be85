// SPDX-License-Identifier: Apache-2.0
//
// As LineServer, by TLS. It runs on the test's io_context, between the client's own handlers.
#pragma once

#include <boost/asio/buffer.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/read_until.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/asio/write.hpp>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "client/certificates.hpp"
#include "client/line_server.hpp"

namespace pawl::client {

class TlsServer {
  using Tcp = boost::asio::ip::tcp;
  struct Connection {
    Connection(Tcp::socket accepted, boost::asio::ssl::context& context)
        : stream(std::move(accepted), context) {}
    boost::asio::ssl::stream<Tcp::socket> stream;
    std::string input;
    std::string output;
  };

 public:
  TlsServer(boost::asio::io_context& context, const testing::Certificates::Files& own,
            LineServer::Answer answer)
      : acceptor_(context, Tcp::endpoint{boost::asio::ip::address_v4::loopback(), 0}),
        answer_(std::move(answer)) {
    context_.use_certificate_chain_file(own.certificate);
    context_.use_private_key_file(own.key, boost::asio::ssl::context::pem);
    accept();
  }

  // Whoever has no certificate of this CA is refused.
  void demand_certificates(const std::string& ca) {
    context_.load_verify_file(ca);
    context_.set_verify_mode(boost::asio::ssl::verify_peer |
                             boost::asio::ssl::verify_fail_if_no_peer_cert);
  }
  void break_connections() {
    for (const auto& connection : connections_) {
      boost::system::error_code ignored;
      connection->stream.next_layer().close(ignored);
    }
    connections_.clear();
  }
  [[nodiscard]] ServerAddress address() const {
    return {"127.0.0.1", std::to_string(acceptor_.local_endpoint().port())};
  }
  [[nodiscard]] std::size_t count(std::string_view words) const {
    std::size_t found = 0;
    for (const std::string& line : lines) found += line.find(words) != line.npos ? 1U : 0U;
    return found;
  }

  std::vector<std::string> lines;  // all that came
  int accepted = 0;

 private:
  void accept() {
    acceptor_.async_accept([this](boost::system::error_code error, Tcp::socket socket) {
      if (error) return;
      ++accepted;
      auto connection = std::make_shared<Connection>(std::move(socket), context_);
      connections_.push_back(connection);
      connection->stream.async_handshake(boost::asio::ssl::stream_base::server,
                                         [this, connection](boost::system::error_code failed) {
                                           if (!failed) return read(connection);
                                           boost::system::error_code ignored;
                                           connection->stream.next_layer().close(ignored);
                                         });
      accept();
    });
  }
  void read(const std::shared_ptr<Connection>& from) {
    boost::asio::async_read_until(
        from->stream, boost::asio::dynamic_buffer(from->input), '\n',
        [this, from](boost::system::error_code error, std::size_t length) {
          if (error) return;
          lines.push_back(from->input.substr(0, length - 1));
          from->input.erase(0, length);
          from->output = answer_(lines.back());
          boost::asio::async_write(from->stream, boost::asio::buffer(from->output),
                                   [this, from](boost::system::error_code unsent, std::size_t) {
                                     if (!unsent) read(from);
                                   });
        });
  }

  boost::asio::ssl::context context_{boost::asio::ssl::context::tls_server};
  Tcp::acceptor acceptor_;
  LineServer::Answer answer_;
  std::vector<std::shared_ptr<Connection>> connections_;
};

}  // namespace pawl::client
