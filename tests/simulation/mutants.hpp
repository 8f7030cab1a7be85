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

// Of several nodes; the old ones that are about more than one node's clock hold there too. With the
// law that must catch it: that it breaks another one as well, sooner perhaps, does not count.
struct ClusterMutant {
  std::string_view name;
  Mutant mutant;
  std::string_view law;
};

inline constexpr std::array<ClusterMutant, 10> election_mutants{
    {{"votes_twice", Mutant::votes_twice, "I13 one vote in an epoch"},
     {"vote_not_awaited", Mutant::vote_not_awaited, "I13 epoch and vote outlive the process"},
     {"vote_in_two_writes", Mutant::vote_in_two_writes, "I13 epoch and vote outlive the process"},
     {"old_epoch_by_count", Mutant::old_epoch_by_count,
      "I13 commits by a record of its own epoch (R6)"},
     {"overlap_not_compared", Mutant::overlap_not_compared, "I13 committed for ever"},
     {"commits_unverified", Mutant::commits_unverified, "I13 committed for ever"},
     {"acks_before_flush", Mutant::acks_before_flush,
      "I7 committed before a majority has it on disk"},
     {"damaged_votes", Mutant::damaged_votes, "I13 elected with all that is committed"},
     {"blank_takes_part", Mutant::blank_takes_part, "I13 elected with all that is committed"},
     {"clings_to_nobody", Mutant::clings_to_nobody,
      "I15 who does not hear the primary disturbs nobody"}}};

inline constexpr std::array<ClusterMutant, 9> reign_mutants{
    {{"serves_before_epoch_start", Mutant::serves_before_epoch_start,
      "R7 serves before the first record of its epoch"},
     {"read_without_round", Mutant::read_without_round, "I14 stale silence"},
     {"renew_without_round", Mutant::renew_without_round, "I14 stale silence"},
     {"steps_down_in_silence", Mutant::steps_down_in_silence, "I14 only a primary says so"},
     {"standby_expires", Mutant::standby_expires, "I5 early end of a session"},
     {"promotion_shortens", Mutant::promotion_shortens, "I5 early end of a session"},
     {"ids_not_in_snapshot", Mutant::ids_not_in_snapshot, "I13 equal tables"},
     {"fifo_lost_on_failover", Mutant::fifo_lost_on_failover, "I10 first come, first served"},
     {"reply_before_flush", Mutant::reply_before_flush,
      "I7 committed before a majority has it on disk"}}};

inline constexpr std::array<ClusterMutant, 8> table_mutants{
    {{"token_reused", Mutant::token_reused, "I1 unique tokens"},
     {"fifo_broken", Mutant::fifo_broken, "I10 first come, first served"},
     {"expiry_early", Mutant::expiry_early, "I5 early end of a lease"},
     {"stale_unlock", Mutant::stale_unlock, "I11 stale tokens do nothing"},
     {"id_granted_twice", Mutant::id_granted_twice, "I9 once per id"},
     {"spent_forgotten", Mutant::spent_forgotten, "I9 once per id"},
     {"claim_number_ignored", Mutant::claim_number_ignored, "I12 CANCELLED without cause"},
     {"reclaim_forever", Mutant::reclaim_forever, "I16 an unclaimed wait keeps its place"}}};

// Of modes, several names, delays, max_hold and deadlocks.
inline constexpr std::array<ClusterMutant, 8> kind_mutants{
    {{"writer_starved", Mutant::writer_starved, "I10 first come, first served"},
     {"slot_too_many", Mutant::slot_too_many, "I4 slots"},
     {"granted_in_part", Mutant::granted_in_part, "I4 all names at once"},
     {"delay_after_unlock", Mutant::delay_after_unlock, "I18 a delay after a clean end"},
     {"delay_forgotten", Mutant::delay_forgotten, "I18 no delay after an unclean loss"},
     {"max_hold_forgotten", Mutant::max_hold_forgotten, "I6 late end by max_hold"},
     {"cycle_missed", Mutant::cycle_missed, "I19 nobody stays deadlocked"},
     {"cycle_false", Mutant::cycle_false, "I19 DEADLOCK said to who could proceed"}}};

// Rare: an answer must be on its way for longer than a hand-over takes.
inline constexpr std::array<ClusterMutant, 1> rare_mutants{
    {{"round_reused", Mutant::round_reused, "I14 stale silence"}}};

template <class Look>
void each_cluster_mutant(Look look) {
  for (const auto& named : election_mutants) look(named);
  for (const auto& named : reign_mutants) look(named);
  for (const auto& named : table_mutants) look(named);
  for (const auto& named : kind_mutants) look(named);
  for (const auto& named : rare_mutants) look(named);
}

inline constexpr std::array<NamedMutant, 24> mutants{
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
     {"expiry_ignores_the_log", Mutant::expiry_ignores_the_log},
     {"writer_starved", Mutant::writer_starved},
     {"slot_too_many", Mutant::slot_too_many},
     {"granted_in_part", Mutant::granted_in_part},
     {"delay_after_unlock", Mutant::delay_after_unlock},
     {"delay_forgotten", Mutant::delay_forgotten},
     {"cycle_missed", Mutant::cycle_missed},
     {"cycle_false", Mutant::cycle_false}}};

}  // namespace pawl::simulation
