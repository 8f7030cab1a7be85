// SPDX-License-Identifier: Apache-2.0
//
// A transcript: what is typed on named connections, what comes back, how much time passes. Its
// language is told to people in 00_how_to_read.txt; here it becomes steps.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace pawl::testing {

struct Step {
  enum class Kind : std::uint8_t {
    set,         // text: key=value
    connect,     // A connects
    disconnect,  // A disconnects
    end_input,   // A ends input
    send,        // A> text
    expect,      // A< text
    silence,     // A.
    closed,      // A is closed
    wait,        // after 300ms
    compare,     // $later > $earlier
  };
  Kind kind = Kind::send;
  std::string who;
  std::string text;
  std::chrono::milliseconds span{0};
  std::size_t line = 0;  // in its file, from 1
};

struct Transcript {
  std::string file;
  std::string title;  // its first comment line
  std::vector<Step> steps;
};

// Throws std::runtime_error with file and line when a line is none of the language.
[[nodiscard]] Transcript read_transcript(const std::string& path);

// $name → what was captured.
using Captures = std::map<std::string, std::string>;

// What is to be sent: $names replaced, {byte 00} and {x*300} written out.
[[nodiscard]] std::string written_out(std::string_view text, const Captures& captures);

// Does `line` fit `pattern`? `…` stands for any text; a new $name for the longest run of characters
// of ids and numbers, which it then means.
[[nodiscard]] bool matches(std::string_view pattern, std::string_view line, Captures& captures);

}  // namespace pawl::testing
