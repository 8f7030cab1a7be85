// SPDX-License-Identifier: Apache-2.0
//
// A snapshot of the table as it stood at one index, taken while later records go on: a cursor walks
// the slabs in slices, and whatever a record is about to change first is kept as it was. Its bytes
// are a stream of items, each a lock with its people, a session, or a spent id; slots are not in
// it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/bytes.hpp"
#include "base/slab.hpp"

namespace pawl::locks {

struct Acquisition;
struct Restored;
class LockTable;
namespace record {
struct Lock;
}

class SnapshotCursor {
 public:
  explicit SnapshotCursor(const LockTable& table) : table_(table) {}

  // The state as it is now is what the snapshot will say. Only when none is under way.
  void begin();
  [[nodiscard]] bool is_under_way() const { return under_way_; }
  // Appends about `budget` bytes; true once the snapshot is complete. Must be called until then.
  [[nodiscard]] bool write(std::string& out, std::size_t budget);

  // Called before a record changes these: kept as they were, unless the cursor has them already.
  void keep_lock(Slot lock);
  void keep_session(Slot session);
  void keep_spent(Slot spent);
  // For what is made: nothing made since the last `begin` is part of the snapshot.
  [[nodiscard]] std::uint8_t mark() const { return mark_; }

 private:
  [[nodiscard]] bool write_next(std::string& out);
  void write_head();
  void write_session(std::string& out, Slot slot);
  void write_lock(std::string& out, Slot slot);
  void write_acquisition(ByteWriter& out, const Acquisition& acquisition) const;
  void write_spent(std::string& out, Slot slot);

  const LockTable& table_;
  std::string kept_;
  std::string item_;
  bool under_way_ = false;
  std::uint8_t mark_ = 0;
  Slot next_session_ = 0;
  Slot next_lock_ = 0;
  Slot next_spent_ = 0;
};

// Builds a table from a snapshot's bytes, fed in pieces of any size into an empty one.
class SnapshotReader {
 public:
  explicit SnapshotReader(LockTable& table) : table_(table) {}

  // False: these are not a snapshot's bytes; the table is of no use then.
  [[nodiscard]] bool feed(std::string_view bytes);
  // After the last piece; false if something is missing.
  [[nodiscard]] bool finish();

 private:
  [[nodiscard]] bool read_item(std::string_view item);
  [[nodiscard]] bool read_head(ByteReader& in);
  [[nodiscard]] bool read_session(ByteReader& in);
  [[nodiscard]] bool read_lock(ByteReader& in);
  [[nodiscard]] bool read_acquisition(ByteReader& in, Slot lock);
  [[nodiscard]] bool read_spent(ByteReader& in);
  [[nodiscard]] Slot session_slot(std::uint64_t id);
  void read_rare(ByteReader& in, record::Lock& described, Restored& as);
  [[nodiscard]] bool is_claimed(std::uint64_t number) const;
  void link_sessions();
  [[nodiscard]] bool link_several();

  LockTable& table_;
  std::string rest_;  // of an item not whole yet
  bool has_head_ = false;
  std::uint64_t sessions_left_ = 0;
  std::uint64_t locks_left_ = 0;
  std::uint64_t spent_left_ = 0;
};

}  // namespace pawl::locks
