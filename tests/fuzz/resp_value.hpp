// SPDX-License-Identifier: Apache-2.0
//
// Takes one RESP value off the front of what a server has written. Written apart from the writer,
// or it would prove nothing.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "base/ensure.hpp"

namespace pawl::fuzz {

inline std::optional<std::string_view> take_resp_line(std::string_view& rest) {
  const std::size_t end = rest.find("\r\n");
  if (end == rest.npos) return std::nullopt;
  const std::string_view line = rest.substr(0, end);
  ensure(line.find_first_of("\r\n") == line.npos);
  rest.remove_prefix(end + 2);
  return line;
}

// False: the bytes end before the value does, and `rest` is of no use.
[[nodiscard]] inline bool take_resp_value(std::string_view& rest, int depth = 0) {
  ensure(depth < 4);
  const auto head = take_resp_line(rest);
  if (!head) return false;
  ensure(!head->empty());
  const std::string line(head->substr(1));
  switch (head->front()) {
    case '+':
    case '-': return true;
    case '_': ensure(line.empty()); return true;
    case ':': ensure(!line.empty()); return true;
    case '$': {
      if (line == "-1") return true;
      const std::size_t size = std::stoul(line);
      if (rest.size() < size + 2) return false;
      ensure(rest.substr(size, 2) == "\r\n");
      rest.remove_prefix(size + 2);
      return true;
    }
    case '*':
    case '%': {
      const std::size_t values = std::stoul(line) * (head->front() == '%' ? 2 : 1);
      for (std::size_t i = 0; i < values; ++i) {
        if (!take_resp_value(rest, depth + 1)) return false;
      }
      return true;
    }
    default: ensure(false);
  }
  return false;
}

}  // namespace pawl::fuzz
