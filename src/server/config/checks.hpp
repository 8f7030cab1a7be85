// SPDX-License-Identifier: Apache-2.0
//
// What no single value tells: values that contradict each other.
#pragma once

#include "server/config/effective.hpp"

namespace pawl::server {

void check_pairs(Effective& effective);

// "leases.min_ttl (1m)"
[[nodiscard]] std::string shown(const Effective& effective, const Key& key);

// "left relation right", told at the place of the one that somebody set.
void complain_of_pair(Effective& effective, const Key& left, std::string_view relation,
                      const Key& right);

[[nodiscard]] const Key& key_named(std::string_view name);

}  // namespace pawl::server
