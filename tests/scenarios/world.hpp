// SPDX-License-Identifier: Apache-2.0
//
// Where a transcript is played: the core in simulated time, or a pawld of its own over TCP.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

namespace pawl::testing {

class World {
 public:
  virtual ~World() = default;

  virtual void connect(const std::string& who) = 0;
  virtual void disconnect(const std::string& who) = 0;
  virtual void end_input(const std::string& who) = 0;
  virtual void send(const std::string& who, std::string_view line) = 0;
  // The line that is there by now; nothing: none is, or the connection is closed.
  virtual std::optional<std::string> read(const std::string& who) = 0;
  // Like read, when none is expected: does not wait for one.
  virtual std::optional<std::string> peek(const std::string& who) = 0;
  virtual bool is_closed(const std::string& who) = 0;
  virtual void wait(std::chrono::milliseconds span) = 0;
};

}  // namespace pawl::testing
