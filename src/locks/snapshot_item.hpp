// SPDX-License-Identifier: Apache-2.0
//
// The kinds of items in a snapshot's stream; each item is a text of its kind's byte and its fields.
// A kind may change its fields only under a new number.
#pragma once

#include <cstdint>

namespace pawl::locks {

enum class ItemKind : std::uint8_t { head = 1, session = 2, lock = 3, spent = 4 };

// No item is longer: a lock with all who share it, each with an id, a note and an address.
inline constexpr std::uint64_t longest_item = std::uint64_t{1} << 32u;

// Beside the stage of an acquisition: what few have follows at its end.
inline constexpr unsigned rare_bit = 0x80;

// Beside the mode of a lock: an operator has set its slots.
inline constexpr unsigned slots_set_bit = 0x80;

}  // namespace pawl::locks
