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
  return client::granting(Milliseconds{10'000})(line);
}

// As that, but LOCK waits.
inline std::string answer_of_held(const std::string& line) {
  return asks(line, "LOCK") ? std::string() : answer_of_free(line);
}

}  // namespace pawl::testing
