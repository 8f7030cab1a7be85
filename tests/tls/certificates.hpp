// SPDX-License-Identifier: Apache-2.0
//
// A CA and what it issued, as files that pawld and OpenSSL's clients can be pointed at; gone at the
// end.
#pragma once

#include <catch2/catch.hpp>
#include <chrono>
#include <fstream>
#include <string>
#include <string_view>
#include <utility>

#include "cli/certs/authority.hpp"
#include "server/config/config.hpp"
#include "system/temporary_directory.hpp"

namespace pawl::test {

[[nodiscard]] inline certs::Validity a_day() {
  using namespace std::chrono_literals;
  const auto now = std::chrono::system_clock::now();
  return {now - 1h, now + 24h};
}

[[nodiscard]] inline certs::Validity yesterday() {
  using namespace std::chrono_literals;
  const auto now = std::chrono::system_clock::now();
  return {now - 48h, now - 24h};
}

template <class T>
[[nodiscard]] T take(certs::Made<T> made) {
  if (made.has_error()) FAIL(made.error().why);
  return *std::move(made);
}

class Certificates {
 public:
  // `prefix`.pem and `prefix`.key, of whatever is issued under that name.
  struct Pair {
    std::string certificate;
    std::string key;
  };

  explicit Certificates(std::string cluster = "c1")
      : cluster_(std::move(cluster)),
        authority_(take(certs::Authority::create("pawl CA of " + cluster_, a_day()))) {
    write("ca.pem", authority_.credentials().certificate);
  }

  [[nodiscard]] const certs::Authority& authority() const { return authority_; }
  [[nodiscard]] std::string ca() const { return path("ca.pem"); }
  [[nodiscard]] std::string path(const std::string& name) const {
    return directory_.path() + "/" + name;
  }

  Pair node(const std::string& node, const certs::Validity& validity = a_day()) {
    return write(
        node, take(authority_.issue_node({cluster_, node, {"localhost", "127.0.0.1"}}, validity)));
  }
  Pair client(const std::string& user, const certs::Validity& validity = a_day()) {
    return write("user-" + user, take(authority_.issue_client(user, validity)));
  }

  std::string write(const std::string& name, std::string_view text) const {
    std::ofstream file(path(name), std::ios::trunc);
    file << text;
    REQUIRE(file.good());
    return path(name);
  }

  // Of node n1, with TLS for clients.
  server::Tls settings() {
    const Pair own = node("n1");
    return {.certificate = own.certificate, .key = own.key, .ca = ca()};
  }

 private:
  Pair write(const std::string& name, const certs::Credentials& credentials) {
    return {write(name + ".pem", credentials.certificate), write(name + ".key", credentials.key)};
  }

  testing::TemporaryDirectory directory_;
  std::string cluster_;
  certs::Authority authority_;
};

}  // namespace pawl::test
