// SPDX-License-Identifier: Apache-2.0
//
// Takes the place of src/base/ensure.cpp.
#include "broken_law.hpp"

#include "base/ensure.hpp"

namespace pawl {

void ensure_failed(const char* condition, const char* file, int line) {
  throw simulation::BrokenLaw{std::string{file} + ':' + std::to_string(line) + ": " + condition};
}

}  // namespace pawl
