// SPDX-License-Identifier: Apache-2.0
//
// Who asks over HTTP, as `Authorization: Basic` says it.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/access.hpp"

namespace pawl::server::http {

struct Credentials {
  std::string user;
  std::string secret;
};

// Nothing: it is no such header.
[[nodiscard]] std::optional<Credentials> parse_basic(std::string_view header);

// What a visitor may do; without credentials, one who has not said. Null: they are wrong.
using RulesOf = std::function<const std::vector<access::Rule>*(const std::optional<Credentials>&)>;

}  // namespace pawl::server::http
