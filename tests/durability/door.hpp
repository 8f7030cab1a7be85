// SPDX-License-Identifier: Apache-2.0
//
// How clients get in: plain, as anybody; or by TLS, as a user, to a server that lets in nobody
// else. A connection throws as a LineClient does.
#pragma once

#include <openssl/ssl.h>

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace pawl::testing {

enum class Guard : std::uint8_t { none, tls_and_users };

struct Door {
  std::uint16_t port = 0;
  std::string ca = {};  // empty: plain, as anybody
};

struct FreeTls {
  void operator()(SSL_CTX* context) const { SSL_CTX_free(context); }
  void operator()(SSL* ssl) const { SSL_free(ssl); }
};
using OwnedContext = std::unique_ptr<SSL_CTX, FreeTls>;
using OwnedSsl = std::unique_ptr<SSL, FreeTls>;

// What a client says first.
inline constexpr std::string_view greeting = "AUTH ci crash-test-secret";
inline constexpr std::string_view greeted = "OK user=ci";
// Of clients that believe only servers of that CA.
[[nodiscard]] OwnedContext trust_in(const std::string& ca);

// Makes a CA and the certificates of these nodes in `directory`.
void make_guard(const std::string& directory, const std::string& cluster,
                const std::vector<std::string>& nodes);
// What pawld, as that node, has to be told of them.
[[nodiscard]] std::vector<std::string> settings_of_guard(const std::string& directory,
                                                         const std::string& node);
[[nodiscard]] std::string ca_of_guard(const std::string& directory);

class Connection {
 public:
  explicit Connection(const Door& door);
  ~Connection();
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  void send(std::string_view line);  // adds the LF
  [[nodiscard]] std::string read_line();

 private:
  void secure(const std::string& ca);
  [[nodiscard]] std::size_t read(char* bytes, std::size_t most);

  int socket_ = -1;
  OwnedContext context_;
  OwnedSsl ssl_;  // none: plain
  std::string input_;
};

}  // namespace pawl::testing
