// SPDX-License-Identifier: Apache-2.0
//
// What is asked in one look at the servers, and what they told.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "cli/failure.hpp"
#include "cli/nodes.hpp"

namespace pawl::cli::top {

struct Question {
  bool locks = true;  // or the nodes alone
  std::string prefix;
  std::uint64_t limit = 20;      // of locks
  std::size_t details_from = 0;  // of which holder and first waiter are told, too
  std::string queue_of;          // a lock; empty: of none
};

inline constexpr std::size_t most_details = 20;
inline constexpr std::uint64_t longest_queue = 100;

struct Told {
  std::vector<Seen> seen;   // every server, whether it answered or not
  std::string server;       // who told what is below
  std::vector<Json> locks;  // of LIST, the most awaited first
  std::vector<Json> shows;  // of SHOW, of those from details_from on
  Json queue;               // of SHOW; null: not asked for, or not told
  std::string trouble;      // why what was asked is not told; empty: it is
  ExitCode code = exit_ok;  // if there is trouble
  bool is_passing = false;  // trouble that an election ends
};

// The same for programs: {"status", "locks":[LIST's, with "holder" and "first_waiter" of SHOW's]}.
[[nodiscard]] Json json_of(const Told& told);

}  // namespace pawl::cli::top
