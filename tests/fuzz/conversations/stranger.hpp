// SPDX-License-Identifier: Apache-2.0
//
// A client that may say anything and leave at any time, over a real socket that never blocks.
// Whatever it reads must be lines of the protocol, or values of RESP if that is what it spoke.
#pragma once

#include <cstddef>
#include <cstdint>
#include <random>
#include <string>
#include <string_view>

namespace pawl::fuzz {

class Stranger {
 public:
  explicit Stranger(std::uint16_t port) : port_(port) {}
  Stranger(Stranger&& other) noexcept;
  Stranger(const Stranger&) = delete;
  Stranger& operator=(const Stranger&) = delete;
  ~Stranger() { close(); }

  // One thing, whatever comes to its mind.
  void act(std::mt19937_64& random);
  void close();

  [[nodiscard]] std::uint64_t replies() const { return replies_; }
  [[nodiscard]] std::uint64_t connections() const { return connections_; }

 private:
  void connect(std::mt19937_64& random);
  void say(std::mt19937_64& random);
  void send();
  void read();
  void look_at(std::string_view bytes);
  void reset();

  std::uint16_t port_;
  int socket_ = -1;
  bool speaks_resp_ = false;
  bool at_first_byte_ = true;
  bool reads_ = true;
  bool finished_ = false;  // has nothing more to say
  std::string to_send_;
  std::string read_;
  std::uint64_t newest_token_ = 1;
  std::uint64_t replies_ = 0;
  std::uint64_t connections_ = 0;
};

}  // namespace pawl::fuzz
