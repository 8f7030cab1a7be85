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

// Of several nodes; the old ones that are about more than one node's clock hold there too.
inline constexpr std::array<NamedMutant, 28> cluster_mutants{
    {{"votes_twice", Mutant::votes_twice},
     {"vote_not_awaited", Mutant::vote_not_awaited},
     {"old_epoch_by_count", Mutant::old_epoch_by_count},
     {"acks_before_flush", Mutant::acks_before_flush},
     {"round_reused", Mutant::round_reused},
     {"overlap_not_compared", Mutant::overlap_not_compared},
     {"commits_unverified", Mutant::commits_unverified},
     {"serves_before_epoch_start", Mutant::serves_before_epoch_start},
     {"clings_to_nobody", Mutant::clings_to_nobody},
     {"damaged_votes", Mutant::damaged_votes},
     {"blank_takes_part", Mutant::blank_takes_part},
     {"vote_in_two_writes", Mutant::vote_in_two_writes},
     {"read_without_round", Mutant::read_without_round},
     {"renew_without_round", Mutant::renew_without_round},
     {"standby_expires", Mutant::standby_expires},
     {"promotion_shortens", Mutant::promotion_shortens},
     {"ids_not_in_snapshot", Mutant::ids_not_in_snapshot},
     {"fifo_lost_on_failover", Mutant::fifo_lost_on_failover},
     {"steps_down_in_silence", Mutant::steps_down_in_silence},
     {"token_reused", Mutant::token_reused},
     {"fifo_broken", Mutant::fifo_broken},
     {"expiry_early", Mutant::expiry_early},
     {"stale_unlock", Mutant::stale_unlock},
     {"id_granted_twice", Mutant::id_granted_twice},
     {"spent_forgotten", Mutant::spent_forgotten},
     {"claim_number_ignored", Mutant::claim_number_ignored},
     {"reply_before_flush", Mutant::reply_before_flush},
     {"reclaim_forever", Mutant::reclaim_forever}}};

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
