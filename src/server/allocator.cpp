// SPDX-License-Identifier: Apache-2.0
#include "server/allocator.hpp"

#include <malloc.h>

namespace pawl::server {

void keep_little_memory() {
#ifdef __GLIBC__
  static_cast<void>(::mallopt(M_MMAP_THRESHOLD, 1 << 20));
  static_cast<void>(::mallopt(M_TRIM_THRESHOLD, 4 << 20));
#endif
}

}  // namespace pawl::server
