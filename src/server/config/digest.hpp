// SPDX-License-Identifier: Apache-2.0
//
// SHA-256, as secrets are kept: enough for secrets that are drawn, not thought of, and quick.
#pragma once

#include <string>
#include <string_view>

#include "base/access.hpp"
#include "server/config/values.hpp"

namespace pawl::server {

[[nodiscard]] access::Digest digest_of(std::string_view text);

// 64 hexadecimal digits.
[[nodiscard]] std::string format_digest(const access::Digest& digest);
[[nodiscard]] Parsed<access::Digest> parse_digest(std::string_view text);

}  // namespace pawl::server
