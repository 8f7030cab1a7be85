// SPDX-License-Identifier: Apache-2.0
//
// The one place that reads time. CLOCK_MONOTONIC_RAW: never stepped, never slewed.
#pragma once

#include <cstdint>

#include "base/moment.hpp"

namespace pawl::server {

[[nodiscard]] Moment read_clock();

// Wall clock in milliseconds less read_clock(), for display only.
[[nodiscard]] std::int64_t read_wall_offset_ms();

}  // namespace pawl::server
