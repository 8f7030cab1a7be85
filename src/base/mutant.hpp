// SPDX-License-Identifier: Apache-2.0
//
// Seeded bugs, each a hook of one line at its natural place: the simulation must catch every one,
// or it proves nothing. The server that ships contains none: is_mutant() is false while it is
// compiled. Only tests/simulation compiles the core with PAWL_MUTANTS, and then chooses one.
#pragma once

#include <cstdint>

namespace pawl {

enum class Mutant : std::uint8_t {
  none,
  token_reused,              // a grant from the queue gets the token of the one before
  fifo_broken,               // the last waiter is granted, not the first
  late_grant_after_timeout,  // a wait that timed out stays in the queue
  renew_revives,             // RENEW succeeds while the end of the lease stands in the log
  wait_survives_connection,  // a wait without id outlives its connection
  expiry_early,              // a lease ends after nine tenths of its TTL
  epsilon_forgotten,         // … after its TTL, whatever the client's clock says
  stale_unlock,              // UNLOCK does not compare the token
  id_granted_twice,          // a repeated LOCK makes a second acquisition
  spent_forgotten,           // a cancelled id can be granted
  claim_number_ignored,      // a decision about a wait holds although it was claimed again
  reply_before_flush,        // answers before the record is durable
  keepalive_ignored,         // KEEPALIVE is answered and renews nothing
  gap_not_added,             // a stall of the node counts against its clients
  reclaim_forever,           // an unclaimed wait keeps its place for ever
  disconnect_keeps_session,  // on_disconnect=release does not release
  expiry_ignores_the_log,    // a lease expires over a renewal that stands in the log before
  // Of the disk.
  reply_before_fdatasync,  // records count as durable once they are written
  torn_as_rot,             // a tail that was never flushed is taken for damage
  rot_as_torn,             // a last batch that may have been acknowledged is cut
  snapshot_without_fsync,  // a snapshot gets its name before it is on the disk
  ceiling_not_durable,     // META counts as stored once it is written
  index_gap_unnoticed,     // a log in which records are missing is gone on with
  // Of the primary-backup log.
  votes_twice,                // two candidates get its vote in one epoch
  vote_not_awaited,           // speaks before its epoch and vote are on the disk
  old_epoch_by_count,         // a record of an older epoch commits because a majority has it
  acks_before_flush,          // a standby acknowledges what its disk does not have yet
  round_reused,               // a confirmation joins a round that is under way
  overlap_not_compared,       // what stands in the log already is taken for what is sent
  commits_unverified,         // a standby commits what no message of this primary verified
  serves_before_epoch_start,  // a new primary serves before its first record is applied
  clings_to_nobody,           // votes for whoever asks although its primary is well
  damaged_votes,              // a replica that lost records votes
  blank_takes_part,           // a wiped disk counts at once as if it had never been away
  vote_in_two_writes,         // the epoch is durable before the vote in it
  // Of a node among others.
  read_without_round,     // what needs no record is answered without asking a majority
  renew_without_round,    // RENEW and KEEPALIVE likewise
  standby_expires,        // a standby ends leases by its own clock
  promotion_shortens,     // a new primary re-arms leases with half of their TTL
  ids_not_in_snapshot,    // a snapshot forgets which ids wait and hold
  fifo_lost_on_failover,  // a new primary turns its queues round
  steps_down_in_silence,  // a deposed primary says OK to what it had not confirmed
  // Of modes, several names, delays, max_hold and deadlocks.
  writer_starved,      // readers overtake a waiting writer
  slot_too_many,       // one more than slots= says may hold
  granted_in_part,     // of several names only the first is granted from the queue
  delay_after_unlock,  // a delay runs after a clean end too
  delay_forgotten,     // … and after no unclean one
  max_hold_forgotten,  // by whoever serves next
  cycle_missed,        // a session counts as able to proceed once one of its waits can
  cycle_false,         // an unclaimed wait counts as one that blocks, and that may be stuck
};

#ifdef PAWL_MUTANTS
inline Mutant chosen_mutant = Mutant::none;
inline bool is_mutant(Mutant mutant) { return chosen_mutant == mutant; }
#else
constexpr bool is_mutant(Mutant) { return false; }
#endif

}  // namespace pawl
