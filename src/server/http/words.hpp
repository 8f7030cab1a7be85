// SPDX-License-Identifier: Apache-2.0
//
// The words that the answers have for what a node counts.
#pragma once

#include <string>
#include <string_view>

#include "base/moment.hpp"
#include "base/settings.hpp"
#include "node/statistics.hpp"

namespace pawl::server::http {

[[nodiscard]] std::string_view word_of(Durability durability);
[[nodiscard]] std::string_view word_of(node::Loss why);
[[nodiscard]] std::string_view word_of(node::Denial why);

// For people: "20 ms", "3.2 s", "12 s", "5 min", "3 h".
[[nodiscard]] std::string in_words(Span span);

}  // namespace pawl::server::http
