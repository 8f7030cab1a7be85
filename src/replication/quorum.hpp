// SPDX-License-Identifier: Apache-2.0
//
// Majority arithmetic, apart from everything so that it can be proved apart from everything.
#pragma once

#include <algorithm>
#include <cstddef>
#include <functional>
#include <span>

#include "base/ensure.hpp"

namespace pawl::replication {

[[nodiscard]] constexpr std::size_t majority_of(std::size_t voters) { return voters / 2 + 1; }

// The highest value that a majority has reached. Sorts `reached`, one value per voter.
template <class Value>
[[nodiscard]] Value reached_by_majority(std::span<Value> reached) {
  ensure(!reached.empty());
  auto nth = reached.begin() + static_cast<std::ptrdiff_t>(majority_of(reached.size()) - 1);
  std::nth_element(reached.begin(), nth, reached.end(), std::greater<>{});
  return *nth;
}

}  // namespace pawl::replication
