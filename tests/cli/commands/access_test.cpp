// SPDX-License-Identifier: Apache-2.0
//
// pawl against a server that wants to know who asks.
#include <catch2/catch.hpp>

#include "system/pawl_command.hpp"

namespace pawl::testing {}
