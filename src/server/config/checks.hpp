// SPDX-License-Identifier: Apache-2.0
//
// What no single value tells: values that contradict each other.
#pragma once

#include "server/config/effective.hpp"

namespace pawl::server {

void check_pairs(Effective& effective);

}  // namespace pawl::server
