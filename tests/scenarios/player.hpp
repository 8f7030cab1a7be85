// SPDX-License-Identifier: Apache-2.0
//
// Plays a transcript in a world and fails the test at the first line that is not as written.
#pragma once

#include <string>
#include <vector>

#include "scenarios/transcript.hpp"
#include "scenarios/world.hpp"

namespace pawl::testing {

// What its `set` lines say: "limits.locks=2" …
[[nodiscard]] std::vector<std::string> settings_of(const Transcript& transcript);

void play(const Transcript& transcript, World& world);

}  // namespace pawl::testing
