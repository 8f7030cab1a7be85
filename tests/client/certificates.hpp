// SPDX-License-Identifier: Apache-2.0
//
// A certificate authority of a test, and what it made, as files.
#pragma once

#include <catch2/catch.hpp>
#include <chrono>
#include <fstream>
#include <string>
#include <vector>

#include "cli/certs/authority.hpp"
#include "pawl/tls.hpp"
#include "system/temporary_directory.hpp"

namespace pawl::testing {

class Certificates {
 public:
  struct Files {
    std::string certificate;
    std::string key;
  };

  Certificates() : authority_(take(certs::Authority::create("pawl CA of a test", lasting()))) {
    write("ca.pem", authority_.credentials().certificate);
  }

  [[nodiscard]] std::string ca() const { return directory_.path("ca.pem"); }
  [[nodiscard]] std::string path(const std::string& name) const { return directory_.path(name); }
  void write(const std::string& name, const std::string& text) const {
    std::ofstream(path(name)) << text;
  }

  // Good from an hour ago until so long from now.
  Files node(const std::vector<std::string>& hosts, std::chrono::hours until = day) const {
    return files("node", take(authority_.issue_node({"test", "n1", hosts}, lasting(until))));
  }
  Files client(const std::string& user) const {
    return files(user, take(authority_.issue_client(user, lasting())));
  }
  // What a client of these servers is told.
  [[nodiscard]] TlsOptions options() const { return {.ca = ca()}; }
  [[nodiscard]] TlsOptions options(const Files& own) const {
    return {.ca = ca(), .certificate = own.certificate, .key = own.key};
  }

 private:
  static constexpr std::chrono::hours day{24};

  static certs::Validity lasting(std::chrono::hours until = day) {
    const auto now = std::chrono::system_clock::now();
    return {now - 2 * day, now + until};
  }
  template <class T>
  static T take(certs::Made<T> made) {
    if (made.has_error()) FAIL(made.error().why);
    return *std::move(made);
  }
  [[nodiscard]] Files files(const std::string& name, const certs::Credentials& made) const {
    const std::string number = std::to_string(++count_);
    write(name + number + ".pem", made.certificate);
    write(name + number + ".key", made.key);
    return {path(name + number + ".pem"), path(name + number + ".key")};
  }

  TemporaryDirectory directory_;
  certs::Authority authority_;
  mutable int count_ = 0;
};

}  // namespace pawl::testing
