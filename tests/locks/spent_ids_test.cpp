// SPDX-License-Identifier: Apache-2.0
#include "locks/spent_ids.hpp"

#include <catch2/catch.hpp>

#include "table_driver.hpp"

namespace pawl::locks {
namespace {

std::string id_of(std::size_t number) { return "id-" + std::to_string(number); }

TEST_CASE("exactly the last 65,536 cancellations are remembered") {
  TableDriver table;
  for (std::size_t number = 0; number < 65'536; ++number) table.cancel("jobs", id_of(number));
  REQUIRE(table.lock("jobs", {.id = id_of(0)}) == Verdict::spent);
  REQUIRE(table.lock("jobs", {.id = id_of(65'535)}) == Verdict::spent);

  table.cancel("jobs", "one more");

  CHECK(table.lock("jobs", {.id = "one more"}) == Verdict::spent);
  CHECK(table.lock("jobs", {.id = id_of(1)}) == Verdict::spent);
  CHECK(table.lock("jobs", {.id = id_of(65'535)}) == Verdict::spent);
  CHECK(table.lock("jobs", {.id = id_of(0)}) == Verdict::granted);
}

TEST_CASE("however many ids are cancelled, the memory of it stays as it is") {
  TableDriver table;
  for (std::size_t number = 0; number < 65'536; ++number)
    table.cancel("jobs", id_of(200'000 + number));  // as long as those below
  std::size_t memory = table.table().memory();

  for (std::size_t number = 0; number < 70'000; ++number)
    table.cancel("jobs", id_of(100'000 + number));

  CHECK(table.table().memory() == memory);
  CHECK(table.lock("jobs", {.id = id_of(169'999)}) == Verdict::spent);
  CHECK(table.lock("jobs", {.id = id_of(169'999 - 65'535)}) == Verdict::spent);
  CHECK(table.lock("jobs", {.id = id_of(169'999 - 65'536)}) == Verdict::granted);
}

TEST_CASE("a spent id is its session's, or its user's and name's") {
  SpentIds spent{0};
  spent.remember({{}, "ci", "jobs"}, "leased", 0);
  spent.remember({SessionId{7}, "ci", "jobs"}, "owned", 0);

  CHECK(spent.contains({{}, "ci", "jobs"}, "leased"));
  CHECK_FALSE(spent.contains({{}, "eve", "jobs"}, "leased"));
  CHECK_FALSE(spent.contains({{}, "ci", "other"}, "leased"));
  CHECK_FALSE(spent.contains({SessionId{7}, "ci", "jobs"}, "leased"));
  CHECK(spent.contains({SessionId{7}, "eve", "other"}, "owned"));
  CHECK_FALSE(spent.contains({SessionId{8}, "ci", "jobs"}, "owned"));
  CHECK_FALSE(spent.contains({{}, "ci", "jobs"}, "owned"));
}

TEST_CASE("an id cancelled again outlives 65,535 further cancellations from then on") {
  TableDriver table;
  table.cancel("jobs", "again");
  for (std::size_t number = 0; number < 40'000; ++number) table.cancel("jobs", id_of(number));
  table.cancel("jobs", "again");

  for (std::size_t number = 0; number < 65'535; ++number)
    table.cancel("jobs", id_of(100'000 + number));
  CHECK(table.lock("jobs", {.id = "again"}) == Verdict::spent);

  table.cancel("jobs", "one more");
  CHECK(table.lock("jobs", {.id = "again"}) == Verdict::granted);
}

TEST_CASE("an id cancelled twice comes back from a snapshot, and is forgotten when both are") {
  LockTable table;
  Effects effects;
  for (int time = 0; time < 2; ++time)
    table.apply(Epoch{1}, record::Cancel{.name = "jobs", .id = "twice"}, effects);
  std::string bytes;
  table.begin_snapshot();
  while (!table.write_snapshot(bytes, 1'000)) continue;

  LockTable restored;
  SnapshotReader reader{restored};
  REQUIRE(reader.feed(bytes));
  REQUIRE(reader.finish());
  for (std::size_t number = 0; number < 65'535; ++number) {
    std::string id = id_of(number);
    restored.apply(Epoch{1}, record::Cancel{.name = "jobs", .id = id}, effects);
  }
  CHECK(restored.is_spent(no_slot, "", "jobs", "twice"));

  restored.apply(Epoch{1}, record::Cancel{.name = "jobs", .id = "one more"}, effects);
  CHECK_FALSE(restored.is_spent(no_slot, "", "jobs", "twice"));
}

}  // namespace
}  // namespace pawl::locks
