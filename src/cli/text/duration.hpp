// SPDX-License-Identifier: Apache-2.0
//
// Spans of time for people: 850ms, 28.8s, 3m12s, 2h5m, 4d7h. Two units at most, cut, never rounded
// up: what is left of a lease is never shown as more.
#pragma once

#include <string>

#include "pawl/types.hpp"

namespace pawl::cli {

[[nodiscard]] std::string duration_text(Milliseconds span);

}  // namespace pawl::cli
