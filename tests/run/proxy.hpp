// SPDX-License-Identifier: Apache-2.0
//
// A network between a client and a server on loopback, which can be cut: then nothing passes any
// more, and neither side is told.
#pragma once

#include <atomic>
#include <cstdint>
#include <thread>
#include <vector>

namespace pawl::testing {

class Proxy {
 public:
  explicit Proxy(std::uint16_t to);
  ~Proxy();
  Proxy(const Proxy&) = delete;
  Proxy& operator=(const Proxy&) = delete;

  [[nodiscard]] std::uint16_t port() const { return port_; }
  void cut() { cut_ = true; }
  void mend() { cut_ = false; }

 private:
  struct Wire {
    int from = -1;
    int to = -1;
  };
  void work();
  void accept_one();

  std::uint16_t to_;
  std::uint16_t port_ = 0;
  int listener_ = -1;
  std::vector<Wire> wires_;
  std::atomic<bool> cut_ = false;
  std::atomic<bool> over_ = false;
  std::thread thread_;
};

}  // namespace pawl::testing
