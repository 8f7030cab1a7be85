// SPDX-License-Identifier: Apache-2.0
//
// One number for all that a lock table says, whatever slots it uses: two nodes that applied the
// same records have the same.
#pragma once

#include <cstdint>

#include "locks/lock_table.hpp"

namespace pawl::simulation {

[[nodiscard]] std::uint64_t digest(const locks::LockTable& table);

}  // namespace pawl::simulation
