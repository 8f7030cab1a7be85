// SPDX-License-Identifier: Apache-2.0
//
// The pawl command as a shell sees it: words and environment in, stdout, stderr and exit code out;
// and servers that are scripted, for what a pawld does rarely.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "system/process.hpp"

namespace pawl::testing {

using Words = std::vector<std::string>;

struct Outcome {
  int code = 0;
  std::string output;
};

[[nodiscard]] Outcome pawl_with(const Words& words, const Words& environment = {});  // both streams
[[nodiscard]] Outcome pawl_data(const Words& words, const Words& environment = {});  // stdout
[[nodiscard]] Outcome pawl_said(const Words& words, const Words& environment = {});  // stderr

// PAWL_SERVER=127.0.0.1:port
[[nodiscard]] std::string server_at(std::uint16_t port);

// A port that is taken and where nobody listens: connecting is refused.
class DeafPort {
 public:
  DeafPort();
  ~DeafPort();
  DeafPort(const DeafPort&) = delete;
  DeafPort& operator=(const DeafPort&) = delete;

  [[nodiscard]] std::uint16_t port() const { return port_; }
  [[nodiscard]] std::string server() const { return "127.0.0.1:" + std::to_string(port_); }
  // Connections are accepted by the kernel from now on, and answered by nobody but a FakeServer.
  void listen_without_answering() const;

 protected:
  int socket_ = -1;

 private:
  std::uint16_t port_ = 0;
};

// Takes one connection at a time, says what the test says. Every wait has a deadline.
class FakeServer : public DeafPort {
 public:
  FakeServer() { listen_without_answering(); }
  ~FakeServer() { hang_up(); }
  void accept();
  [[nodiscard]] std::string read_line();  // without its LF
  void send(std::string_view text) const;
  void hang_up();

 private:
  int peer_ = -1;
  std::string input_;
};

}  // namespace pawl::testing
