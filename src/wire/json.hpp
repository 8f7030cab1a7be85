// SPDX-License-Identifier: Apache-2.0
//
// The replies that are one line of JSON, with PROTOCOL.md's keys in its order. Whatever a client
// wrote into a name or a note, what comes out is valid UTF-8 without control characters.
#pragma once

#include <string>
#include <string_view>

#include "base/reply.hpp"

namespace pawl::wire {

[[nodiscard]] std::string_view role_word(Role role);
[[nodiscard]] std::string_view mode_word(Mode mode);

void append_json(std::string& out, const reply::Show& show);
void append_json(std::string& out, const reply::List& list);
void append_json(std::string& out, const reply::Sessions& sessions);
void append_json(std::string& out, const reply::Status& status);

}  // namespace pawl::wire
