// SPDX-License-Identifier: Apache-2.0
#include "node/arriving_snapshot.hpp"

#include <catch2/catch.hpp>
#include <span>
#include <string>

#include "locks/record.hpp"

namespace pawl::node {
namespace {

// The file of a table with one lock, as the snapshot of everything up to (3, 40).
std::string file() {
  locks::LockTable table;
  locks::Effects effects;
  std::string_view name = "a";
  locks::record::Lock lock;
  lock.names = {&name, 1};
  lock.ttl_ms = 1000;
  lock.address = "here";
  table.apply(Epoch{1}, lock, effects);
  table.begin_snapshot();
  std::string chunk;
  while (!table.write_snapshot(chunk, 1000)) continue;
  std::vector<std::byte> out;
  journal::SnapshotEncoder encoder;
  encoder.begin({.index = LogIndex{40}, .epoch = Epoch{3}}, {}, out);
  encoder.chunk(std::as_bytes(std::span{chunk}), out);
  encoder.finish(out);
  return {reinterpret_cast<const char*>(out.data()), out.size()};
}

constexpr replication::EntryId upto{Epoch{3}, LogIndex{40}};

TEST_CASE("a snapshot that comes in parts of any size becomes the table it was") {
  const std::string whole = file();
  for (std::size_t size : std::initializer_list<std::size_t>{1, 7, 64, 100'000}) {
    ArrivingSnapshot arriving(upto, 1);
    for (std::size_t at = 0; at < whole.size(); at += size) arriving.feed(whole.substr(at, size));
    REQUIRE(arriving.finish());
    CHECK(arriving.bytes() == whole.size());
    auto table = arriving.take_table();
    CHECK(table->lock_count() == 1);
    CHECK(table->last_granted() == Token{1});
  }
}

TEST_CASE("half a snapshot, a damaged one, or one of something else is none") {
  const std::string whole = file();
  ArrivingSnapshot half(upto, 1);
  half.feed(whole.substr(0, whole.size() / 2));
  CHECK_FALSE(half.finish());
  std::string rotten = whole;
  rotten[rotten.size() / 2] ^= 1;
  ArrivingSnapshot damaged(upto, 1);
  damaged.feed(rotten);
  CHECK_FALSE(damaged.finish());
  ArrivingSnapshot other({Epoch{3}, LogIndex{41}}, 1);
  other.feed(whole);
  CHECK_FALSE(other.finish());
}

}  // namespace
}  // namespace pawl::node
