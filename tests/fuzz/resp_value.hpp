// SPDX-License-Identifier: Apache-2.0
//
// Takes one RESP value off the front of what a server has written. Written apart from the writer,
// or it would prove nothing.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "base/ensure.hpp"

namespace pawl::fuzz {

inline std::string_view take_resp_line(std::string_view& rest) {
  const std::size_t end = rest.find("\r\n");
  ensure(end != rest.npos);
  const std::string_view line = rest.substr(0, end);
  ensure(line.find_first_of("\r\n") == line.npos);
  rest.remove_prefix(end + 2);
  return line;
}

inline void take_resp_value(std::string_view& rest, int depth = 0) {
  ensure(!rest.empty() && depth < 4);
  const char mark = rest.front();
  const std::string line(take_resp_line(rest).substr(1));
  switch (mark) {
    case '+':
    case '-': return;
    case '_': return ensure(line.empty());
    case ':': return ensure(!line.empty());
    case '$': {
      if (line == "-1") return;
      const std::size_t size = std::stoul(line);
      ensure(rest.size() >= size + 2 && rest.substr(size, 2) == "\r\n");
      rest.remove_prefix(size + 2);
      return;
    }
    case '*':
    case '%': {
      const std::size_t values = std::stoul(line) * (mark == '%' ? 2 : 1);
      for (std::size_t i = 0; i < values; ++i) take_resp_value(rest, depth + 1);
      return;
    }
    default: ensure(false);
  }
}

}  // namespace pawl::fuzz
