// SPDX-License-Identifier: Apache-2.0
//
// Bytes as what a snapshot says of the lock table, in pieces. First byte: the size of a piece. What
// is taken for a table is written down and read again as the same one; and records can end all who
// hold, wait and are alive.
#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.hpp"
#include "base/ensure.hpp"
#include "locks/lock_table.hpp"
#include "replay_corpus.hpp"

namespace pawl::locks {
namespace {

bool read(LockTable& table, std::string_view bytes, std::size_t piece) {
  SnapshotReader reader(table);
  while (!bytes.empty()) {
    const std::string next(bytes.substr(0, piece));
    bytes.remove_prefix(next.size());
    if (!reader.feed(next)) return false;
  }
  return reader.finish();
}

std::string snapshot_of(LockTable& table) {
  std::string bytes;
  table.begin_snapshot();
  while (!table.write_snapshot(bytes, 64)) continue;
  return bytes;
}

// In an order that no slot decides.
std::vector<std::string> items_of(std::string_view snapshot) {
  std::vector<std::string> items;
  for (ByteReader in{snapshot}; !in.at_end();) items.emplace_back(in.text());
  std::sort(items.begin(), items.end());
  return items;
}

class Ending {
 public:
  explicit Ending(LockTable& table) : table_(table) {}

  void end_all() {
    table_.apply(epoch_, record::EpochStart{}, effects_);
    end_waits();
    end_sessions();
    end_holds();
    ensure(table_.session_count() == 0 && table_.waiter_count() == 0);
    ensure(table_.lock_count() == 0);
  }

 private:
  void end_sessions() {
    for (Slot slot = 0; slot < table_.sessions_end(); ++slot) {
      const SessionId id = table_.session(slot).id;
      if (id.value == 0) continue;
      table_.apply(epoch_, record::ExpireSession{epoch_, id, SessionEnd::expired}, effects_);
      sweep(id);
    }
  }
  void sweep(SessionId id) {
    for (bool more = true; more;) {
      table_.apply(epoch_, record::Sweep{id}, effects_);
      more = std::any_of(effects_.changes.begin(), effects_.changes.end(), [](const auto& one) {
        const auto* swept = std::get_if<change::SessionSwept>(&one);
        return swept != nullptr && swept->more;
      });
    }
  }
  void end_waits() {
    for (Slot slot = 0; slot < table_.acquisitions_end(); ++slot) {
      const Acquisition one = table_.acquisition(slot);
      if (!one.waits()) continue;
      const ClaimNumber claims[] = {one.claim()};
      table_.apply(epoch_, record::EndWaits{epoch_, WaitEnd::timeout, claims}, effects_);
    }
  }
  // Twice: what ends may leave a delay behind.
  void end_holds() {
    for (int round = 0; round < 2; ++round) {
      for (Slot slot = 0; slot < table_.acquisitions_end(); ++slot) {
        const Acquisition one = table_.acquisition(slot);
        if (one.stage != Stage::holding && one.stage != Stage::delaying) continue;
        const std::string name(table_.name_of(one.lock));
        const HoldName holds[] = {{name, Token{one.number}}};
        if (one.stage == Stage::holding) {
          table_.apply(epoch_, record::TakeBack{epoch_, holds}, effects_);
        } else {
          table_.apply(epoch_, record::EndDelays{epoch_, holds}, effects_);
        }
      }
    }
  }

  LockTable& table_;
  Effects effects_;
  Epoch epoch_{1};
};

void check(std::string_view bytes, std::size_t piece) {
  LockTable table;
  if (!read(table, bytes, piece)) return;
  const std::string written = snapshot_of(table);
  LockTable again;
  ensure(read(again, written, written.size()));
  ensure(items_of(snapshot_of(again)) == items_of(written));
  Ending(again).end_all();
}

}  // namespace
}  // namespace pawl::locks

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  pawl::locks::check(bytes.substr(1), std::size_t{1} << (data[0] & 15U));
  return 0;
}
