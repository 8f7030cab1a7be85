// SPDX-License-Identifier: Apache-2.0
//
// What few locks have, in a snapshot: several names, of which a part is gone, delays, max_hold.
#include <catch2/catch.hpp>

#include "locks/snapshot.hpp"
#include "snapshot_story.hpp"

namespace pawl::locks {
namespace {

// Parts of several names, held and awaited, leased and of a session; and delays.
void tell_a_rare_story(LockTable& table) {
  Effects effects;
  const std::string_view names[] = {"d", "c", "e"};
  const std::string_view others[] = {"d", "e", "f"};
  const HoldName lost{"d", Token{2}};
  auto apply = [&](const Record& record) { table.apply(Epoch{1}, record, effects); };
  apply(record::OpenSession{.secret = "secret", .ttl_ms = 10'000});
  apply(record::Lock{
      .session = SessionId{1}, .names = names, .mode = Mode::slot, .slots = 3, .max_hold_ms = 9});
  apply(record::Unlock{.session = SessionId{1}, .names = {names, 1}, .token = Token{1}});
  apply(record::Lock{.names = others,
                     .mode = Mode::slot,
                     .slots = 3,
                     .id = "i",
                     .delay_ms = 700,
                     .address = "h",
                     .stamp_ms = 7});
  apply(record::ExpireLeases{Epoch{1}, {&lost, 1}});
  apply(
      record::Lock{.user = "ci", .names = {names + 1, 2}, .id = "w", .wait = true, .address = "h"});
}

std::string snapshot_of_story() {
  LockTable table;
  tell_a_rare_story(table);
  return snapshot_of(table);
}

TEST_CASE("the bytes of several names, of delays and of max_hold are frozen") {
  const std::vector<std::string> golden{
      "0102010100010400",
      "02010673656372657400000000904e00010000",
      "030164020304020200bc050000",
      "0301630203830201000001030000000903010081000100000002636901680177000000020000",
      "03016502038302010000010300000009030204020200bc05008100010000000263690168017700000002010"
      "0",
      "030166020304020200bc050000",
  };

  CHECK(hex_items(snapshot_of_story()) == golden);
}

TEST_CASE("several names and delays, restored, go on where they stood") {
  std::mt19937_64 random{1};
  LockTable original;
  tell_a_rare_story(original);
  LockTable restored;
  REQUIRE(restore(restored, snapshot_of_story(), random));
  CHECK(restored.memory() == original.memory());

  Effects effects;
  auto apply = [&](const Record& record) {
    std::vector<std::string> told;
    for (LockTable* table : {&original, &restored}) {
      table->apply(Epoch{1}, record, effects);
      std::vector<std::string> now = tell(*table, effects, false);
      if (table == &restored) CHECK(now == told);
      told = std::move(now);
    }
    return effects.answer.verdict;
  };
  const std::string_view names[] = {"e", "c"};
  const HoldName held{"c", Token{1}};
  const HoldName lost[] = {{"d", Token{2}}, {"e", Token{2}}, {"f", Token{2}}};

  CHECK(apply(record::Lock{.user = "ci", .names = names, .id = "w"}) == Verdict::busy);
  CHECK(apply(record::Unlock{.names = {names, 1}, .token = Token{1}}) == Verdict::no_session);
  CHECK(apply(record::TakeBack{Epoch{1}, {&held, 1}}) == Verdict::none);
  REQUIRE(effects.changes.size() == 2);
  CHECK(restored.lock_count() == 4);
  apply(record::EndDelays{Epoch{1}, lost});
  CHECK(effects.changes.size() == 4);  // three delays, one grant
  CHECK(restored.lock_count() == 2);
  CHECK(apply(record::Lock{.user = "ci", .names = names, .id = "w"}) == Verdict::granted);
}

TEST_CASE("names that do not belong together are refused") {
  std::mt19937_64 random{2};
  const std::string whole = snapshot_of_story();
  auto with = [&](std::size_t item, std::size_t from_end, char byte) {
    std::vector<std::string> items = items_in(whole);
    std::string& one = items[item];
    one[one.size() - from_end] = byte;
    std::string bytes;
    for (const std::string& each : items) ByteWriter{bytes}.text(each);
    LockTable restored;
    return restore(restored, bytes, random);
  };

  CHECK(with(4, 2, 1));        // nothing changed: e is the second name of the wait
  CHECK_FALSE(with(4, 2, 0));  // the same place twice
  CHECK_FALSE(with(4, 2, 2));  // a place past the last
  CHECK_FALSE(with(4, 3, 9));  // of another number of names
}

TEST_CASE("a snapshot of several names and delays cut anywhere is refused") {
  std::mt19937_64 random{3};
  const std::string whole = snapshot_of_story();
  for (std::size_t size = 0; size < whole.size(); ++size) {
    LockTable restored;
    CAPTURE(size);
    CHECK_FALSE(restore(restored, whole.substr(0, size), random));
  }
}

TEST_CASE("a flipped bit in several names and delays is refused or gives a table that works") {
  std::mt19937_64 random{4};
  const std::string whole = snapshot_of_story();
  std::size_t refused = 0;
  for (std::size_t bit = 0; bit < 8 * whole.size(); ++bit) {
    std::string bytes = whole;
    bytes[bit / 8] = static_cast<char>(bytes[bit / 8] ^ (1 << (bit % 8)));
    LockTable restored;
    CAPTURE(bit);
    if (!restore(restored, bytes, random)) {
      ++refused;
      continue;
    }
    tell_a_rare_story(restored);
    Effects effects;
    const HoldName lost[] = {{"d", Token{2}}, {"e", Token{2}}, {"f", Token{2}}};
    restored.apply(Epoch{1}, record::EndDelays{Epoch{1}, lost}, effects);
    restored.apply(Epoch{1}, record::CloseSession{SessionId{1}}, effects);
    static_cast<void>(items_of(restored));
  }
  CHECK(refused > whole.size());
}

}  // namespace
}  // namespace pawl::locks
