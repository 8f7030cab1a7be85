// SPDX-License-Identifier: Apache-2.0
#include "node/state_hash.hpp"

#include <catch2/catch.hpp>

#include "node/group.hpp"

namespace pawl::node {
namespace {

locks::record::StateHash after(StateHash& hash, std::uint64_t from, const locks::LockTable& table,
                               std::string_view odd = "record") {
  for (std::uint64_t i = from; i <= StateHash::interval; ++i) {
    hash.add(LogIndex{i}, i == 500 ? odd : "record", table, {});
  }
  return hash.take_due().value();
}

TEST_CASE("the same records over the same table have the same hash, another record another") {
  locks::LockTable table;
  StateHash one;
  StateHash same;
  StateHash other;
  auto said = after(one, 1, table);
  CHECK(said.index == LogIndex{StateHash::interval});
  CHECK_FALSE(one.take_due());
  static_cast<void>(after(same, 1, table));
  CHECK(same.agrees(said));
  static_cast<void>(after(other, 1, table, "recorb"));
  CHECK_FALSE(other.agrees(said));
}

TEST_CASE("a table that became another by the same records has another hash") {
  locks::LockTable table;
  locks::LockTable odd;
  locks::Effects effects;
  odd.apply(Epoch{1}, locks::record::EpochStart{Token{7}}, effects);
  StateHash one;
  StateHash other;
  auto said = after(one, 1, table);
  static_cast<void>(after(other, 1, odd));
  CHECK_FALSE(other.agrees(said));
}

TEST_CASE("whom a record granted is part of the hash, not only how many hold and wait") {
  locks::LockTable table;
  locks::Effects effects;
  const std::string_view name = "a";
  for (std::int64_t stamp : {1, 2}) {
    locks::record::Lock lock{.names = {&name, 1}, .wait = true, .stamp_ms = stamp};
    table.apply(Epoch{1}, lock, effects);
  }
  const locks::Effects first{.answer = {}, .changes = {locks::change::Granted{0, true}}};
  const locks::Effects second{.answer = {}, .changes = {locks::change::Granted{1, true}}};
  StateHash one;
  StateHash other;
  for (std::uint64_t i = 1; i <= StateHash::interval; ++i) {
    one.add(LogIndex{i}, "record", table, first);
    other.add(LogIndex{i}, "record", table, i == 7 ? second : first);
  }
  CHECK_FALSE(other.agrees(one.take_due().value()));
}

TEST_CASE("the head of a snapshot carries the hash on; without one nothing is compared") {
  locks::LockTable table;
  StateHash one;
  for (std::uint64_t i = 1; i <= 600; ++i) one.add(LogIndex{i}, i == 500 ? "a" : "b", table, {});
  StateHash joined;
  joined.begin_behind(one.head());
  for (std::uint64_t i = 601; i <= StateHash::interval; ++i) {
    one.add(LogIndex{i}, "b", table, {});
    joined.add(LogIndex{i}, "b", table, {});
  }
  auto said = one.take_due().value();
  CHECK(joined.agrees(said));
  said.hash ^= 1;
  CHECK_FALSE(joined.agrees(said));
  StateHash unknown;
  unknown.begin_behind("");
  unknown.add(LogIndex{StateHash::interval}, "b", table, {});
  CHECK_FALSE(unknown.take_due());
  CHECK(unknown.agrees(said));
  CHECK(unknown.head().empty());
}

TEST_CASE("what an older primary said of records that are not kept any more is let pass") {
  locks::LockTable table;
  StateHash hash;
  static_cast<void>(after(hash, 1, table));
  CHECK(hash.agrees({LogIndex{512}, 1}));
  CHECK(hash.agrees({LogIndex{2048}, 1}));
}

TEST_CASE("nodes compare what they hold every thousand records, over failovers and snapshots") {
  using namespace std::chrono_literals;
  Settings settings;
  settings.cluster.kept_log = 2'000;
  settings.snapshot_after = 10'000;
  testing::Group group(3, settings);
  std::uint64_t before = 0;
  for (int round = 0; round < 3; ++round) {
    char primary = group.primary();
    char away = group.others(primary).front();
    group.kill(away);
    for (int i = 0; i < 700; ++i) {
      std::string token = group.ask(primary, "LOCK x ttl=1h");
      group.ask(primary, "UNLOCK x " + token.substr(3, token.find(' ', 3) - 3));
    }
    group.start(away);
    group.pass(1s);
    CHECK(group.table(away) == group.table(primary));
    CHECK(group[away].replica().applied().value > before + 1'400);
    before = group[away].replica().applied().value;
    group.kill(primary);
    group.primary();
    group.start(primary);
    group.pass(1s);
  }
  CHECK(group.snapshots_sent > 0);
}

}  // namespace
}  // namespace pawl::node
