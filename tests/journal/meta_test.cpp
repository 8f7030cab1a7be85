// SPDX-License-Identifier: Apache-2.0
#include "journal/meta.hpp"

#include <catch2/catch.hpp>

#include "journal/hex.hpp"
#include "journal/preamble.hpp"

namespace pawl::journal {
namespace {

constexpr std::string_view old_meta =
    "5041574c4d45544101000000acae98740900000000000000887766554433221102[9]100000000000307500000"
    "000000004000000000000001100000000000000050000000000000001000000000000002436633066306433612"
    "d353163382d346234342d396333392d306436613666326631643131000000026e31[61]026e32[309]a2f10287"
    "69cc192c";

Meta some_meta() {
  Meta meta;
  meta.generation = 9;
  meta.cluster = 0x1122334455667788;
  meta.incarnation = 2;
  meta.node = "n1";
  meta.boot = "6c0f0d3a-51c8-4b44-9c39-0d6a6f2f1d11";
  meta.token_ceiling = Token{1U << 20U};
  meta.longest_ttl = Milliseconds{30'000};
  meta.epoch = Epoch{4};
  meta.voted_for = "n2";
  meta.durable = BatchSequence{17};
  meta.durability = Durability::relaxed;
  meta.clean = true;
  meta.hold_grants = true;
  return meta;
}

}  // namespace

TEST_CASE("META comes back as it was written") {
  const Meta meta = some_meta();
  const MetaSlot slot = encode_meta(meta);
  CHECK(std::get<Meta>(decode_meta(slot, slot)) == meta);
}

TEST_CASE("the newer slot counts, whichever it is") {
  Meta newer = some_meta();
  newer.generation = 10;
  newer.token_ceiling = Token{1U << 21U};
  const MetaSlot one = encode_meta(some_meta());
  const MetaSlot two = encode_meta(newer);

  CHECK(std::get<Meta>(decode_meta(one, two)) == newer);
  CHECK(std::get<Meta>(decode_meta(two, one)) == newer);
}

TEST_CASE("one slot is enough, whatever byte of the other is rotten") {
  const Meta meta = some_meta();
  const MetaSlot good = encode_meta(meta);
  MetaSlot bad = good;
  for (std::size_t i = 0; i < bad.size(); ++i) {
    CAPTURE(i);
    bad[i] ^= std::byte{0x40};
    REQUIRE(std::get<Meta>(decode_meta(bad, good)) == meta);
    REQUIRE(std::get<Meta>(decode_meta(good, bad)) == meta);
    REQUIRE(std::holds_alternative<MetaDamaged>(decode_meta(bad, bad)));
    REQUIRE(std::holds_alternative<MetaDamaged>(decode_meta(bad, {})));
    bad[i] ^= std::byte{0x40};
  }
}

TEST_CASE("nothing at all is damage, not a new node") {
  const MetaSlot zeros{};
  CHECK(std::holds_alternative<MetaDamaged>(decode_meta(zeros, zeros)));
  CHECK(std::holds_alternative<MetaDamaged>(decode_meta({}, {})));
}

TEST_CASE("a META of a newer format is refused, even beside an old slot") {
  const MetaSlot old = encode_meta(some_meta());
  MetaSlot newer = old;
  store32(newer, 8, 2);
  store32(newer, 12, static_cast<std::uint32_t>(checksum(Bytes(newer).first(12), 0)));

  CHECK(std::get<MetaNewer>(decode_meta(newer, old)).version == 2);
  CHECK(std::get<MetaNewer>(decode_meta(old, newer)).version == 2);
}

TEST_CASE("a META slot of format 1 is these bytes, for ever") {
  CHECK(to_hex(encode_meta(some_meta())) == old_meta);
  const std::vector<std::byte> bytes = from_hex(old_meta);
  CHECK(std::get<Meta>(decode_meta(bytes, {})) == some_meta());
}

}  // namespace pawl::journal
