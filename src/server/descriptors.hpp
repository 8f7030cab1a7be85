// SPDX-License-Identifier: Apache-2.0
//
// File descriptors: the disk must never miss one because clients, or those who look on, have them
// all. So many are kept from clients; where there are not even twice as many pawld does not start.
#pragma once

#include <optional>

#include "base/settings.hpp"
#include "server/config/config.hpp"
#include "server/start_failure.hpp"

namespace pawl::server {

// As many as the system lets this process have.
void raise_descriptor_limit();

// Who else has some.
struct DescriptorUse {
  bool http = false;
  bool peers = false;
  bool relays = false;  // to the primary: a client has two
};
[[nodiscard]] DescriptorUse descriptor_use(const Config& config);

[[nodiscard]] std::optional<StartFailure> too_few_descriptors(const DescriptorUse& use);

// With so few connections that the descriptors suffice.
[[nodiscard]] Limits within_descriptors(Limits limits, const DescriptorUse& use);

}  // namespace pawl::server
