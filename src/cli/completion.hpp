// SPDX-License-Identifier: Apache-2.0
//
// Completion scripts, made by walking the very commands and options that are parsed, so that they
// cannot go stale. Words only: nothing a server says reaches the shell that completes.
#pragma once

#include <CLI/CLI.hpp>
#include <string>
#include <string_view>

namespace pawl::cli {

// `shell` is bash, zsh or fish.
[[nodiscard]] std::string completion_script(const CLI::App& app, std::string_view shell);

}  // namespace pawl::cli
