// SPDX-License-Identifier: Apache-2.0
#include "journal/batch_writer.hpp"

#include <catch2/catch.hpp>
#include <string>

namespace pawl::journal {
namespace {

Record entry(std::uint64_t index, std::uint64_t epoch, std::string_view payload) {
  return {RecordKind::entry, Epoch{epoch}, LogIndex{index}, bytes_of(payload)};
}

std::vector<std::byte> sealed(BatchWriter& writer, std::uint64_t salt) {
  LogEnd end;
  const Bytes bytes = writer.seal(salt, BatchSequence{}, end);
  return {bytes.begin(), bytes.end()};
}

}  // namespace

TEST_CASE("a batch holds one run of indices in one epoch") {
  BatchWriter writer;
  writer.add(Epoch{2}, entry(5, 1, "a"));

  CHECK(writer.can_add(Epoch{2}, entry(6, 2, "b")));
  CHECK_FALSE(writer.can_add(Epoch{2}, entry(7, 2, "b")));
  CHECK_FALSE(writer.can_add(Epoch{2}, entry(5, 2, "b")));
  CHECK_FALSE(writer.can_add(Epoch{3}, entry(6, 2, "b")));
  CHECK(writer.can_add(Epoch{2}, {RecordKind::local, Epoch{2}, LogIndex{}, {}}));
}

TEST_CASE("a batch is at most 1 MiB") {
  const std::string most(max_payload_bytes, 'x');
  BatchWriter writer;
  REQUIRE(writer.can_add(Epoch{1}, entry(1, 1, most)));
  CHECK_FALSE(writer.can_add(Epoch{1}, entry(1, 1, most + "x")));

  writer.add(Epoch{1}, entry(1, 1, most));
  CHECK_FALSE(writer.can_add(Epoch{1}, entry(2, 1, "")));
  CHECK(sealed(writer, 7).size() == max_batch_bytes);
}

TEST_CASE("a batch fills whole sectors, none of them zero, whatever is in it") {
  const std::uint64_t salt = GENERATE(0U, 1U, 99U);
  BatchWriter writer;
  writer.add(Epoch{1}, entry(1, 1, std::string(10'000, '\0')));

  const std::vector<std::byte> bytes = sealed(writer, salt);

  REQUIRE(bytes.size() % sector_bytes == 0);
  for (std::size_t at = 0; at < bytes.size(); at += sector_bytes) {
    CHECK_FALSE(all_zero(Bytes(bytes).subspan(at, sector_bytes)));
  }
}

TEST_CASE("a payload made to cancel the scrambling is scrambled otherwise") {
  constexpr std::uint64_t salt = 4711;
  std::vector<std::byte> stream(2048 - batch_header_bytes);
  scramble_body(stream, salt, BatchSequence{1}, 0);
  const std::size_t skipped = record_header_bytes;
  const std::string_view payload(reinterpret_cast<const char*>(stream.data()) + skipped,
                                 stream.size() - skipped);
  BatchWriter writer;
  writer.add(Epoch{1}, entry(1, 1, payload));

  const std::vector<std::byte> bytes = sealed(writer, salt);

  REQUIRE(bytes.size() == 2048);
  CHECK(decode_batch_header(bytes, salt)->scramble == 1);
  CHECK_FALSE(all_zero(Bytes(bytes).subspan(1024, sector_bytes)));
}

TEST_CASE("a batch that waited takes in the next one if it follows") {
  BatchWriter waiting;
  BatchWriter next;
  waiting.add(Epoch{1}, entry(1, 1, "a"));

  next.add(Epoch{1}, entry(2, 1, "b"));
  CHECK(waiting.join(next));
  CHECK(next.empty());
  CHECK(waiting.last_index() == LogIndex{2});

  next.add(Epoch{2}, entry(3, 2, "c"));
  CHECK_FALSE(waiting.join(next));
  next.clear();
  next.add(Epoch{1}, entry(4, 1, "d"));
  CHECK_FALSE(waiting.join(next));
  next.clear();
  next.add(Epoch{1}, entry(3, 1, std::string(max_payload_bytes - 8, 'x')));
  CHECK_FALSE(waiting.join(next));
  CHECK(next.last_index() == LogIndex{3});
}

TEST_CASE("sealing moves the end of the log past the batch") {
  BatchWriter writer;
  LogEnd end{LogIndex{6}, Epoch{1}, Epoch{1}, BatchSequence{10}, 42};
  writer.add(Epoch{3}, entry(7, 2, "a"));

  const Bytes bytes = writer.seal(5, BatchSequence{9}, end);

  const BatchHeader header = *decode_batch_header(bytes, 5);
  CHECK(end == LogEnd{LogIndex{7}, Epoch{2}, Epoch{3}, BatchSequence{11}, header.checksum});
  CHECK(header.previous == 42);
  CHECK(header.durable == BatchSequence{9});
}

TEST_CASE("an override is of a newer epoch than what it replaces, and of none that is to come") {
  BatchEpoch epoch(LogEnd{LogIndex{6}, Epoch{2}, Epoch{3}, BatchSequence{10}, 42});
  const auto next = [&](std::uint64_t index, std::uint64_t made) {
    return epoch.next({RecordKind::entry, Epoch{made}, LogIndex{index}, {}});
  };

  CHECK(next(7, 2) == Epoch{3});
  CHECK(next(8, 5) == Epoch{5});
  CHECK(next(8, 4) == Epoch{6});
  CHECK(next(9, 4) == Epoch{6});
  CHECK(next(9, 7) == Epoch{7});
  epoch.restart_behind(LogIndex{20}, Epoch{9});
  CHECK(next(21, 9) == Epoch{9});
  CHECK(epoch.last() == LogIndex{21});
}

}  // namespace pawl::journal
