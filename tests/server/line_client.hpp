// SPDX-License-Identifier: Apache-2.0
//
// A client of the line protocol for tests: plain sockets, every wait bounded by a deadline.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace pawl::test {

class LineClient {
 public:
  // receive_buffer 0: the system's. A small one makes the server feel early that nobody reads.
  explicit LineClient(std::uint16_t port, int receive_buffer = 0);
  LineClient(LineClient&& other) noexcept;
  LineClient(const LineClient&) = delete;
  LineClient& operator=(const LineClient&) = delete;
  ~LineClient();

  void send(std::string_view text);
  // Sends what fits now; -1 when the connection is gone.
  [[nodiscard]] long send_some(std::string_view text);
  void finish_output();
  void close();

  // The next line without its LF; nothing at the end of input. A deadline or a reset fails the
  // test.
  [[nodiscard]] std::optional<std::string> line();
  [[nodiscard]] std::string ask(std::string_view request);
  // End of input, in order or by reset, with nothing to read before it.
  [[nodiscard]] bool is_closed();
  // Until the end of input or a reset, whatever comes before it; a deadline fails the test.
  void read_to_end() const;
  // Something can be read now: bytes or the end.
  [[nodiscard]] bool has_news() const;
  // Room to send, or the end of the connection, before the deadline.
  void wait_writable() const;

 private:
  void wait(short events) const;

  int descriptor_ = -1;
  std::string read_;
};

}  // namespace pawl::test
