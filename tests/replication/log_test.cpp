// SPDX-License-Identifier: Apache-2.0
#include "replication/log.hpp"

#include <catch2/catch.hpp>
#include <deque>
#include <random>
#include <string>

namespace pawl::replication {
namespace {

LogIndex append(Log& log, std::string_view bytes, Epoch epoch = Epoch{1}, Origin origin = {}) {
  return log.append(epoch, origin, [&](std::string& out) { out += bytes; });
}

TEST_CASE("the first record has index 1 and each next one more") {
  Log log;
  CHECK(log.last() == LogIndex{0});

  CHECK(append(log, "a") == LogIndex{1});
  CHECK(append(log, "b") == LogIndex{2});
  CHECK(log.last() == LogIndex{2});
}

TEST_CASE("a record is kept with its epoch, its bytes and whoever waits for it") {
  Log log;
  append(log, "first", Epoch{3}, Origin{{4, 5}, 6});
  append(log, "", Epoch{7});

  Entry first = log.at(LogIndex{1});
  CHECK(first.index == LogIndex{1});
  CHECK(first.epoch == Epoch{3});
  CHECK(first.bytes == "first");
  CHECK(first.origin == Origin{{4, 5}, 6});
  Entry second = log.at(LogIndex{2});
  CHECK(second.epoch == Epoch{7});
  CHECK(second.bytes.empty());
  CHECK(second.origin == Origin{});
}

TEST_CASE("a released record is gone, those behind it keep their index and bytes") {
  Log log;
  for (std::string_view bytes : {"one", "two", "three"}) append(log, bytes);

  log.release(LogIndex{2});

  CHECK(log.released() == LogIndex{2});
  CHECK(log.last() == LogIndex{3});
  CHECK(log.at(LogIndex{3}).bytes == "three");
  CHECK(append(log, "four") == LogIndex{4});
}

TEST_CASE("releasing what is released already changes nothing") {
  Log log;
  for (std::string_view bytes : {"one", "two"}) append(log, bytes);
  log.release(LogIndex{1});

  log.release(LogIndex{1});
  log.release(LogIndex{0});

  CHECK(log.released() == LogIndex{1});
  CHECK(log.at(LogIndex{2}).bytes == "two");
}

TEST_CASE("an emptied log goes on counting and keeps no bytes") {
  Log log;
  append(log, "one");
  log.release(LogIndex{1});

  CHECK(log.bytes() == 0);
  CHECK(log.last() == LogIndex{1});
  CHECK(append(log, "two") == LogIndex{2});
  CHECK(log.at(LogIndex{2}).bytes == "two");
}

TEST_CASE("storage is used again: a window that moves on for ever stays small") {
  Log log;
  std::deque<std::string> window;
  std::mt19937_64 random{6};
  std::uint64_t first = 1;
  std::size_t kept = 0;

  for (std::uint64_t index = 1; index <= 100'000; ++index) {
    std::string bytes(random() % 60, static_cast<char>('a' + index % 26));
    REQUIRE(append(log, bytes, Epoch{index}) == LogIndex{index});
    kept += bytes.size();
    window.push_back(bytes);
    for (std::size_t gone = random() % 3; window.size() > 20 && gone > 0; --gone, ++first) {
      kept -= window.front().size();
      window.pop_front();
      log.release(LogIndex{first});
    }
    REQUIRE(log.bytes() <= 2 * kept + 60);
    std::size_t some = random() % window.size();
    Entry entry = log.at(LogIndex{first + some});
    REQUIRE(entry.bytes == window[some]);
    REQUIRE(entry.epoch == Epoch{first + some});
    while (window.size() > 200) {
      kept -= window.front().size();
      window.pop_front();
      log.release(LogIndex{first++});
    }
  }
}

TEST_CASE("what is truncated is gone, and its places are taken anew") {
  Log log;
  for (std::string_view bytes : {"one", "two", "three"}) append(log, bytes);

  log.truncate(LogIndex{2});
  CHECK(log.last() == LogIndex{1});
  CHECK(log.bytes() == 3);
  CHECK(append(log, "other", Epoch{2}) == LogIndex{2});

  CHECK(log.at(LogIndex{1}).bytes == "one");
  CHECK(log.at(LogIndex{2}).bytes == "other");
  CHECK(log.last_id() == EntryId{Epoch{2}, LogIndex{2}});
}

TEST_CASE("truncating behind the end takes nothing") {
  Log log;
  append(log, "one");
  log.truncate(LogIndex{2});
  CHECK(log.last() == LogIndex{1});
}

TEST_CASE("the epoch of the last record released is still known") {
  Log log{LogIndex{4}, Epoch{3}};
  CHECK(log.last_id() == EntryId{Epoch{3}, LogIndex{4}});
  append(log, "five", Epoch{5});
  log.release(LogIndex{5});
  CHECK(log.epoch_at(LogIndex{5}) == Epoch{5});
}

TEST_CASE("released records are kept for those who lag, as far as they fit") {
  Log log;
  for (int i = 0; i < 10; ++i) append(log, "0123456789");
  std::size_t each = 10 + Log::entry_overhead;

  log.release(LogIndex{8}, 4 * each);
  CHECK(log.released() == LogIndex{6});
  log.release(LogIndex{8}, 0);
  CHECK(log.released() == LogIndex{8});
  log.release(LogIndex{10}, 100 * each);
  CHECK(log.released() == LogIndex{8});
}

TEST_CASE("two logs may agree no further than where the epochs of one allow") {
  Log log;
  for (std::uint64_t epoch : {1U, 1U, 2U, 4U, 4U}) append(log, "x", Epoch{epoch});
  auto agree = [&](std::uint64_t epoch, std::uint64_t index) {
    return log.may_agree_at({Epoch{epoch}, LogIndex{index}}).value;
  };

  CHECK(agree(4, 9) == 5);
  CHECK(agree(3, 9) == 3);
  CHECK(agree(1, 3) == 2);
  CHECK(agree(9, 1) == 1);
  CHECK(agree(0, 0) == 0);
}

TEST_CASE("a log that holds the end of a snapshot keeps what follows it") {
  Log log;
  for (std::uint64_t epoch : {1U, 1U, 2U}) append(log, "x", Epoch{epoch});
  log.restart_behind({Epoch{1}, LogIndex{2}});
  CHECK(log.released() == LogIndex{2});
  CHECK(log.last() == LogIndex{3});
}

TEST_CASE("a log that holds another record there begins anew") {
  Log log;
  for (std::uint64_t epoch : {1U, 1U, 1U}) append(log, "x", Epoch{epoch});
  log.restart_behind({Epoch{2}, LogIndex{2}});
  CHECK(log.last_id() == EntryId{Epoch{2}, LogIndex{2}});
  CHECK(log.bytes() == 0);
  CHECK(append(log, "next", Epoch{2}) == LogIndex{3});
  CHECK(log.at(LogIndex{3}).bytes == "next");
}

TEST_CASE("the room of a long log goes with its records, and a short one's stays") {
  constexpr std::size_t MiB = std::size_t{1} << 20;
  Log log;
  const std::string record(MiB, 'r');
  const auto grow = [&](int records) {
    for (int i = 0; i < records; ++i) append(log, record);
  };
  grow(4);
  const std::size_t of_short = log.storage();
  log.release(log.last());
  CHECK(log.storage() == of_short);
  grow(64);
  REQUIRE(log.storage() >= 64 * MiB);

  SECTION("released, all or all but a few") {
    log.release(LogIndex{log.last().value - 3});
    CHECK(log.storage() < 8 * MiB);
    CHECK(log.at(log.last()).bytes == record);
  }
  SECTION("in a snapshot, with what follows it") {
    log.restart_behind({Epoch{1}, LogIndex{log.last().value - 3}});
    CHECK(log.storage() < 8 * MiB);
  }
  SECTION("in a snapshot of another log") {
    log.restart_behind({Epoch{9}, log.last()});
    CHECK(log.storage() < 8 * MiB);
  }
}

TEST_CASE("who waits is told once, and only of records behind the index") {
  Log log;
  for (RequestNumber request : {1U, 2U, 3U}) append(log, "x", Epoch{1}, Origin{{1, 1}, request});
  append(log, "nobody's");

  std::vector<Origin> origins = log.take_origins_behind(LogIndex{1});
  REQUIRE(origins.size() == 2);
  CHECK(origins[0].request == 2);
  CHECK(origins[1].request == 3);
  CHECK(log.take_origins_behind(LogIndex{0}).empty());
}

TEST_CASE("what the records behind an index take is known before they are given up") {
  Log log;
  for (int i = 0; i < 10; ++i) log.append(Epoch{1}, {}, [](std::string& out) { out += "12345"; });
  CHECK(log.cost_behind(LogIndex{}) == 10 * (5 + Log::entry_overhead));
  CHECK(log.cost_behind(LogIndex{7}) == 3 * (5 + Log::entry_overhead));
  CHECK(log.cost_behind(LogIndex{10}) == 0);
  log.release(LogIndex{4});
  CHECK(log.cost_behind(LogIndex{4}) == 6 * (5 + Log::entry_overhead));
  CHECK(log.cost_behind(LogIndex{7}) == 3 * (5 + Log::entry_overhead));
}

}  // namespace
}  // namespace pawl::replication
