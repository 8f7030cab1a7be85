// SPDX-License-Identifier: Apache-2.0
//
// How wide the columns of a table are on a terminal of some width: each as wide as its texts if
// there is room; else the wider ones give way, and when they cannot, the least important is left
// out.
#pragma once

#include <cstddef>
#include <vector>

namespace pawl::cli::top {

struct Column {
  std::size_t natural = 0;  // of its widest text
  std::size_t least = 0;    // with less it is of no use; the same as natural: it does not give way
  unsigned rank = 0;        // the lesser, the more important; 0: never left out
};

inline constexpr std::size_t gap = 2;

// 0 for those left out. Of those that may give way the least important does so first.
[[nodiscard]] std::vector<std::size_t> fitted(const std::vector<Column>& columns,
                                              std::size_t width);

}  // namespace pawl::cli::top
