// SPDX-License-Identifier: Apache-2.0
//
// What the generated tests call, one of these per transcript. `path`: the transcript's file.
#pragma once

#include <string>

namespace pawl::testing {

void play_against_node(const std::string& path);   // simulated time, both durabilities
void play_against_pawld(const std::string& path);  // real time, a pawld of its own

}  // namespace pawl::testing
