// SPDX-License-Identifier: Apache-2.0
//
// The names of the seeded bugs, for the command line and for the test that hunts them all.
#pragma once

#include <array>
#include <string_view>

#include "base/mutant.hpp"

namespace pawl::simulation {

struct NamedMutant {
  std::string_view name;
  Mutant mutant;
};

inline constexpr std::array<NamedMutant, 6> disk_mutants{
    {{"reply_before_fdatasync", Mutant::reply_before_fdatasync},
     {"torn_as_rot", Mutant::torn_as_rot},
     {"rot_as_torn", Mutant::rot_as_torn},
     {"snapshot_without_fsync", Mutant::snapshot_without_fsync},
     {"ceiling_not_durable", Mutant::ceiling_not_durable},
     {"index_gap_unnoticed", Mutant::index_gap_unnoticed}}};

inline constexpr std::array<NamedMutant, 17> mutants{
    {{"token_reused", Mutant::token_reused},
     {"fifo_broken", Mutant::fifo_broken},
     {"late_grant_after_timeout", Mutant::late_grant_after_timeout},
     {"renew_revives", Mutant::renew_revives},
     {"wait_survives_connection", Mutant::wait_survives_connection},
     {"expiry_early", Mutant::expiry_early},
     {"epsilon_forgotten", Mutant::epsilon_forgotten},
     {"stale_unlock", Mutant::stale_unlock},
     {"id_granted_twice", Mutant::id_granted_twice},
     {"spent_forgotten", Mutant::spent_forgotten},
     {"claim_number_ignored", Mutant::claim_number_ignored},
     {"reply_before_flush", Mutant::reply_before_flush},
     {"keepalive_ignored", Mutant::keepalive_ignored},
     {"gap_not_added", Mutant::gap_not_added},
     {"reclaim_forever", Mutant::reclaim_forever},
     {"disconnect_keeps_session", Mutant::disconnect_keeps_session},
     {"expiry_ignores_the_log", Mutant::expiry_ignores_the_log}}};

}  // namespace pawl::simulation
