// SPDX-License-Identifier: Apache-2.0
//
// The only source of chance in a simulation: splitmix64, integers only, so that a seed means the
// same on every machine and with every compiler.
#pragma once

#include <array>
#include <cstdint>

#include "base/moment.hpp"

namespace pawl::simulation {

class Random {
 public:
  explicit Random(std::uint64_t seed) : state_(seed) {}

  std::uint64_t next() {
    state_ += 0x9E37'79B9'7F4A'7C15u;
    std::uint64_t z = state_;
    z = (z ^ (z >> 30)) * 0xBF58'476D'1CE4'E5B9u;
    z = (z ^ (z >> 27)) * 0x94D0'49BB'1331'11EBu;
    return z ^ (z >> 31);
  }
  // 0 … count − 1.
  std::uint64_t below(std::uint64_t count) { return count == 0 ? 0 : next() % count; }
  std::int64_t between(std::int64_t least, std::int64_t most) {
    return least + static_cast<std::int64_t>(below(static_cast<std::uint64_t>(most - least) + 1));
  }
  Span between(Span least, Span most) { return Span{between(least.count(), most.count())}; }
  // Short ones mostly, long ones now and then: as delays are.
  Span skewed(Span least, Span most) {
    return between(least, least + (most - least) / (std::int64_t{1} << below(5)));
  }
  bool chance(std::uint64_t permille) { return below(1'000) < permille; }
  template <class Value, std::size_t count>
  Value pick(const std::array<Value, count>& values) {
    return values[below(count)];
  }

 private:
  std::uint64_t state_;
};

}  // namespace pawl::simulation
