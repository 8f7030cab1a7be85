// SPDX-License-Identifier: Apache-2.0
//
// Who asks, and whether by TLS: what --user, --secret-file, --tls and their like become, and what
// the environment says beside them. A secret comes from a file or from PAWL_SECRET, never from the
// command line, which every user of the machine can read.
#pragma once

#include <CLI/CLI.hpp>
#include <string>
#include <vector>

#include "cli/globals.hpp"
#include "client/access.hpp"

namespace pawl::cli {

void add_access_options(CLI::App& app, AccessWords& words);

// Throws Failure: a file cannot be read, or one thing needs another.
[[nodiscard]] client::Access access_of(const Globals& globals);

// What a person should know of the file of the secret; empty: nothing.
[[nodiscard]] std::string warning_of_secret(const AccessWords& words);

// NAME=value, for the commands of pawl that a command started by pawl runs: what is said by options
// here they read from there. Of the secret only where it is.
[[nodiscard]] std::vector<std::string> environment_of(const AccessWords& words);
// What such a command does not inherit.
inline constexpr auto secret_variable = "PAWL_SECRET";

}  // namespace pawl::cli
