// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/types.h>

#include <vector>

namespace pawl::bench {

// What these processes, all their threads, have run so far, in user and kernel: proc(5), stat.
double processor_seconds(const std::vector<pid_t>& processes);

}  // namespace pawl::bench
