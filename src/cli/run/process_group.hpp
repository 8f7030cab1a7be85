// SPDX-License-Identifier: Apache-2.0
//
// The processes of one group. Its number stays theirs while one of them is left, and while its
// leader has not been reaped: whoever signals a group keeps one of the two.
#pragma once

#include <sys/types.h>

#include <optional>

namespace pawl::cli {

// False: there are some, and they are another user's, all of them.
bool signal_group(pid_t group, int signal);

// Is one of them alive? Nothing if this machine does not say (no /proc). One that has ended and
// waits to be reaped does nothing any more, and is not counted. Looking takes a while: one that
// forks and ends meanwhile may be missed, and its child with it. KILL misses nobody.
[[nodiscard]] std::optional<bool> has_members(pid_t group);

}  // namespace pawl::cli
