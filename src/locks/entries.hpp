// SPDX-License-Identifier: Apache-2.0
//
// What the lock table is made of: plain values in slabs that point at each other by slot. A free
// lock has no entry at all. An acquisition is one LOCK's stay, first in the queue, then among the
// holders: its slot, its id and its place in the session never change on the way. A LOCK of several
// names makes one for each; the first of them, the head, is the one that is spoken of.
#pragma once

#include <cstdint>
#include <string>

#include "base/ids.hpp"
#include "base/request.hpp"
#include "base/slab.hpp"
#include "base/text_arena.hpp"

namespace pawl::locks {

struct LockEntry {
  std::uint32_t hash = 0;
  Slot hash_next = no_slot;
  TextArena::Reference name = 0;
  std::uint8_t name_size = 0;     // 0: the slot is free
  Mode mode = Mode::exclusive;    // of its holders
  mutable std::uint8_t mark = 0;  // the newest snapshot that has it or must not
  bool forgotten = false;         // nobody's any more: not found, readable until the next record
  Slot holders = no_slot;         // oldest first
  Slot crowd = no_slot;
};
static_assert(sizeof(LockEntry) == 24, "what every lock costs");

// What a lock has while several hold it, somebody awaits it, or the number of its slots counts.
struct Crowd {
  std::uint16_t slots = 0;         // how many mode=slot admits; 0: nobody has said
  bool slots_set = false;          // by an operator: what a LOCK says of them counts no more
  mutable std::uint32_t seen = 0;  // where a walk over several locks keeps what it knows of this
  Slot last_holder = no_slot;
  std::uint32_t holder_count = 0;
  Slot queue_head = no_slot;
  Slot queue_tail = no_slot;
  std::uint32_t waiters = 0;

  [[nodiscard]] bool is_needless() const {
    return waiters == 0 && holder_count <= 1 && slots == 0 && !slots_set;
  }
};

// A lock as it is read: put together for the reader, who need not know where its parts are.
struct Lock : LockEntry, Crowd {};

enum class Stage : std::uint8_t {
  free,
  waiting,
  unclaimed,
  holding,
  delaying,  // lost: nobody's any more, it stands among the holders until its delay ends
};

struct AcquisitionEntry {
  std::uint64_t number = 0;     // its claim number while it waits, its token while it holds
  std::uint32_t stamp_low = 0;  // of its stamp_ms: 48 bits are enough until the year 6429
  std::int16_t stamp_high = 0;
  Stage stage = Stage::free;
  Mode mode : 2 = Mode::exclusive;
  bool several : 1 = false;  // names in one LOCK: each has an acquisition, Details links them
  bool leased : 1 = true;
  Slot lock = no_slot;
  Slot owner = no_slot;      // its session, or of a leased one the client; a delay has none
  std::uint32_t ttl_ms = 0;  // while it delays: how long
  Slot ties = no_slot;

  void set_stamp(std::int64_t stamp_ms) {
    stamp_low = static_cast<std::uint32_t>(stamp_ms);
    stamp_high = static_cast<std::int16_t>(stamp_ms >> 32u);
  }
  [[nodiscard]] std::int64_t whole_stamp() const {
    return std::int64_t{stamp_high} * (std::int64_t{1} << 32u) + stamp_low;
  }
  [[nodiscard]] Slot owning_session() const { return leased ? no_slot : owner; }
  [[nodiscard]] Slot owning_client() const { return leased ? owner : no_slot; }
  [[nodiscard]] Token token() const { return Token{stage == Stage::holding ? number : 0}; }
  [[nodiscard]] ClaimNumber claim() const { return ClaimNumber{number}; }
  [[nodiscard]] bool waits() const { return stage == Stage::waiting || stage == Stage::unclaimed; }
};

static_assert(sizeof(AcquisitionEntry) == 32, "what every lock that is held costs");

// What an acquisition gets with its first neighbour, session or details, and keeps. One that is
// leased and alone at its lock has none.
struct Ties {
  Slot next = no_slot;  // in the lock's queue or among its holders
  Slot previous = no_slot;
  Slot session_next = no_slot;
  Slot session_previous = no_slot;
  Slot details = no_slot;  // what few have: id, note
};

// An acquisition as it is read: put together as a lock is.
struct Acquisition : AcquisitionEntry, Ties {
  std::int64_t stamp_ms = 0;
  Slot session = no_slot;  // none: leased
  Slot client = no_slot;   // of a leased one: from where
};

struct Details {
  std::uint32_t hash = 0;
  Slot hash_next = no_slot;
  Slot acquisition = no_slot;
  std::uint16_t slots = 0;  // as its LOCK gave them, like all that follows
  std::uint16_t names = 1;
  std::uint16_t position = 0;  // of this name among them
  std::uint32_t delay_ms = 0;
  std::uint32_t max_hold_ms = 0;
  // Of several: the first that is still held stands for all, and has their claim number, their
  // lease and whoever asks for them.
  Slot head = no_slot;
  Slot sibling = no_slot;           // the next
  Slot previous_sibling = no_slot;  // the one before
  Slot did_not_fit = no_slot;       // while they wait, of the head: which of them, when last looked
  std::string id;
  std::string note;

  [[nodiscard]] std::size_t bytes() const { return id.size() + note.size(); }
};

// What a snapshot tells of an acquisition beside its LOCK.
struct Restored {
  std::uint64_t number = 0;
  Stage stage = Stage::free;
  std::uint16_t names = 1;
  std::uint16_t position = 0;
};

// Finds a wait by its claim number.
struct Claim {
  std::uint32_t hash = 0;
  Slot hash_next = no_slot;
  ClaimNumber number;
  Slot acquisition = no_slot;
};

// Finds a holder by its token where a lock may have several.
struct SharedHold {
  std::uint32_t hash = 0;
  Slot hash_next = no_slot;
  Token token;
  Slot acquisition = no_slot;
};

// Who and from where, once for all leased acquisitions of one user and address.
struct Client {
  std::uint32_t hash = 0;
  Slot hash_next = no_slot;
  std::uint32_t references = 0;
  std::string user;
  std::string address;

  [[nodiscard]] std::size_t bytes() const { return user.size() + address.size(); }
};

struct Session {
  std::uint32_t secret_hash = 0;
  Slot secret_next = no_slot;
  std::uint32_t id_hash = 0;
  Slot id_next = no_slot;
  SessionId id;  // 0: the slot is free
  std::string secret;
  std::string user;
  std::string name;
  std::string address;
  std::int64_t stamp_ms = 0;
  std::uint32_t ttl_ms = 0;
  OnDisconnect on_disconnect = OnDisconnect::keep;
  bool deadlock = true;
  bool dead = false;     // its tokens are NOT_HELD, its waits are never granted; sweeps do the rest
  std::uint8_t end = 0;  // SessionEnd, once dead
  mutable std::uint8_t mark = 0;   // as a lock's
  mutable std::uint32_t seen = 0;  // as a lock's
  // Both in the order of their numbers, which is the order a sweep takes: no slot decides anything.
  Slot first_hold = no_slot;
  Slot last_hold = no_slot;
  Slot first_wait = no_slot;
  Slot last_wait = no_slot;
  std::uint32_t holds = 0;
  std::uint32_t waits = 0;

  [[nodiscard]] std::size_t bytes() const {
    return secret.size() + user.size() + name.size() + address.size();
  }
};

// An id that was cancelled: a late LOCK with it answers CANCELLED.
struct SpentId {
  std::uint32_t hash = 0;
  Slot hash_next = no_slot;
  SessionId session;              // its scope; 0: leased, then (user, name)
  mutable std::uint8_t mark = 0;  // as a lock's
  std::string user;
  std::string name;
  std::string id;

  [[nodiscard]] std::size_t bytes() const { return user.size() + name.size() + id.size(); }
};

}  // namespace pawl::locks
