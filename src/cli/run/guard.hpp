// SPDX-License-Identifier: Apache-2.0
//
// A second process that outlives pawl, whatever ends it, and sees to the law when pawl cannot: if
// pawl dies, the command's group gets TERM, then KILL after the grace; if pawl does not move
// (stopped, or starved), KILL when the lease ends. It holds no terminal, no pipe of the caller and
// no directory, and obeys no signal that can be caught.
#pragma once

#include <sys/types.h>

#include <optional>

#include "base/moment.hpp"

namespace pawl::cli {

class Guard {
 public:
  // Forks. All signals are blocked by now. With no grace it sends KILL at once.
  explicit Guard(Span grace);
  ~Guard() { dismiss(); }
  Guard(const Guard&) = delete;
  Guard& operator=(const Guard&) = delete;

  // From now on: this group, and KILL once `left` has passed unless told anew. None: never.
  void watch(pid_t group, std::optional<Span> left) const;
  // Nobody is signalled any more. To be called before the leader of the group is reaped.
  void dismiss();

 private:
  pid_t pid_ = -1;
  int pipe_ = -1;
};

}  // namespace pawl::cli
