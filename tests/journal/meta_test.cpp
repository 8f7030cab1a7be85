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

constexpr std::string_view alone_meta =
    "5041574c4d45544101000000acae987409[15]02[9]100000000000307500000000000004000000000000001"
    "100000000000000050000000000000001000000000000002436633066306433612d353163382d346234342d3"
    "96333392d306436613666326631643131000000026e31[61]026e32[309]f438960df450623b";
constexpr std::string_view cluster_meta =
    "5041574c4d45544102000000dedc9c2e0900000000000000887766554433221102[9]1000000000003075000"
    "000000000040000000000000011000000000000001f000000000000000100000000000000243663306630643"
    "3612d353163382d346234342d396333392d306436613666326631643131000000026e31[61]026e32[62]ffe"
    "eddccbbaa9977d4f6b3f0ffffffffffffffb74e1b9cf1ffffffffffffffb71a1fbaf2ffffffffffffff39ffb"
    "69ff3ffffffffffffffa93464a2f4ffffffffffffff54c93efbf5ffffffffffffffbb43f233f6fffffffffff"
    "fffc8f10402f7ffffffffffffff957da3abf8ffffffffffffffdfc7f1baf9fffffffffffffff6664a5cfafff"
    "fffffffffffbab937b3fbffffffffffffff17c88cb8fcffffffffffffff693756a2fdffffffffffffff869c7"
    "bf1feffffffffffffff20ada059ffffffffffffffff[48]95c1e9260b3c6e2c";

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

Meta meta_alone() {
  Meta meta = some_meta();
  meta.cluster = 0;
  return meta;
}

// All that the slot holds.
Meta meta_of_many() {
  Meta meta = some_meta();
  meta.recovering = true;
  meta.blank = true;
  meta.promoted = true;
  meta.disk = 0x99aabbccddeeff00;
  for (unsigned i = 0; i < max_bound_disks; ++i) {
    bind_disk(meta, "node" + std::to_string(i), 0xfffffffffffffff0 + i);
  }
  return meta;
}

}  // namespace

TEST_CASE("META comes back as it was written") {
  const Meta meta = GENERATE(some_meta(), meta_of_many());
  const MetaSlot slot = encode_meta(meta);
  CHECK(std::get<Meta>(decode_meta(slot, slot)) == meta);
}

TEST_CASE("a program that knows one node alone does not take the directory of one of several") {
  Meta alone = some_meta();
  alone.cluster = 0;
  CHECK(read_version(encode_meta(alone), meta_magic) == 1);
  CHECK(read_version(encode_meta(meta_of_many()), meta_magic) == 2);
}

TEST_CASE("a node is bound to the disk it was last met with") {
  Meta meta;
  CHECK_FALSE(disk_of(meta, "n2"));
  bind_disk(meta, "n2", 7);
  bind_disk(meta, "n3", 8);
  bind_disk(meta, "n2", 9);
  CHECK(disk_of(meta, "n2") == 9);
  CHECK(disk_of(meta, "n3") == 8);

  keep_bound(meta, {"n1", "n3"});

  CHECK_FALSE(disk_of(meta, "n2"));
  CHECK(disk_of(meta, "n3") == 8);
}

TEST_CASE("no cluster's hash is that of a node alone, and it is the same for ever") {
  CHECK(cluster_hash("") != 0);
  CHECK(cluster_hash("prod") != cluster_hash("test"));
  CHECK(cluster_hash("prod") == 0x26e1b349344e0842);
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
  store32(newer, 8, 3);
  store32(newer, 12, static_cast<std::uint32_t>(checksum(Bytes(newer).first(12), 0)));

  CHECK(std::get<MetaNewer>(decode_meta(newer, old)).version == 3);
  CHECK(std::get<MetaNewer>(decode_meta(old, newer)).version == 3);
}

TEST_CASE("a META slot of format 2 is these bytes, for ever") {
  CHECK(to_hex(encode_meta(meta_of_many())) == cluster_meta);
  const std::vector<std::byte> bytes = from_hex(cluster_meta);
  CHECK(std::get<Meta>(decode_meta(bytes, {})) == meta_of_many());
}

TEST_CASE("a META slot of format 1 is these bytes, for ever") {
  CHECK(to_hex(encode_meta(meta_alone())) == alone_meta);
  CHECK(std::get<Meta>(decode_meta(from_hex(alone_meta), {})) == meta_alone());
  CHECK(std::get<Meta>(decode_meta(from_hex(old_meta), {})) == some_meta());
}

}  // namespace pawl::journal
