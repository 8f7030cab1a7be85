// SPDX-License-Identifier: Apache-2.0
//
// One connection to one node that may be away, paused or gone: nothing throws, each read says until
// when it waits. A connection that failed stays failed.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "durability/door.hpp"

namespace pawl::testing {

using TimePoint = std::chrono::steady_clock::time_point;

struct Address {
  std::uint16_t port = 0;
  std::string host = "127.0.0.1";  // a number
  std::string ca = {};             // empty: plain, as anybody; else as Door

  [[nodiscard]] std::string text() const { return host + ':' + std::to_string(port); }
};

class Wire {
 public:
  explicit Wire(const Address& address);
  explicit Wire(std::uint16_t port) : Wire(Address{port}) {}
  ~Wire();
  Wire(const Wire&) = delete;
  Wire& operator=(const Wire&) = delete;

  bool send(std::string_view line);  // adds the LF
  // Nothing: not in time, or the connection ended, see is_open().
  [[nodiscard]] std::optional<std::string> read_line(TimePoint until);
  [[nodiscard]] bool is_open() const { return open_; }

 private:
  void secure(const std::string& ca);
  [[nodiscard]] bool is_readable(TimePoint until) const;

  int socket_ = -1;
  bool open_ = false;
  OwnedContext context_;
  OwnedSsl ssl_;  // none: plain
  std::string input_;
};

}  // namespace pawl::testing
