// SPDX-License-Identifier: Apache-2.0
//
// The server's JSON, told to people. What a newer or older server adds or lacks changes nothing
// else; what clients wrote is printed so that no terminal acts on it.
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "cli/text/table.hpp"

namespace pawl::cli {

using Json = nlohmann::ordered_json;  // the server's order of keys is kept

// {"name":"a"}, or {"names":["a","b"]} where there are several.
[[nodiscard]] Json json_of_names(const std::vector<std::string>& names);

// Of SHOW: everything, in columns.
[[nodiscard]] std::string show_text(const Json& show);
// Of SHOW: who holds it and since when, who waits in which order, when it was last renewed.
[[nodiscard]] std::string why_text(const Json& show);
// Of STATUS, with the "servers" of nodes.hpp.
[[nodiscard]] std::string status_text(const Json& status);

// Of LIST and SESSIONS: the headings, and the row of one element.
[[nodiscard]] Row lock_headings();
[[nodiscard]] Row lock_row(const Json& lock);
[[nodiscard]] Row session_headings();
[[nodiscard]] Row session_row(const Json& session);

}  // namespace pawl::cli
