// SPDX-License-Identifier: Apache-2.0
#include "base/ensure.hpp"

#include <cstdio>
#include <cstdlib>

namespace pawl {

void ensure_failed(const char* condition, const char* file, int line) {
  std::fprintf(stderr, "pawl: broken law: %s (%s:%d)\n", condition, file, line);
  std::abort();
}

}  // namespace pawl
