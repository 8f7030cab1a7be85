// SPDX-License-Identifier: Apache-2.0
//
// What one connection has said of itself.
#pragma once

#include <cstdint>
#include <string>

#include "wire/resp/write.hpp"

namespace pawl::wire::resp {

struct Speaker {
  Version version = Version::two;
  std::uint64_t number = 0;  // CLIENT ID
  std::string name;          // CLIENT SETNAME
  bool in_multi = false;     // all is refused, to EXEC, DISCARD or RESET
};

}  // namespace pawl::wire::resp
