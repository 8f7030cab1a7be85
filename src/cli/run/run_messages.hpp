// SPDX-License-Identifier: Apache-2.0
//
// What `pawl run` says to a person: one line, what happened and what follows. And the exit code of
// what a server refused.
#pragma once

#include <boost/system/error_code.hpp>
#include <string>
#include <vector>

#include "cli/run/run_options.hpp"
#include "cli/run/supervision.hpp"
#include "pawl/error_code.hpp"

namespace pawl::cli {

// a; a and b; a, b and c.
[[nodiscard]] std::string names_text(const std::vector<std::string>& names);
// Empty: nothing to say.
[[nodiscard]] std::string notice_text(const RunOptions& options, Notice notice);
// Somebody else has it: no more than what happens every night.
[[nodiscard]] bool is_not_granted(boost::system::error_code refusal);
[[nodiscard]] std::string refusal_text(const RunOptions& options, boost::system::error_code refusal,
                                       const Diagnostics& diagnostics);
[[nodiscard]] std::string lost_before_start_text(const RunOptions& options);
[[nodiscard]] std::string exec_error_text(const RunOptions& options, int error);
[[nodiscard]] std::string end_text(const RunOptions& options, int code);
[[nodiscard]] std::string gave_up_text(const RunOptions& options);

[[nodiscard]] int exit_code_of(boost::system::error_code refusal, int conflict_exit_code);

}  // namespace pawl::cli
