// SPDX-License-Identifier: Apache-2.0
#include "replication/frame.hpp"

#include <catch2/catch.hpp>
#include <random>

namespace pawl::replication {
namespace {

std::string framed(std::string_view body, std::uint64_t seed, FrameKind kind = FrameKind::message) {
  std::string out;
  write_frame(out, kind, body, seed);
  return out;
}

Hello hello(std::string node) { return {7, 3, std::move(node), 1, 4}; }

TEST_CASE("a frame comes out as it went in, and tells where the next begins") {
  std::string bytes = framed("first", 9) + framed("", 9, FrameKind::hello);

  Frame first = std::get<Frame>(read_frame(bytes, 9));
  CHECK(first.body == "first");
  CHECK(first.kind == FrameKind::message);
  Frame second = std::get<Frame>(read_frame(std::string_view{bytes}.substr(first.size), 9));
  CHECK(second.body.empty());
  CHECK(second.kind == FrameKind::hello);
  CHECK(first.size + second.size == bytes.size());
}

TEST_CASE("a frame that has not all arrived asks for the rest") {
  std::string bytes = framed("some body", 9);
  for (std::size_t size = 0; size < bytes.size(); ++size) {
    auto read = read_frame(std::string_view{bytes}.substr(0, size), 9);
    REQUIRE(std::holds_alternative<FrameIncomplete>(read));
    std::size_t needed = std::get<FrameIncomplete>(read).size;
    CHECK(needed == (size < frame_header_bytes ? frame_header_bytes : bytes.size()));
  }
}

TEST_CASE("a length beyond the bound is refused before anything is allocated for it") {
  std::string bytes = framed("x", 9);
  bytes[3] = 1;  // 16 MiB
  CHECK(std::get<FrameFlaw>(read_frame(bytes, 9)) == FrameFlaw::too_long);
}

TEST_CASE("another protocol version is told from damage") {
  std::string bytes = framed("x", 9);
  bytes[4] = 2;
  CHECK(std::get<FrameFlaw>(read_frame(bytes, 9)) == FrameFlaw::other_version);
}

TEST_CASE("a frame of another cluster or incarnation is not valid here") {
  Hello ours = hello("a");
  Hello other_cluster = ours;
  other_cluster.cluster = 8;
  Hello other_incarnation = ours;
  other_incarnation.incarnation = 4;

  CHECK(link_seed(hello("b")) == link_seed(ours));
  for (const Hello& theirs : {other_cluster, other_incarnation}) {
    auto read = read_frame(framed("x", link_seed(theirs)), link_seed(ours));
    CHECK(std::get<FrameFlaw>(read) == FrameFlaw::damaged);
  }
}

TEST_CASE("no flipped bit goes unnoticed") {
  std::string whole = framed("a body of some length, that is framed", 9);
  for (std::size_t bit = 0; bit < 8 * whole.size(); ++bit) {
    std::string bytes = whole;
    bytes[bit / 8] = static_cast<char>(bytes[bit / 8] ^ (1 << bit % 8));
    CHECK_FALSE(std::holds_alternative<Frame>(read_frame(bytes, 9)));
  }
}

TEST_CASE("reading a frame or a hello survives any bytes") {
  std::mt19937_64 random{4};
  for (int round = 0; round < 20'000; ++round) {
    std::string bytes(random() % 80, '\0');
    for (char& one : bytes) one = static_cast<char>(random() % 5 == 0 ? random() : random() % 4);
    if (bytes.size() > 4) bytes[4] = protocol_version;
    auto read = read_frame(bytes, 0);
    if (const auto* frame = std::get_if<Frame>(&read)) CHECK(frame->size <= bytes.size());
    if (auto decoded = decode_hello(bytes)) CHECK(decode_hello(encode_hello(*decoded)) == decoded);
  }
}

TEST_CASE("a hello comes out as it went in") {
  CHECK(decode_hello(encode_hello(hello("n1"))) == hello("n1"));
  Hello whole{7, 3, "n1", 1, 4, 5, Epoch{6}, true, ~std::uint64_t{0}};
  CHECK(decode_hello(encode_hello(whole)) == whole);
  CHECK_FALSE(decode_hello(encode_hello(hello("n1")) + "x"));
  CHECK_FALSE(decode_hello(encode_hello(hello(""))));
}

TEST_CASE("who is of another cluster, incarnation, name or record version is not talked to") {
  Hello ours = hello("a");
  CHECK_FALSE(judge_hello(ours, hello("b")));
  CHECK(judge_hello(ours, {8, 3, "b", 1, 4}) == HelloFlaw::other_cluster);
  CHECK(judge_hello(ours, {7, 4, "b", 1, 4}) == HelloFlaw::other_incarnation);
  CHECK(judge_hello(ours, ours) == HelloFlaw::own_name);
  CHECK(judge_hello(ours, {7, 3, "b", 5, 6}) == HelloFlaw::records_apart);
  CHECK_FALSE(judge_hello(ours, {7, 3, "b", 4, 6}));
  Hello theirs = hello("b");
  theirs.members = 1;
  CHECK(judge_hello(ours, theirs) == HelloFlaw::other_members);
}

}  // namespace
}  // namespace pawl::replication
