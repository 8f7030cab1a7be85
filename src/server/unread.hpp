// SPDX-License-Identifier: Apache-2.0
//
// What the server has told and clients have not read, of all of them together. Its law: however
// many do not read, it stays near an eighth of limits.memory. Beyond that, until half of it has
// gone, each may leave little unread, who asks for what is long waits, and who takes nothing for
// limits.unread_output_for is closed; locks are served to all who read.
#pragma once

#include <algorithm>
#include <cstdint>

#include "base/settings.hpp"

namespace pawl::server {

class Unread {
 public:
  explicit Unread(const Limits& limits) { configure(limits); }

  void configure(const Limits& limits) { most_ = limits.memory / share_of_memory; }

  // `counted`: of one connection, when it was last counted.
  void count(std::uint64_t& counted, std::uint64_t now) {
    total_ += now - counted;
    counted = now;
    is_too_much_ = total_ > (is_too_much_ ? most_ / 2 : most_);
  }

  [[nodiscard]] bool is_too_much() const { return is_too_much_; }
  // Of one connection, before it is read no more.
  [[nodiscard]] std::uint64_t allowed(const Limits& limits) const {
    return is_too_much() ? std::min(limits.unread_output, little) : limits.unread_output;
  }

 private:
  static constexpr std::uint64_t share_of_memory = 8;
  static constexpr std::uint64_t little = 16'384;

  std::uint64_t most_ = 0;
  std::uint64_t total_ = 0;
  bool is_too_much_ = false;
};

}  // namespace pawl::server
