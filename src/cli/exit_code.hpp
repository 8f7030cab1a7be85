// SPDX-License-Identifier: Apache-2.0
//
// How pawl ends: a script tells "try again later" from "you no longer hold it" by the number alone.
// The numbers are those of sysexits.h where it has one. A signal n that pawl obeys ends it with
// 128+n.
#pragma once

namespace pawl::cli {

enum ExitCode : int {
  exit_ok = 0,
  exit_refused = 1,       // any other ERR of the server, or stdout is closed: stderr says which
  exit_usage = 64,        // the command line is wrong
  exit_unreachable = 69,  // no server answered
  exit_busy = 75,         // held by somebody else, or not granted in time: try again later
  exit_not_held = 76,     // that token is no current holder's; a lock was lost
  exit_denied = 77,       // not authenticated, or not allowed
};

// The end of each --help.
inline constexpr auto exit_code_help =
    "Exit codes: 0 done; 1 refused, stderr says why; 64 usage; 69 no server reached;\n"
    "75 busy or not granted in time; 76 not held, or lost; 77 not allowed; 128+n signal n.";

}  // namespace pawl::cli
