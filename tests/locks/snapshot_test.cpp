// SPDX-License-Identifier: Apache-2.0
//
// A snapshot is the table as it stood when the snapshot began, whatever happens while it is being
// written. What is restored from it lives on as the original did, record for record.
#include "locks/snapshot.hpp"

#include <algorithm>
#include <catch2/catch.hpp>
#include <random>

#include "locks/record_codec.hpp"
#include "locks/snapshot_item.hpp"
#include "random_records.hpp"
#include "snapshot_story.hpp"

namespace pawl::locks {
namespace {

// How often it happened while a snapshot was under way; without any of it the test proves nothing.
struct Seen {
  std::size_t grants = 0;
  std::size_t releases = 0;
  std::size_t ended_sessions = 0;
  std::size_t swept_sessions = 0;
  std::size_t spent = 0;
  std::size_t delays = 0;
  std::size_t ended_delays = 0;
  std::size_t parts = 0;    // released of several
  std::size_t several = 0;  // granted from the queue
  std::size_t deadlocks = 0;
};

class Original {
 public:
  explicit Original(std::uint64_t seed) : records_(seed, naive_), table_(seed) {}

  Step next() {
    RandomRecords::Next drawn = records_.next(++stamp_);
    while (cancels_nothing(drawn.record)) drawn = records_.next(++stamp_);
    Step step{drawn.epoch, encoded(drawn.record), {}};
    static_cast<void>(naive_.apply(drawn.epoch, drawn.record));
    table_.apply(drawn.epoch, drawn.record, effects_);
    step.told = tell(table_, effects_, std::holds_alternative<record::EpochStart>(drawn.record));
    return step;
  }
  void count(Seen& seen) const {
    for (const Change& change : effects_.changes) {
      seen.grants += std::holds_alternative<change::Granted>(change) ? 1U : 0U;
      seen.releases += std::holds_alternative<change::Released>(change) ? 1U : 0U;
      seen.delays += std::holds_alternative<change::Delayed>(change) ? 1U : 0U;
      seen.ended_delays += std::holds_alternative<change::DelayEnded>(change) ? 1U : 0U;
      const auto* granted = std::get_if<change::Granted>(&change);
      bool waited = granted != nullptr && granted->from_queue;
      seen.several += waited && table_.acquisition(granted->acquisition).several ? 1U : 0U;
      const auto* released = std::get_if<change::Released>(&change);
      bool is_part = released != nullptr && table_.acquisition(released->acquisition).several;
      seen.parts += is_part ? 1U : 0U;
      seen.ended_sessions += std::holds_alternative<change::SessionEnded>(change) ? 1U : 0U;
      const auto* swept = std::get_if<change::SessionSwept>(&change);
      seen.swept_sessions += swept != nullptr && !swept->more ? 1U : 0U;
    }
    seen.spent += effects_.answer.verdict == Verdict::cancelled ? 1U : 0U;
    seen.deadlocks += effects_.answer.verdict == Verdict::deadlock ? 1U : 0U;
  }
  [[nodiscard]] LockTable& table() { return table_; }

 private:
  // The protocol knows no empty id.
  static bool cancels_nothing(const Record& record) {
    const auto* cancel = std::get_if<record::Cancel>(&record);
    return cancel != nullptr && cancel->id.empty();
  }

  NaiveTable naive_;
  RandomRecords records_;
  LockTable table_;
  Effects effects_;
  Stamp stamp_ = 0;
};

// Writes a snapshot in small slices with records between them; the records go to `log`.
std::string write_under_way(Original& original, std::mt19937_64& random, std::vector<Step>& log,
                            Seen& seen, std::uint64_t most_between) {
  std::string bytes;
  original.table().begin_snapshot();
  bool whole = false;
  while (!whole) {
    for (std::uint64_t left = random() % (most_between + 1); left > 0; --left) {
      log.push_back(original.next());
      original.count(seen);
    }
    whole = original.table().write_snapshot(bytes, 1 + random() % 60);
  }
  return bytes;
}

void live_on_as_the_original(std::uint64_t seed, Seen& seen) {
  std::mt19937_64 random{seed};
  Original original{seed};
  for (int round = 0; round < 6; ++round) {
    for (std::uint64_t left = random() % 3'000; left > 0; --left) {
      static_cast<void>(original.next());
    }
    std::vector<Step> log;
    const std::string bytes = write_under_way(original, random, log, seen, 20);
    for (int left = 0; left < 2'000; ++left) log.push_back(original.next());

    LockTable restored{seed + 1};
    REQUIRE(restore(restored, bytes, random));
    REQUIRE(first_difference(restored, log) == "");
    REQUIRE(items_of(restored) == items_of(original.table()));
  }
}

TEST_CASE("a table restored from a snapshot lives on as the original did") {
  Seen seen;
  for (std::uint64_t seed = 1; seed <= 4; ++seed) {
    CAPTURE(seed);
    live_on_as_the_original(seed, seen);
  }

  CHECK(seen.grants > 1'000);
  CHECK(seen.releases > 1'000);
  CHECK(seen.ended_sessions > 20);
  CHECK(seen.swept_sessions > 20);
  CHECK(seen.spent > 100);
  CHECK(seen.delays > 300);
  CHECK(seen.ended_delays > 300);
  CHECK(seen.parts > 300);
  CHECK(seen.several > 100);
  CHECK(seen.deadlocks > 100);
}

TEST_CASE("more snapshots in a row than their mark can count are each whole") {
  std::mt19937_64 random{5};
  Original original{5};
  for (int round = 0; round < 300; ++round) {
    std::vector<Step> log;
    Seen seen;
    for (int left = 0; left < 3; ++left) static_cast<void>(original.next());
    const std::string bytes = write_under_way(original, random, log, seen, 1);

    LockTable restored;
    CAPTURE(round);
    REQUIRE(restore(restored, bytes, random));
    REQUIRE(first_difference(restored, log) == "");
    REQUIRE(items_of(restored) == items_of(original.table()));
  }
}

record::Cancel cancel_of(const std::string& id, std::size_t number) {
  return {.user = number % 3 == 0 ? "eve" : "", .session = {}, .name = "a", .id = id};
}

TEST_CASE("spent ids at capacity are those of the beginning, though overwritten meanwhile") {
  std::mt19937_64 random{7};
  LockTable table;
  LockTable twin;  // sees nothing after the beginning
  Effects effects;
  std::size_t number = 0;
  auto cancel = [&](LockTable& at, std::size_t which) {
    const std::string id = "id" + std::to_string(which);
    at.apply(Epoch{1}, cancel_of(id, which), effects);
  };
  for (; number < SpentIds::capacity + 1'000; ++number) {
    cancel(table, number);
    cancel(twin, number);
  }

  std::string bytes;
  table.begin_snapshot();
  while (!table.write_snapshot(bytes, random() % 2'000)) {
    for (std::uint64_t left = random() % 100; left > 0; --left) cancel(table, number++);
  }
  REQUIRE(number > SpentIds::capacity + SpentIds::capacity / 3);
  LockTable restored;
  REQUIRE(restore(restored, bytes, random));

  CHECK(items_of(restored) == items_of(twin));
  // The next ones push out the same old ones.
  for (std::size_t more = 0; more < 500; ++more) {
    cancel(restored, number + more);
    cancel(twin, number + more);
  }
  std::size_t remembered = 0;
  for (std::size_t which = 0; which < number + 500; ++which) {
    const std::string id = "id" + std::to_string(which);
    const std::string_view user = cancel_of(id, which).user;
    const bool known = restored.is_spent(no_slot, user, "a", id);
    if (known != twin.is_spent(no_slot, user, "a", id)) FAIL(id);
    remembered += known ? 1U : 0U;
  }
  CHECK(remembered == SpentIds::capacity);
}

// One of each kind of item, and of each kind of acquisition.
void tell_a_story(LockTable& table) {
  Effects effects;
  const std::string_view names[] = {"jobs/nightly", "b"};
  auto apply = [&](const Record& record) { table.apply(Epoch{1}, record, effects); };
  apply(record::EpochStart{Token{300}});
  apply(record::OpenSession{"ci", "secret", "worker 7", "10.0.0.1:9", 10'000, OnDisconnect::release,
                            false, 1'700'000'000'000});
  apply(record::Lock{.user = "ci",
                     .session = SessionId{1},
                     .names = {names, 1},
                     .id = "id-1",
                     .note = "a note",
                     .stamp_ms = 1'700'000'000'001});
  apply(record::Lock{.user = "ci",
                     .names = {names + 1, 1},
                     .ttl_ms = 30'000,
                     .address = "10.0.0.1:9",
                     .stamp_ms = 1'700'000'000'002});
  apply(record::Lock{.names = {names + 1, 1},
                     .mode = Mode::shared,
                     .id = "id-2",
                     .wait = true,
                     .ttl_ms = 5'000,
                     .address = "10.0.0.2:9",
                     .stamp_ms = -1});
  const ClaimNumber first{1};
  apply(record::Unclaim{Epoch{1}, {&first, 1}});
  apply(record::Lock{.session = SessionId{1}, .names = {names + 1, 1}, .wait = true});
  apply(record::Cancel{"ci", {}, "jobs", "id-3"});
  apply(record::Cancel{"ci", SessionId{1}, "jobs", "id-4"});
}

std::string snapshot_of_story() {
  LockTable table;
  tell_a_story(table);
  return snapshot_of(table);
}

TEST_CASE("the bytes of every kind of item are frozen") {
  const std::vector<std::string> golden{
      "01ae02020100010202",
      "02010673656372657402636908776f726b657220370a31302e302e302e313a3980d095ffbc31904e01000000",
      "030c6a6f62732f6e696768746c7900000300ad0281d095ffbc3100010469642d310661206e6f74650000",
      "03016200000300ae0282d095ffbc31b0ea01000263690a31302e302e302e313a390000000201"
      "01ffffffffffffffffff01882700000a31302e302e302e323a390469642d3200010002000001000000",
      "040000026369046a6f62730469642d33",
      "04010100000469642d34",
  };

  CHECK(hex_items(snapshot_of_story()) == golden);
}

TEST_CASE("a dead session not yet swept is in the snapshot with its end") {
  LockTable table;
  Effects effects;
  table.apply(Epoch{1}, record::OpenSession{.secret = "s", .ttl_ms = 1'000}, effects);
  std::vector<std::string> names;
  for (std::size_t number = 0; number <= sweep_locks; ++number) {
    names.push_back("n" + std::to_string(number));
    const std::string_view name = names.back();
    table.apply(Epoch{1}, record::Lock{.session = SessionId{1}, .names = {&name, 1}}, effects);
  }
  table.apply(Epoch{1}, record::ExpireSession{Epoch{1}, SessionId{1}, SessionEnd::disconnected},
              effects);
  std::mt19937_64 random{1};

  LockTable restored;
  REQUIRE(restore(restored, snapshot_of(table), random));

  CHECK(restored.lock_count() == 1);
  CHECK(restored.session_count() == 0);
  restored.apply(Epoch{1}, record::Sweep{SessionId{1}}, effects);
  REQUIRE(effects.changes.size() == 2);
  CHECK(std::get<change::Released>(effects.changes[0]).end == HoldEnd::disconnected);
  CHECK(restored.lock_count() == 0);
}

TEST_CASE("a snapshot cut anywhere is refused") {
  const std::string bytes = snapshot_of_story();
  std::mt19937_64 random{2};
  for (std::size_t size = 0; size < bytes.size(); ++size) {
    LockTable restored;
    CAPTURE(size);
    CHECK_FALSE(restore(restored, bytes.substr(0, size), random));
  }
}

TEST_CASE("an item too many, or twice, is refused") {
  std::mt19937_64 random{3};
  const std::vector<std::string> items = items_in(snapshot_of_story());
  for (const std::string& extra : items) {
    std::string bytes = snapshot_of_story();
    ByteWriter{bytes}.text(extra);
    LockTable restored;
    CHECK_FALSE(restore(restored, bytes, random));
  }
  for (std::size_t left_out = 0; left_out < items.size(); ++left_out) {
    std::string bytes;
    for (std::size_t at = 0; at < items.size(); ++at) {
      if (at != left_out) ByteWriter{bytes}.text(items[at]);
    }
    LockTable restored;
    CHECK_FALSE(restore(restored, bytes, random));
  }
}

// Damage is the journal's to find, by its checksums; here it must not lead to a crash.
TEST_CASE("a flipped bit is refused or gives a table that works") {
  const std::string whole = snapshot_of_story();
  std::mt19937_64 random{4};
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
    tell_a_story(restored);
    Effects effects;
    restored.apply(Epoch{1}, record::CloseSession{SessionId{1}}, effects);
    static_cast<void>(items_of(restored));
  }
  CHECK(refused > whole.size());
}

TEST_CASE("random bytes are refused") {
  std::mt19937_64 random{6};
  for (int round = 0; round < 100'000; ++round) {
    std::string bytes(random() % 60, '\0');
    const std::uint64_t range = random() % 3 == 0 ? 256 : 12;
    for (char& byte : bytes) byte = static_cast<char>(random() % range);
    if (round % 2 == 0) bytes.insert(0, items_of_empty_table());
    LockTable restored;
    if (restore(restored, bytes, random)) REQUIRE(bytes == items_of_empty_table());
  }
}

}  // namespace
}  // namespace pawl::locks
