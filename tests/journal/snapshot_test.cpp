// SPDX-License-Identifier: Apache-2.0
#include "journal/snapshot.hpp"

#include <catch2/catch.hpp>
#include <random>

#include "journal/hex.hpp"
#include "journal/preamble.hpp"

namespace pawl::journal {
namespace {

constexpr std::string_view old_snapshot =
    "5041574c534e4150010000000391214de80300000000000003000000000000004d000000000000000400000000"
    "00000097f3c4ed4dbc3f44807c2f442cf0b617686561640000000043484e4b09[11]394d848bdb12b75a88c559"
    "b97c10fb3b6368756e6b206f6e650000000000000043484e4b030000000100000000000000f0aa32e27a993d01"
    "c555f761c4e9ccb674776f00000000005441494c0000000002000000000000000c0000000000000045ef5adbc3"
    "f83b41";

struct Decoded {
  SnapshotVerdict verdict;
  SnapshotHeader header;
  std::string head;
  std::vector<std::string> chunks;
};

std::string text_of(Bytes bytes) {
  std::string text;
  for (const std::byte byte : bytes) text += static_cast<char>(byte);
  return text;
}

Decoded decode(Bytes file, std::size_t piece = 1'000'000) {
  Decoded decoded;
  SnapshotDecoder decoder({[&](const SnapshotHeader& header, Bytes head) {
                             decoded.header = header;
                             decoded.head = text_of(head);
                           },
                           [&](Bytes chunk) { decoded.chunks.push_back(text_of(chunk)); }});
  bool more = true;
  while (more && !file.empty()) {
    const Bytes next = file.first(std::min(piece, file.size()));
    file = file.subspan(next.size());
    more = decoder.feed(next);
  }
  decoded.verdict = decoder.finish();
  return decoded;
}

const SnapshotHeader some_header{LogIndex{1000}, Epoch{3}, BatchSequence{77}};

std::vector<std::byte> encode(const std::string& head, const std::vector<std::string>& chunks) {
  std::vector<std::byte> file;
  SnapshotEncoder encoder;
  encoder.begin(some_header, bytes_of(head), file);
  for (const std::string& chunk : chunks) encoder.chunk(bytes_of(chunk), file);
  encoder.finish(file);
  return file;
}

bool is_prefix(const std::vector<std::string>& some, const std::vector<std::string>& all) {
  return some.size() <= all.size() && std::equal(some.begin(), some.end(), all.begin());
}

}  // namespace

TEST_CASE("a snapshot gives back its head and chunks, in pieces of any size") {
  const std::size_t piece = GENERATE(1U, 7U, 64U, 1000U, 1'000'000U);
  const std::vector<std::string> chunks{"a", std::string(max_chunk_bytes, 'b'), "12345678"};
  const std::vector<std::byte> file = encode("token 42", chunks);

  const Decoded decoded = decode(file, piece);

  REQUIRE(std::holds_alternative<SnapshotWhole>(decoded.verdict));
  const auto& whole = std::get<SnapshotWhole>(decoded.verdict);
  CHECK(whole.header == some_header);
  CHECK(whole.chunks == 3);
  CHECK(whole.bytes == file.size());
  CHECK(decoded.header == some_header);
  CHECK(decoded.head == "token 42");
  CHECK(decoded.chunks == chunks);
}

TEST_CASE("a snapshot may have an empty head and no chunks") {
  CHECK(std::holds_alternative<SnapshotWhole>(decode(encode("", {})).verdict));
}

TEST_CASE("a snapshot cut anywhere is damaged") {
  const std::vector<std::string> chunks{"one", std::string(70, 'x')};
  const std::vector<std::byte> file = encode("head", chunks);
  for (std::size_t kept = 0; kept < file.size(); ++kept) {
    CAPTURE(kept);
    const Decoded decoded = decode(Bytes(file).first(kept));
    REQUIRE(std::holds_alternative<SnapshotDamaged>(decoded.verdict));
    REQUIRE(is_prefix(decoded.chunks, chunks));
  }
}

TEST_CASE("a snapshot with any byte flipped is damaged, and gives out nothing invented") {
  const auto flip = GENERATE(std::byte{0x01}, std::byte{0x80}, std::byte{0xFF});
  const std::vector<std::string> chunks{"one", std::string(70, 'x')};
  std::vector<std::byte> file = encode("head", chunks);
  for (std::size_t i = 0; i < file.size(); ++i) {
    CAPTURE(i);
    file[i] ^= flip;
    const Decoded decoded = decode(file);
    REQUIRE(std::holds_alternative<SnapshotDamaged>(decoded.verdict));
    REQUIRE(is_prefix(decoded.chunks, chunks));
    REQUIRE((decoded.head.empty() || decoded.head == "head"));
    file[i] ^= flip;
  }
}

TEST_CASE("chunks left out, repeated or swapped are noticed") {
  const std::string chunk(32, 'c');
  const std::vector<std::byte> file = encode("", {chunk, chunk, chunk});
  const std::ptrdiff_t size = 64;  // of a chunk with its header
  const auto first = file.begin() + 64;

  std::vector<std::byte> changed(file.begin(), first);
  SECTION("left out") { changed.insert(changed.end(), first + size, file.end()); }
  SECTION("repeated") { changed.insert(changed.end(), first, first + size); }
  SECTION("swapped") {
    changed.insert(changed.end(), first + size, first + 2 * size);
    changed.insert(changed.end(), first, first + size);
    changed.insert(changed.end(), first + 2 * size, file.end());
  }
  SECTION("something behind the trailer") {
    changed = file;
    changed.push_back(std::byte{0});
  }
  CHECK(std::holds_alternative<SnapshotDamaged>(decode(changed).verdict));
}

TEST_CASE("a newer snapshot is named, not read") {
  std::vector<std::byte> file = encode("head", {"chunk"});
  store32(file, 8, 2);
  store32(file, 12, static_cast<std::uint32_t>(checksum(Bytes(file).first(12), 0)));

  const Decoded decoded = decode(file);

  REQUIRE(std::holds_alternative<SnapshotNewer>(decoded.verdict));
  CHECK(std::get<SnapshotNewer>(decoded.verdict).version == 2);
  CHECK(decoded.chunks.empty());
}

TEST_CASE("a snapshot of format 1 is these bytes, for ever") {
  const std::vector<std::byte> file = encode("head", {"chunk one", "two"});
  CHECK(to_hex(file) == old_snapshot);
  CHECK(decode(from_hex(old_snapshot)).chunks == std::vector<std::string>{"chunk one", "two"});
}

}  // namespace pawl::journal
