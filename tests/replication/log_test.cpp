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

}  // namespace
}  // namespace pawl::replication
