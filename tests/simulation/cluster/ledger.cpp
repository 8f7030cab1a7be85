// SPDX-License-Identifier: Apache-2.0
#include "simulation/cluster/ledger.hpp"

#include <optional>
#include <string>
#include <variant>

#include "base/ensure.hpp"
#include "invariants.hpp"
#include "simulation/cluster/digest.hpp"

namespace pawl::simulation {

namespace {

std::string describe(replication::EntryId id) {
  return "record " + std::to_string(id.index.value) + " of epoch " + std::to_string(id.epoch.value);
}

}  // namespace

void Ledger::on_logged(replication::EntryId id, Epoch before, std::string_view bytes) {
  auto [known, is_new] = known_.try_emplace(id, Known{before, std::string{bytes}});
  if (is_new) return;
  if (known->second.before == before && known->second.bytes == bytes) return;
  throw Violation{"I13 log matching", describe(id) + " is two"};
}

void Ledger::on_elected(Epoch epoch, std::size_t node) {
  if (primaries_.try_emplace(epoch, node).second) return;
  throw Violation{"I13 one primary in an epoch",
                  "a second one in epoch " + std::to_string(epoch.value)};
}

bool Ledger::on_committed(replication::EntryId id) {
  if (id.index <= last()) {
    if (epoch_at(id.index) == id.epoch) return false;
    throw Violation{"I13 committed for ever", describe(id) + " is committed where one of epoch " +
                                                  std::to_string(epoch_at(id.index).value) +
                                                  " was"};
  }
  ensure(id.index.value == last().value + 1);
  auto known = known_.find(id);
  ensure(known != known_.end());
  std::optional<locks::Record> record = decoder_.decode(known->second.bytes);
  ensure(record.has_value());
  surroundings_.before();
  bool begins = id.epoch > newest_epoch();
  committed_.push_back(id.epoch);
  if (begins) began_[id.epoch] = surroundings_.now();
  table_.apply(id.epoch, *record, effects_);
  digests_.push_back(digest(table_));
  count(*record);
  if (effects_.answer.verdict == locks::Verdict::deadlock) {
    surroundings_.deadlock(std::get<locks::record::Lock>(*record));
  }
  if (begins) surroundings_.new_epoch(id.epoch);
  surroundings_.applied(id.index);
  return true;
}

void Ledger::count(const locks::Record& record) {
  bool expires = std::holds_alternative<locks::record::ExpireLeases>(record) ||
                 std::holds_alternative<locks::record::ExpireSession>(record);
  if (expires) tally_.add(Happening::expiry);
  if (std::holds_alternative<locks::record::TakeBack>(record)) tally_.add(Happening::max_hold);
  if (effects_.answer.verdict == locks::Verdict::deadlock) tally_.add(Happening::deadlock);
  for (const locks::Change& change : effects_.changes) {
    if (std::holds_alternative<locks::change::DelayEnded>(change)) tally_.add(Happening::delay);
    const auto* granted = std::get_if<locks::change::Granted>(&change);
    if (granted == nullptr) continue;
    const locks::Acquisition& hold = table_.acquisition(granted->acquisition);
    if (hold.mode == Mode::shared) tally_.add(Happening::shared);
    if (hold.mode == Mode::slot) tally_.add(Happening::slot);
    if (hold.several) tally_.add(Happening::several);
  }
}

void Ledger::on_applied(LogIndex index, std::uint64_t digest, const std::string& who) const {
  if (index.value == 0) return;
  if (index > last()) throw Violation{"I13 applied is committed", who};
  if (digests_[index.value - 1] == digest) return;
  throw Violation{"I13 equal tables", who + " has another table behind record " +
                                          std::to_string(index.value) + " than the log makes"};
}

}  // namespace pawl::simulation
