// SPDX-License-Identifier: Apache-2.0
//
// Quoted values: "…" with \" \\ \n \xNN. What append_quoted writes is printable on any terminal,
// and read_quoted gives back the same bytes.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace pawl::wire {

// Expects valid UTF-8; control characters are escaped, everything else is left readable.
void append_quoted(std::string& out, std::string_view text);

// Takes one quoted value off `rest`, which starts with its opening quote. The result points into
// `rest`, or into `scratch` when there were escapes; the caller reserves scratch, the result is
// never longer than what was read. Nothing: an open quote, another escape, or bytes that are no
// text.
[[nodiscard]] std::optional<std::string_view> read_quoted(std::string_view& rest,
                                                          std::string& scratch);

}  // namespace pawl::wire
