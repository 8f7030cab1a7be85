// SPDX-License-Identifier: Apache-2.0
//
// A TCP link that can be made bad, between whoever connects to port() and the target: a direction
// stalls, as if its packets were dropped, or is slow; all is cut, by resets. What stalled is
// delivered once healed, as TCP would. Runs on a thread of its own; any thread may call it, and
// what it was told is so when the call returns.
#pragma once

#include <array>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <thread>
#include <vector>

namespace pawl::test {

class FaultProxy {
 public:
  enum class Way : std::uint8_t { there, back };  // from who connected to the target, and back

  // On this port of loopback; 0 takes a free one.
  explicit FaultProxy(std::uint16_t target, std::uint16_t port = 0);
  FaultProxy(const FaultProxy&) = delete;
  FaultProxy& operator=(const FaultProxy&) = delete;
  ~FaultProxy();

  [[nodiscard]] std::uint16_t port() const { return port_; }
  void set_target(std::uint16_t target);  // of connections to come

  void stall(Way way);
  void stall_all();
  void delay(Way way, std::chrono::milliseconds span);
  void cut();   // resets what there is and whoever comes
  void heal();  // all of it

  [[nodiscard]] std::size_t connections();

 private:
  struct Fault {
    bool stalled = false;
    std::chrono::milliseconds delay{0};
  };
  class Session;

  void accept();
  void forget(const Session* session);
  void run(std::function<void()> work);

  boost::asio::io_context context_;
  boost::asio::ip::tcp::acceptor acceptor_;
  std::uint16_t port_ = 0;
  std::uint16_t target_;
  std::array<Fault, 2> faults_;
  bool cut_ = false;
  std::vector<std::shared_ptr<Session>> sessions_;
  std::thread thread_;
};

}  // namespace pawl::test
