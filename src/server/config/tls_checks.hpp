// SPDX-License-Identifier: Apache-2.0
//
// What contradicts itself among the keys of TLS: nothing that was asked for is left out in silence.
#pragma once

#include "server/config/effective.hpp"

namespace pawl::server {

void check_tls(Effective& effective);

}  // namespace pawl::server
