// SPDX-License-Identifier: Apache-2.0
//
// File descriptors: the disk must never miss one because clients, or those who look on, have them
// all. So many are kept from clients; where there are not even twice as many pawld does not start.
#pragma once

#include <optional>

#include "base/settings.hpp"
#include "server/start_failure.hpp"

namespace pawl::server {

// As many as the system lets this process have.
void raise_descriptor_limit();

[[nodiscard]] std::optional<StartFailure> too_few_descriptors(bool serves_http);

// With so few connections that the descriptors suffice. A client that is passed on (`forwards`) has
// two: its own, and that to the primary.
[[nodiscard]] Limits within_descriptors(Limits limits, bool forwards, bool serves_http);

}  // namespace pawl::server
