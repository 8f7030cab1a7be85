// SPDX-License-Identifier: Apache-2.0
//
// The seeded bugs of the primary-backup log, by name.
#pragma once

#include <array>
#include <string_view>
#include <utility>

#include "base/mutant.hpp"

namespace pawl::replication {

inline constexpr std::array<std::pair<std::string_view, Mutant>, 9> mutants{
    {{"votes_twice", Mutant::votes_twice},
     {"vote_not_awaited", Mutant::vote_not_awaited},
     {"old_epoch_by_count", Mutant::old_epoch_by_count},
     {"acks_before_flush", Mutant::acks_before_flush},
     {"round_reused", Mutant::round_reused},
     {"overlap_not_compared", Mutant::overlap_not_compared},
     {"commits_unverified", Mutant::commits_unverified},
     {"serves_before_epoch_start", Mutant::serves_before_epoch_start},
     {"damaged_votes", Mutant::damaged_votes}}};

}  // namespace pawl::replication
