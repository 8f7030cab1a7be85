// SPDX-License-Identifier: Apache-2.0
//
// What `nc` is to a person: one connection, lines out, lines in. A read has a deadline.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace pawl::testing {

class LineClient {
 public:
  explicit LineClient(std::uint16_t port);  // of 127.0.0.1
  ~LineClient();
  LineClient(const LineClient&) = delete;
  LineClient& operator=(const LineClient&) = delete;

  void send(std::string_view line) const;  // adds the LF
  [[nodiscard]] std::string read_line();   // without its LF; throws at end of input
  // End of input, in order or by reset, with nothing to read before it. Throws at the deadline.
  [[nodiscard]] bool is_closed();

 private:
  void await_input() const;

  int socket_ = -1;
  std::string input_;
};

}  // namespace pawl::testing
