// SPDX-License-Identifier: Apache-2.0
//
// The YAML file, walked by hand: yaml-cpp takes duplicate keys in silence, and nobody is helped by
// a typo that is ignored. Each complaint names file:line:column.
#pragma once

#include <string>

#include "server/config/effective.hpp"

namespace pawl::server {

void read_file(const std::string& name, const std::string& text, Effective& effective);

}  // namespace pawl::server
