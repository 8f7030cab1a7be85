// SPDX-License-Identifier: Apache-2.0
//
// What no single value tells: values that contradict each other, and what this version cannot do.
#pragma once

#include "server/config/effective.hpp"

namespace pawl::server {

void check_pairs(Effective& effective);

// Never a silent downgrade: a durability that this version does not have is refused. To be removed,
// with its call in merge(), as soon as the log is on disk.
void check_durability(Effective& effective);

}  // namespace pawl::server
