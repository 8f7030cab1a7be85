// SPDX-License-Identifier: Apache-2.0
//
// Ports of loopback for programs that must know theirs beforehand and come back to them. Outside
// the range from which the kernel serves others, who would take them while their owner is away.
#pragma once

#include <cstdint>
#include <vector>

namespace pawl::testing {

[[nodiscard]] std::vector<std::uint16_t> free_ports(std::size_t count);

}  // namespace pawl::testing
