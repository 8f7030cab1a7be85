// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

namespace pawl::cli {

using Lines = std::vector<std::string>;

// Without their LF.
[[nodiscard]] Lines lines_of(const std::string& text);

}  // namespace pawl::cli
