// SPDX-License-Identifier: Apache-2.0
//
// A TCP connection to a port of this machine.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace pawl::bench {

class Socket {
 public:
  static Socket connect(std::uint16_t port);
  Socket(Socket&& other) noexcept;
  Socket& operator=(Socket&& other) noexcept;
  ~Socket();

  [[nodiscard]] int descriptor() const { return descriptor_; }

  void send_all(std::string_view bytes) const;
  // What has arrived, 0 if nothing; throws once the server has closed.
  [[nodiscard]] std::size_t receive(char* to, std::size_t room) const;
  // Waits for it; for what is said before a measurement.
  [[nodiscard]] std::string read_line() const;
  // Closing then resets the connection, which leaves no port in TIME_WAIT.
  void reset_at_close() const;

 private:
  explicit Socket(int descriptor) : descriptor_(descriptor) {}

  int descriptor_ = -1;
};

}  // namespace pawl::bench
