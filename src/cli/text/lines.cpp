// SPDX-License-Identifier: Apache-2.0
#include "cli/text/lines.hpp"

#include <sstream>

namespace pawl::cli {

Lines lines_of(const std::string& text) {
  Lines lines;
  std::istringstream all(text);
  for (std::string line; std::getline(all, line);) lines.push_back(line);
  return lines;
}

}  // namespace pawl::cli
