// SPDX-License-Identifier: Apache-2.0
//
// A client of the line protocol by TLS, straight on OpenSSL: what any other program would do.
// Blocks, with an end to every wait.
#pragma once

#include <openssl/ssl.h>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "server/tls/openssl.hpp"

namespace pawl::test {

class TlsClient {
 public:
  struct Options {
    std::string ca;                // empty: whoever it is
    std::string certificate = {};  // its own
    std::string key = {};
    int highest_version = 0;  // the newest there is
  };

  TlsClient(std::uint16_t port, const Options& options);
  TlsClient(TlsClient&&) = delete;
  ~TlsClient();

  // Why there is no TLS; empty: there is.
  [[nodiscard]] const std::string& trouble() const { return trouble_; }
  // Common name of the server's certificate.
  [[nodiscard]] std::string server_name() const;
  [[nodiscard]] bool was_resumed() const { return SSL_session_reused(ssl_.get()) == 1; }

  void send(std::string_view text);
  void finish_output();  // close_notify, and no more
  void break_off();      // the end of the connection, without a word
  // A record that asks for new keys, with nothing for the server above TLS: for send_raw().
  [[nodiscard]] std::string key_update();
  // What is on the wire, past TLS.
  void send_raw(std::string_view bytes) const;

  // The next line without its LF; nothing at an end in order, "broken: …" otherwise.
  [[nodiscard]] std::optional<std::string> line();
  [[nodiscard]] std::string ask(std::string_view request);

 private:
  int descriptor_ = -1;
  server::tls::OwnedContext context_;
  server::tls::OwnedSsl ssl_;
  std::string trouble_;
  std::string read_;
};

}  // namespace pawl::test
