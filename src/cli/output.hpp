// SPDX-License-Identifier: Apache-2.0
//
// stdout carries what was asked for, stderr everything said to a person. A stdout that nobody reads
// any more is a Failure, never a signal.
#pragma once

#include <string_view>

#include "cli/globals.hpp"
#include "cli/text/paint.hpp"

namespace pawl::cli {

void print(std::string_view text);  // to stdout, as it is, at once; throws Failure
// To stderr, as a line that starts with "pawl: ". Never blocks: what nobody takes is not said.
// Painted, it is an error.
void say(std::string_view text, Paint paint = {}) noexcept;
// For what is printed as text.
[[nodiscard]] Paint paint_of_stdout(const Globals& globals);

// A stream that was closed when pawl was started stays so for reading and writing, but nothing else
// that is opened takes its number.
void keep_streams_closed();

}  // namespace pawl::cli
