// SPDX-License-Identifier: Apache-2.0
//
// How pawl ends: a script tells "try again later" from "you no longer hold it" by the number alone.
// The numbers are those of sysexits.h where it has one. A signal n that pawl obeys ends it with
// 128+n.
#pragma once

namespace pawl::cli {

enum ExitCode : int {
  exit_ok = 0,
  exit_refused = 1,       // any other ERR of the server; its code is on stderr
  exit_usage = 64,        // the command line is wrong
  exit_unreachable = 69,  // no server answered
  exit_busy = 75,         // held by somebody else, or not granted in time: try again later
  exit_not_held = 76,     // that token is no current holder's; a lock was lost
  exit_denied = 77,       // not authenticated, or not allowed
};

}  // namespace pawl::cli
