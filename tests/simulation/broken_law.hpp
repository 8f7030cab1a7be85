// SPDX-License-Identifier: Apache-2.0
//
// In a simulation a broken ensure() is a finding with a seed, not the end of the process.
#pragma once

#include <string>

namespace pawl::simulation {

struct BrokenLaw {
  std::string text;
};

}  // namespace pawl::simulation
