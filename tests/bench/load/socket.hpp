// SPDX-License-Identifier: Apache-2.0
//
// A TCP connection to a port of this machine, with TLS or without.
#pragma once

#include <openssl/ssl.h>

#include <cstddef>
#include <cstdint>
#include <memory>
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
  // Shakes hands; with whom is not asked. Then read_line() is over.
  void begin_tls();

 private:
  void wait(short events) const;
  void send_records(std::string_view bytes) const;
  std::size_t receive_records(char* to, std::size_t room) const;

  explicit Socket(int descriptor) : descriptor_(descriptor) {}

  struct Free {
    void operator()(SSL* ssl) const { SSL_free(ssl); }
  };
  int descriptor_ = -1;
  std::unique_ptr<SSL, Free> ssl_;  // none: plain
};

}  // namespace pawl::bench
