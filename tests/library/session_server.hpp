// SPDX-License-Identifier: Apache-2.0
//
// What a scripted server answers to a client of the library, whose one lock is free.
#pragma once

#include <string>
#include <string_view>

#include "client/line_server.hpp"

namespace pawl::testing {

inline bool asks(const std::string& line, std::string_view verb) {
  return line.find(" " + std::string(verb)) != line.npos;
}

inline std::string answer_of_free(const std::string& line) {
  const std::string tag = client::tag_of(line);
  if (asks(line, "OPEN")) return tag + "OK session=x handle=s1 ttl=10000 new=yes\n";
  if (asks(line, "RESUME")) return tag + "OK session=x handle=s1 ttl=10000\n";
  if (asks(line, "KEEPALIVE") || asks(line, "VERIFY")) return tag + "OK ttl=10000\n";
  if (asks(line, "LOCK")) return tag + "OK token=42 ttl=10000\n";
  if (asks(line, "CANCEL")) return tag + "OK cancelled=yes\n";
  return tag + "OK\n";
}

// As that, but LOCK waits.
inline std::string answer_of_held(const std::string& line) {
  return asks(line, "LOCK") ? std::string() : answer_of_free(line);
}

}  // namespace pawl::testing
