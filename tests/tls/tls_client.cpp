// SPDX-License-Identifier: Apache-2.0
#include "tls/tls_client.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <openssl/err.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <array>
#include <catch2/catch.hpp>

namespace pawl::test {
namespace {

constexpr timeval deadline{20, 0};  // never reached unless the test fails

int connect_to(std::uint16_t port) {
  const int descriptor = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  REQUIRE(descriptor >= 0);
  for (const int option : {SO_RCVTIMEO, SO_SNDTIMEO}) {
    REQUIRE(::setsockopt(descriptor, SOL_SOCKET, option, &deadline, sizeof deadline) == 0);
  }
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  REQUIRE(::connect(descriptor, reinterpret_cast<const sockaddr*>(&address), sizeof(address)) == 0);
  return descriptor;
}

}  // namespace

TlsClient::TlsClient(std::uint16_t port, const Options& options)
    : descriptor_(connect_to(port)), context_(SSL_CTX_new(TLS_client_method())) {
  SSL_CTX* const context = context_.get();
  if (!options.ca.empty()) {
    REQUIRE(SSL_CTX_load_verify_file(context, options.ca.c_str()) == 1);
    SSL_CTX_set_verify(context, SSL_VERIFY_PEER, nullptr);
  }
  if (!options.certificate.empty()) {
    REQUIRE(SSL_CTX_use_certificate_chain_file(context, options.certificate.c_str()) == 1);
    REQUIRE(SSL_CTX_use_PrivateKey_file(context, options.key.c_str(), SSL_FILETYPE_PEM) == 1);
  }
  if (options.highest_version != 0) {
    SSL_CTX_set_max_proto_version(context, options.highest_version);
  }
  ssl_.reset(SSL_new(context));
  SSL_set_fd(ssl_.get(), descriptor_);
  ERR_clear_error();
  if (SSL_connect(ssl_.get()) == 1) return;
  trouble_ = server::tls::take_failure();
  if (trouble_.empty()) trouble_ = "ended";
}

TlsClient::~TlsClient() { break_off(); }

void TlsClient::break_off() {
  if (descriptor_ >= 0) ::close(descriptor_);
  descriptor_ = -1;
}

std::string TlsClient::server_name() const {
  std::array<char, 100> name{};
  X509_NAME_get_text_by_NID(X509_get_subject_name(SSL_get0_peer_certificate(ssl_.get())),
                            NID_commonName, name.data(), static_cast<int>(name.size()));
  return name.data();
}

void TlsClient::send(std::string_view text) {
  ERR_clear_error();
  std::size_t written = 0;
  REQUIRE(SSL_write_ex(ssl_.get(), text.data(), text.size(), &written) == 1);
}

void TlsClient::finish_output() { SSL_shutdown(ssl_.get()); }

std::string TlsClient::key_update() {
  BIO* const memory = BIO_new(BIO_s_mem());
  SSL_set0_wbio(ssl_.get(), memory);
  REQUIRE(SSL_key_update(ssl_.get(), SSL_KEY_UPDATE_NOT_REQUESTED) == 1);
  REQUIRE(SSL_do_handshake(ssl_.get()) == 1);
  char* bytes = nullptr;
  const long size = BIO_get_mem_data(memory, &bytes);
  std::string record(bytes, static_cast<std::size_t>(size));
  SSL_set_wfd(ssl_.get(), descriptor_);
  return record;
}

void TlsClient::send_raw(std::string_view bytes) const {
  REQUIRE(::send(descriptor_, bytes.data(), bytes.size(), MSG_NOSIGNAL) ==
          static_cast<ssize_t>(bytes.size()));
}

std::optional<std::string> TlsClient::line() {
  for (;;) {
    if (const auto end = read_.find('\n'); end != std::string::npos) {
      std::string line = read_.substr(0, end);
      read_.erase(0, end + 1);
      return line;
    }
    std::array<char, 20'000> bytes{};
    std::size_t got = 0;
    ERR_clear_error();
    const int result = SSL_read_ex(ssl_.get(), bytes.data(), bytes.size(), &got);
    if (result == 1) {
      read_.append(bytes.data(), got);
      continue;
    }
    CHECK(read_.empty());
    if (SSL_get_error(ssl_.get(), result) == SSL_ERROR_ZERO_RETURN) return std::nullopt;
    return "broken: " + server::tls::take_failure();
  }
}

std::string TlsClient::ask(std::string_view request) {
  send(std::string(request) + "\n");
  return line().value_or("closed");
}

}  // namespace pawl::test
