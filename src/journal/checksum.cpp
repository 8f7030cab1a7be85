// SPDX-License-Identifier: Apache-2.0
#include "journal/checksum.hpp"

#define XXH_INLINE_ALL
#include <xxhash.h>

namespace pawl::journal {

std::uint64_t checksum(Bytes bytes, std::uint64_t seed) {
  return XXH3_64bits_withSeed(bytes.data(), bytes.size(), seed);
}

}  // namespace pawl::journal
