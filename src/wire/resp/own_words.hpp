// SPDX-License-Identifier: Apache-2.0
//
// Requests of pawl's own protocol, sent as an array of words: written out as the line they mean, so
// that one parser judges both.
#pragma once

#include <string>
#include <string_view>

#include "wire/resp/command.hpp"
#include "wire/resp/refusal.hpp"

namespace pawl::wire::resp {

// Is it a request that may be sent so? `word` in upper case.
[[nodiscard]] bool is_own_word(std::string_view word);

// `ttl=30s` is taken as it is; so is an option as two words, in capitals: `PX 30000`, `WAIT 5000`.
[[nodiscard]] Refusal line_of(Arguments command, std::string& line);

}  // namespace pawl::wire::resp
