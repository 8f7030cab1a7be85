// SPDX-License-Identifier: Apache-2.0
//
// What an error code means to whoever asked, and what a grant must say to be one. Codes are as the
// server wrote them: one that this client does not know may have done anything.
#pragma once

#include <optional>
#include <string_view>

#include "client/reply_line.hpp"
#include "pawl/types.hpp"

namespace pawl::client {

// The request may have taken effect, or may yet.
[[nodiscard]] bool is_unknown(std::string_view code);
// This node cannot do it now, whoever asks; another one may.
[[nodiscard]] bool is_of_the_node(std::string_view code);
[[nodiscard]] bool says_go_elsewhere(std::string_view code);
// Whoever asks so is not served, however often and wherever.
[[nodiscard]] bool is_denial(std::string_view code);
// Only time can help.
[[nodiscard]] bool is_full(std::string_view code);

// Of an OK; nothing if it has none that counts.
[[nodiscard]] std::optional<Milliseconds> ttl_in(const ReplyLine& reply);
[[nodiscard]] std::optional<Token> token_in(const ReplyLine& reply);

}  // namespace pawl::client
