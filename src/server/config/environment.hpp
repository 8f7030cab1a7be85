// SPDX-License-Identifier: Apache-2.0
//
// PAWL_SECTION_KEY, e.g. PAWL_LISTEN_CLIENT. A PAWL_ name that is no key is a mistake and told,
// except the client's own and those that Kubernetes and Docker make up for a service named pawl.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "server/config/effective.hpp"

namespace pawl::server {

using Environment = std::vector<std::pair<std::string, std::string>>;

// From main's environ: "NAME=value" …, a null pointer at the end.
[[nodiscard]] Environment split_environment(const char* const* variables);

// Empty for a variable that is not there.
[[nodiscard]] std::string_view value_of(const Environment& environment, std::string_view name);

void read_environment(const Environment& environment, Effective& effective);

}  // namespace pawl::server
