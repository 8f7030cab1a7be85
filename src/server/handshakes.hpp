// SPDX-License-Identifier: Apache-2.0
//
// The TLS handshakes that were answered and are not done, each with some 44 KB, though nobody knows
// yet who it is. Its law: however many do not go on, there are never more than `most`; the oldest
// gives way, for an honest client goes on within a round trip. Who has not been answered, because
// the server has much to do, takes little and is not touched.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>

#include "base/ids.hpp"

namespace pawl::server {

class Handshakes {
 public:
  using Number = std::uint64_t;  // 0: none
  static constexpr std::size_t most = 1'000;

  [[nodiscard]] Number begin(ConnectionId connection) {
    under_way_.emplace(++last_, connection);
    return last_;
  }
  // It is done, or gone.
  void end(Number number) { under_way_.erase(number); }

  [[nodiscard]] bool are_too_many() const { return under_way_.size() > most; }
  [[nodiscard]] ConnectionId oldest() const { return under_way_.begin()->second; }

 private:
  std::map<Number, ConnectionId> under_way_;
  Number last_ = 0;
};

}  // namespace pawl::server
