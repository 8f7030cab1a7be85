// SPDX-License-Identifier: Apache-2.0
//
// Texts that others wrote, made safe for a terminal: control characters, and those that turn the
// direction of what follows or hide in it, are escaped as \n, \x1b, \u202e. The rest stays as it
// is.
#pragma once

#include <string>
#include <string_view>

namespace pawl::cli {

[[nodiscard]] std::string printable(std::string_view text);
[[nodiscard]] std::string in_quotes(std::string_view text);  // "…", with \" inside

// One field among others in a line: quoted where it has blanks, - where it is empty.
[[nodiscard]] std::string cell(std::string_view text);

}  // namespace pawl::cli
