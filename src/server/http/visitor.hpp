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
#include "base/request.hpp"
#include "pawl/error.hpp"

namespace pawl::server::http {

struct Credentials {
  std::string user;
  std::string secret;
};

// Nothing: it is no such header.
[[nodiscard]] std::optional<Credentials> parse_basic(std::string_view header);

// What a visitor may do; without credentials, one who has not said. Null: they are wrong.
using RulesOf = std::function<const std::vector<access::Rule>*(const std::optional<Credentials>&)>;

// Somebody was told that this is not for them.
struct TurnedAway {
  const Request& request;  // what it would be to ask the same over the line protocol
  std::string_view user;   // who they said they are; empty: nothing
  std::string_view address;
  ErrorCode code;
};

struct Guard {
  RulesOf rules_of;
  std::function<void(const TurnedAway&)> turned_away;
};

}  // namespace pawl::server::http
