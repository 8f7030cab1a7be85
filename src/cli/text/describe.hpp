// SPDX-License-Identifier: Apache-2.0
//
// The server's JSON, told to people. What a newer or older server adds or lacks changes nothing
// else; what clients wrote is printed so that no terminal acts on it.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "cli/text/field.hpp"
#include "cli/text/paint.hpp"
#include "cli/text/table.hpp"

namespace pawl::cli {

// {"name":"a"}, or {"names":["a","b"]} where there are several.
[[nodiscard]] Json json_of_names(const std::vector<std::string>& names);

// Of SHOW: everything, in columns. The hint says where there are more waiters.
[[nodiscard]] std::string show_text(const Json& show, Paint paint = {},
                                    std::string_view hint = ", see --limit");
// Of SHOW: who holds it and since when, who waits in which order, when it was last renewed.
[[nodiscard]] std::string why_text(const Json& show, Paint paint = {});
// Of LIST and SESSIONS: the headings, and the row of one element.
[[nodiscard]] Row lock_headings();
[[nodiscard]] Row lock_row(const Json& lock);
[[nodiscard]] Row session_headings();
[[nodiscard]] Row session_row(const Json& session);

}  // namespace pawl::cli
