// SPDX-License-Identifier: Apache-2.0
//
// What clients are told in more than one place.
#pragma once

#include <string_view>

namespace pawl::node {

// To a LOCK whose slots= differs from what counts for the lock …
inline constexpr std::string_view other_slots =
    "the lock is held or awaited with another number of slots";
// … whose id is known.
inline constexpr std::string_view other_acquisition = "this id names another acquisition";
inline constexpr std::string_view part_is_gone = "a part of these locks is not held any more";

}  // namespace pawl::node
