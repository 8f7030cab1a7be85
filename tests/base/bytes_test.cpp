// SPDX-License-Identifier: Apache-2.0
#include "base/bytes.hpp"

#include <catch2/catch.hpp>
#include <limits>
#include <random>
#include <string>
#include <vector>

namespace pawl {
namespace {

using namespace std::string_literals;

std::string number_bytes(std::uint64_t value) {
  std::string bytes;
  ByteWriter{bytes}.number(value);
  return bytes;
}

TEST_CASE("a number takes seven bits a byte, the lowest first") {
  CHECK(number_bytes(0) == "\x00"s);
  CHECK(number_bytes(127) == "\x7F"s);
  CHECK(number_bytes(128) == "\x80\x01"s);
  CHECK(number_bytes(300) == "\xAC\x02"s);
  CHECK(number_bytes(std::numeric_limits<std::uint64_t>::max()) == std::string(9, '\xFF') + "\x01");
}

TEST_CASE("every number comes back") {
  std::mt19937_64 random{4};
  std::vector<std::uint64_t> numbers{0, 1, 127, 128, std::numeric_limits<std::uint64_t>::max()};
  for (unsigned shift = 0; shift < 64; ++shift) {
    numbers.push_back(std::uint64_t{1} << shift);
    numbers.push_back((std::uint64_t{1} << shift) - 1);
    numbers.push_back(random() >> shift);
  }

  for (std::uint64_t number : numbers) {
    std::string bytes = number_bytes(number);
    ByteReader in{bytes};
    REQUIRE(in.number() == number);
    REQUIRE(in.ok());
    REQUIRE(in.at_end());
  }
}

TEST_CASE("bytes, numbers and texts come back in their order") {
  std::string bytes;
  ByteWriter out{bytes};
  out.byte(0xFE);
  out.text("a\0b"s);
  out.number(1'000'000);
  out.text("");

  ByteReader in{bytes};
  CHECK(in.byte() == 0xFE);
  CHECK(in.text() == "a\0b"s);
  CHECK(in.number() == 1'000'000);
  CHECK(in.text().empty());
  CHECK(in.ok());
  CHECK(in.at_end());
}

TEST_CASE("what is gathered is written as ever, whatever its size") {
  std::mt19937_64 random{5};
  for (std::size_t size : {0u, 1u, 200u, 245u, 246u, 255u, 256u, 257u, 3'000u}) {
    std::string plain = "before";
    std::string gathered = plain;
    {
      ByteWriter out{plain};
      GatheringByteWriter gathering{gathered};
      for (int i = 0; i < 40; ++i) {
        std::uint64_t number = random() >> (i % 64);
        std::string text(i % 4 == 0 ? size : size / 7, static_cast<char>('a' + i % 26));
        out.number(number);
        gathering.number(number);
        out.text(text);
        gathering.text(text);
        out.byte(0xFE);
        gathering.byte(0xFE);
      }
    }
    REQUIRE(gathered == plain);
  }
}

TEST_CASE("cut at any byte, reading fails and everything after reads as empty") {
  std::string bytes;
  ByteWriter out{bytes};
  out.number(300);
  out.text("some text");
  out.number(std::numeric_limits<std::uint64_t>::max());
  out.byte(7);

  for (std::size_t size = 0; size < bytes.size(); ++size) {
    ByteReader in{std::string_view{bytes}.substr(0, size)};
    static_cast<void>(in.number());
    static_cast<void>(in.text());
    static_cast<void>(in.number());
    REQUIRE(in.byte() == 0);
    REQUIRE_FALSE(in.ok());
    REQUIRE(in.text().empty());
    REQUIRE(in.number() == 0);
    REQUIRE(in.at_end());
  }
}

TEST_CASE("a text longer than what is left is refused whole") {
  ByteReader in{
      "\x05"
      "abcd"};

  CHECK(in.text().empty());
  CHECK_FALSE(in.ok());
}

TEST_CASE("a number beyond 64 bits is refused") {
  for (const std::string& bytes : {std::string(9, '\xFF') + "\x02", std::string(9, '\x80') + "\x7F",
                                   std::string(10, '\x80') + "\x01", std::string(20, '\xFF')}) {
    ByteReader in{bytes};
    CHECK(in.number() == 0);
    CHECK_FALSE(in.ok());
  }
}

TEST_CASE("a number where 32 bits are due is refused beyond them") {
  std::string fits = number_bytes(0xFFFF'FFFF);
  std::string exceeds = number_bytes(0x1'0000'0000);

  ByteReader good{fits};
  CHECK(good.number32() == 0xFFFF'FFFF);
  CHECK(good.ok());
  ByteReader bad{exceeds};
  CHECK(bad.number32() == 0);
  CHECK_FALSE(bad.ok());
}

TEST_CASE("a reader that was told to refuse stays refused") {
  ByteReader in{"\x01\x02"};

  in.refuse();

  CHECK_FALSE(in.ok());
  CHECK(in.byte() == 0);
}

}  // namespace
}  // namespace pawl
