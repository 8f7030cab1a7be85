// SPDX-License-Identifier: Apache-2.0
//
// The columns that a terminal gives to texts which are safe for it: none to a combining mark, two
// to a wide character, one to most; what Paint adds takes none.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace pawl::cli {

[[nodiscard]] std::size_t width_of(std::string_view text);
// At most so many columns: of what does not fit the beginning, and … for the rest.
[[nodiscard]] std::string clipped(std::string_view text, std::size_t columns);
// Exactly so many columns, filled up with blanks.
[[nodiscard]] std::string filled(std::string_view text, std::size_t columns);

}  // namespace pawl::cli
