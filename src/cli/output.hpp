// SPDX-License-Identifier: Apache-2.0
//
// stdout carries what was asked for, stderr everything said to a person. A stdout that nobody reads
// any more is a Failure, never a signal.
#pragma once

#include <string_view>

namespace pawl::cli {

void print(std::string_view text);         // to stdout, as it is, at once; throws Failure
void say(std::string_view text) noexcept;  // to stderr, as a line that starts with "pawl: "

}  // namespace pawl::cli
