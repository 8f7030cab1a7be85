// SPDX-License-Identifier: Apache-2.0
//
// How large the tests are: the promised counts in an optimized build; a tenth, and no demand on
// latency, where sanitizers or a debug build would be measured instead of pawld.
#pragma once

#include <cstddef>

namespace pawl::testing {

#if defined(__OPTIMIZE__) && !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
inline constexpr bool full_size = true;
#else
inline constexpr bool full_size = false;
#endif

constexpr std::size_t scaled(std::size_t count) { return full_size ? count : count / 10; }

}  // namespace pawl::testing
