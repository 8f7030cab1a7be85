// SPDX-License-Identifier: Apache-2.0
//
// Who holds, who waits, who is alive: the service itself. apply(epoch, record) is a pure function
// of state and record, the same on every node; it reads no clock, configuration or memory figure.
// Laws: a token is strictly greater than every one before it; an exclusive lock has one live
// holder, a lock with slots at most so many, and nobody holds it in two modes at once; nothing
// overtakes a claimed waiter that it conflicts with; a lock nobody holds or awaits has no entry.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

#include "base/hash_index.hpp"
#include "base/mutant.hpp"
#include "base/slab.hpp"
#include "base/text_arena.hpp"
#include "locks/effects.hpp"
#include "locks/entries.hpp"
#include "locks/record.hpp"
#include "locks/snapshot.hpp"
#include "locks/spent_ids.hpp"
#include "locks/wait_graph.hpp"

namespace pawl::locks {

class LockTable {
 public:
  explicit LockTable(std::uint64_t hash_seed = 0);

  // Carries out what the log says. `entry_epoch` is that of the log entry the record stands in: a
  // decision of another epoch does nothing (R15). `out` is cleared first.
  void apply(Epoch entry_epoch, const Record& record, Effects& out);

  // A snapshot of the state as it is now, written in slices between later records; `write_snapshot`
  // appends about `budget` bytes and is true once it is complete. One at a time, never given up.
  void begin_snapshot();
  [[nodiscard]] bool write_snapshot(std::string& out, std::size_t budget);
  [[nodiscard]] bool has_snapshot_under_way() const { return snapshot_.is_under_way(); }

  // --- reading; slots are the table's own and mean nothing on another node ---
  [[nodiscard]] Slot find_lock(std::string_view name) const;
  // The holder with this token, if it is alive.
  [[nodiscard]] Slot find_holder(std::string_view name, Token token) const;
  // The acquisition an id names, waiting or holding, in a session or, leased, of (user, name).
  [[nodiscard]] Slot find_id(Slot session, std::string_view user, std::string_view name,
                             std::string_view id) const;
  [[nodiscard]] Slot find_id(Slot session, std::string_view user, Names names,
                             std::string_view id) const;
  [[nodiscard]] bool is_spent(Slot session, std::string_view user, std::string_view name,
                              std::string_view id) const;
  [[nodiscard]] bool is_spent(Slot session, std::string_view user, Names names,
                              std::string_view id) const;
  // Is this the name, or one of the names, of the acquisition?
  [[nodiscard]] bool is_one_of(std::string_view name, Slot head) const;
  // What a repeated LOCK is to the acquisition its id names: the same (`none`), another
  // (`mismatch`), or the same of which a part is gone (`not_held`).
  [[nodiscard]] Verdict recognise(Slot acquisition, Names names, Mode mode,
                                  std::uint32_t slots) const;
  [[nodiscard]] Slot find_session(SessionId id) const;             // alive
  [[nodiscard]] Slot find_session(std::string_view secret) const;  // alive
  [[nodiscard]] Slot find_wait(ClaimNumber number) const;

  [[nodiscard]] Lock lock(Slot slot) const { return {locks_[slot], crowd_of(locks_[slot])}; }
  [[nodiscard]] Acquisition acquisition(Slot slot) const {
    const AcquisitionEntry& one = acquisitions_[slot];
    return {one, ties_of(one), one.whole_stamp(), one.owning_session(), one.owning_client()};
  }
  [[nodiscard]] const Session& session(Slot slot) const { return sessions_[slot]; }
  // Whose it is: its session's user, or its own; empty: nobody had said.
  [[nodiscard]] std::string_view user_of(const Acquisition& one) const {
    if (one.session != no_slot) return sessions_[one.session].user;
    return one.client == no_slot ? std::string_view{} : clients_[one.client].user;
  }
  [[nodiscard]] const Client* client(Slot slot) const {
    return slot == no_slot ? nullptr : &clients_[slot];
  }
  [[nodiscard]] const Details* details(Slot slot) const {
    return slot == no_slot ? nullptr : &details_[slot];
  }
  [[nodiscard]] std::string_view name_of(Slot lock) const;
  // Of several names in one LOCK: the acquisition that stands for all, and the next one.
  [[nodiscard]] Slot head_of(Slot slot) const {
    const AcquisitionEntry& one = acquisitions_[slot];
    return one.several ? details_[ties_[one.ties].details].head : slot;
  }
  [[nodiscard]] Slot sibling_of(Slot slot) const {
    const AcquisitionEntry& one = acquisitions_[slot];
    return one.several ? details_[ties_[one.ties].details].sibling : no_slot;
  }
  template <class Visit>
  void each_name(Slot head, Visit visit) const {
    for (Slot slot = head; slot != no_slot;) {
      Slot next = sibling_of(slot);
      visit(slot);
      slot = next;
    }
  }
  [[nodiscard]] bool is_alive(const AcquisitionEntry& acquisition) const;
  // Might a LOCK of this name and mode be granted at once? Where a dead session's part is
  // still to be swept the answer may be yes too often, never too seldom.
  [[nodiscard]] bool may_be_free(std::string_view name, Mode mode) const;
  // Of the names that this acquisition waits for, one where it does not fit.
  [[nodiscard]] Slot lock_in_the_way_of(Slot waiter) const;
  // Is this another number of slots than the one that counts for this lock?
  [[nodiscard]] bool differs_in_slots(Slot lock, Mode mode, std::uint32_t slots) const {
    if (mode != Mode::slot) return false;
    Crowd crowd = crowd_of(locks_[lock]);
    return crowd.slots != 0 && !crowd.slots_set && crowd.slots != slots;
  }

  [[nodiscard]] Slot locks_end() const { return locks_.end(); }
  // Who looks for locks that are awaited need not look at every lock: these have a crowd, so do few
  // others. Its lock, or none: nobody waits.
  [[nodiscard]] Slot crowds_end() const { return crowds_.end(); }
  [[nodiscard]] Slot awaited_lock(Slot crowd) const {
    Slot first = crowds_[crowd].queue_head;
    return first == no_slot ? no_slot : acquisitions_[first].lock;
  }
  [[nodiscard]] Slot acquisitions_end() const { return acquisitions_.end(); }
  [[nodiscard]] Slot sessions_end() const { return sessions_.end(); }
  [[nodiscard]] std::size_t lock_count() const { return locks_.size() - graveyard_.locks.size(); }
  // Each name that is held counts once; what a dead session left counts until it is swept.
  [[nodiscard]] std::size_t holder_count() const {
    return acquisitions_.size() - graveyard_.acquisitions.size() - waiters_ - delays_;
  }
  [[nodiscard]] std::size_t session_count() const { return live_sessions_; }
  // Their holds and waits are still among those of the locks.
  [[nodiscard]] bool has_dead_sessions() const { return dead_sessions_ != 0; }
  [[nodiscard]] bool has_delays() const { return delays_ != 0; }
  [[nodiscard]] std::size_t waiter_count() const { return waiters_; }
  [[nodiscard]] Token last_granted() const { return last_token_; }
  [[nodiscard]] std::size_t memory() const;
  [[nodiscard]] std::uint64_t hash_seed() const { return seed_; }

 private:
  friend class Application;
  friend class SnapshotCursor;
  friend class SnapshotReader;
  friend class WaitGraph;

  // Released slots stay readable until the next apply: effects speak of them.
  struct Graveyard {
    std::vector<Slot> locks;
    std::vector<Slot> acquisitions;
    std::vector<Slot> sessions;
  };
  void bury();

  // Moves that applying and restoring share.
  Slot make_acquisition(const record::Lock& record, Slot lock, Slot session);
  Slot make_delay(Slot lock, Mode mode, Token token, std::uint32_t delay_ms);
  Details& details_of(Slot acquisition);
  void enter_id(Slot acquisition);
  [[nodiscard]] std::uint32_t id_hash(SessionId session, std::string_view name,
                                      std::string_view id) const;
  void chain(Slot last, Slot acquisition);
  void restore_acquisition(const record::Lock& record, Slot lock, Slot session, const Restored& as);
  void enter_claim(Slot acquisition);
  void enter_shared_hold(Slot acquisition);
  [[nodiscard]] Ties ties_of(const AcquisitionEntry& acquisition) const {
    return acquisition.ties == no_slot ? Ties{} : ties_[acquisition.ties];
  }
  Ties& tie(Slot acquisition);
  // Of a lock that needs none: what it would say.
  [[nodiscard]] Crowd crowd_of(const LockEntry& lock) const {
    if (lock.crowd != no_slot) return crowds_[lock.crowd];
    return {.last_holder = lock.holders, .holder_count = lock.holders == no_slot ? 0u : 1u};
  }
  Crowd& gather_crowd(Slot lock);
  void dismiss_crowd(LockEntry& lock);
  void name_slots(Slot lock, std::uint32_t slots);
  // May one more hold it beside those who do?
  [[nodiscard]] bool admits(const LockEntry& lock, Mode mode) const {
    if (lock.holders == no_slot) return true;
    if (mode == Mode::exclusive || lock.mode != mode) return false;
    if (mode == Mode::shared) return true;
    Crowd crowd = crowd_of(lock);
    if (is_mutant(Mutant::slot_too_many) && crowd.holder_count == crowd.slots) return true;
    return crowd.holder_count < crowd.slots;
  }
  // … and beside those who wait ahead of `before`, or of the end of the queue? Whoever waits for
  // several names may stay there while others are granted: nothing that conflicts with it passes
  // it, and a slot is kept for it.
  [[nodiscard]] bool fits(const LockEntry& lock, Mode mode, Slot before) const;
  [[nodiscard]] bool is_claimed(const AcquisitionEntry& waiter) const {
    return waiter.stage == Stage::waiting && is_alive(waiter);
  }
  [[nodiscard]] bool has_dead(const LockEntry& lock) const;
  [[nodiscard]] Slot find_delay(std::string_view name, Token token) const;
  [[nodiscard]] Slot find_shared_hold(Slot lock, Token token) const;
  void link_last(Slot acquisition);
  void join_session(Slot acquisition);
  [[nodiscard]] Slot client_of(std::string_view user, std::string_view address);

  std::uint64_t seed_;
  TextArena names_;
  Slab<LockEntry> locks_;
  Slab<Crowd> crowds_;
  Slab<AcquisitionEntry> acquisitions_;
  Slab<Ties> ties_;
  Slab<Details> details_;
  Slab<Claim> claims_;
  Slab<SharedHold> shared_holds_;
  Slab<Client> clients_;
  Slab<Session> sessions_;
  HashIndex<LockEntry, &LockEntry::hash, &LockEntry::hash_next> locks_by_name_{locks_};
  HashIndex<Details, &Details::hash, &Details::hash_next> by_id_{details_};
  HashIndex<Claim, &Claim::hash, &Claim::hash_next> by_claim_{claims_};
  HashIndex<SharedHold, &SharedHold::hash, &SharedHold::hash_next> by_token_{shared_holds_};
  HashIndex<Client, &Client::hash, &Client::hash_next> clients_by_address_{clients_};
  HashIndex<Session, &Session::secret_hash, &Session::secret_next> by_secret_{sessions_};
  HashIndex<Session, &Session::id_hash, &Session::id_next> by_session_id_{sessions_};
  Slot last_client_ = no_slot;  // whoever locks often is found without a look at the index
  SpentIds spent_;
  Graveyard graveyard_;
  SnapshotCursor snapshot_{*this};
  WaitGraph wait_graph_{*this};
  std::vector<Slot> blocking_;  // who waits for one of these does not fit, while a queue is walked
  std::vector<Slot> left_;      // locks that a record left, and on which nobody was granted yet

  Token last_token_{0};
  ClaimNumber last_claim_{0};
  SessionId last_session_{0};
  std::size_t live_sessions_ = 0;
  std::size_t dead_sessions_ = 0;  // not yet swept
  std::size_t waiters_ = 0;
  std::size_t delays_ = 0;
  std::size_t text_bytes_ = 0;  // of details, clients and sessions
};

}  // namespace pawl::locks
