// SPDX-License-Identifier: Apache-2.0
//
// The bytes of the log. The golden ones are frozen: a record written by an old server must be read
// by every later one. A changed line in this file is a changed disk format.
#include "locks/record_codec.hpp"

#include <catch2/catch.hpp>
#include <limits>
#include <random>

namespace pawl::locks {
namespace {

const std::string_view some_names[] = {"jobs/nightly", "b"};
const HoldName some_holds[] = {{"a", Token{7}}, {"jobs", last_token}};
const ClaimNumber some_waits[] = {ClaimNumber{1}, ClaimNumber{300}};

struct Golden {
  std::string_view name;
  Record record;
  std::string_view hex;
};

// Every field of every kind holds a value of its own.
const Golden golden[] = {
    {"epoch_start", record::EpochStart{Token{300}}, "01ac02"},
    {"open_session",
     record::OpenSession{"ci", "secret", "worker 7", "10.0.0.1:9", 10'000, OnDisconnect::release,
                         false, 1'700'000'000'000},
     "020263690673656372657408776f726b657220370a31302e302e302e313a39904e010080d095ffbc31"},
    {"open_session, least", record::OpenSession{}, "020000000000000100"},
    {"close_session", record::CloseSession{SessionId{17}}, "0311"},
    {"expire_session", record::ExpireSession{Epoch{3}, SessionId{17}, SessionEnd::disconnected},
     "04031102"},
    {"sweep", record::Sweep{SessionId{17}}, "0511"},
    {"lock",
     record::Lock{"ci", SessionId{17}, some_names, Mode::slot, 5, "id-1", true, true, 30'000, 250,
                  60'000, "a note", "10.0.0.1:9", 1'700'000'000'000},
     "061b02636911020c6a6f62732f6e696768746c790162b0ea010a31302e302e302e313a3980d095ffbc31050469642"
     "d31fa01e0d4030661206e6f7465"},
    {"lock, least", record::Lock{.names = {some_names + 1, 1}}, "06000000010162000000"},
    {"lock, shared and waiting",
     record::Lock{.names = {some_names + 1, 1}, .mode = Mode::shared, .wait = true},
     "06050000010162000000"},
    {"lock, before 1970", record::Lock{.names = {some_names + 1, 1}, .stamp_ms = -1},
     "060000000101620000ffffffffffffffffff01"},
    {"unlock", record::Unlock{"ci", SessionId{17}, some_names, Token{42}},
     "0702636911020c6a6f62732f6e696768746c7901622a"},
    {"renew_ttl", record::RenewTtl{"ci", {"jobs", Token{42}}, 5'000}, "08026369046a6f62732a8827"},
    {"expire_leases", record::ExpireLeases{Epoch{3}, some_holds},
     "090302016107046a6f6273ffffffffffffff0f"},
    {"end_waits", record::EndWaits{Epoch{3}, WaitEnd::unclaimed, some_waits}, "0a03030201ac02"},
    {"unclaim", record::Unclaim{Epoch{3}, some_waits}, "0b030201ac02"},
    {"cancel", record::Cancel{"ci", SessionId{17}, "jobs", "id-1"},
     "0c02636911046a6f62730469642d31"},
    {"state hash", record::StateHash{LogIndex{1024}, 0xABCD}, "0e8008cdd702"},
    {"break", record::Break{"ci", {"jobs", Token{42}}, "stuck"},
     "0d026369046a6f62732a05737475636b"},
    {"set_slots", record::SetSlots{"ci", "jobs", 300}, "0f026369046a6f6273ac02"},
    {"end_delays", record::EndDelays{Epoch{3}, some_holds},
     "100302016107046a6f6273ffffffffffffff0f"},
    {"take_back", record::TakeBack{Epoch{3}, some_holds}, "110302016107046a6f6273ffffffffffffff0f"},
};

std::string encoded(const Record& record) {
  std::string bytes;
  encode_record(bytes, record);
  return bytes;
}

std::string hex_of(std::string_view bytes) {
  constexpr std::string_view digits = "0123456789abcdef";
  std::string hex;
  for (char byte : bytes) {
    hex += digits[static_cast<std::uint8_t>(byte) >> 4];
    hex += digits[static_cast<std::uint8_t>(byte) & 15];
  }
  return hex;
}

std::string bytes_of(std::string_view hex) {
  std::string bytes;
  for (std::size_t at = 0; at < hex.size(); at += 2) {
    bytes += static_cast<char>(std::stoi(std::string{hex.substr(at, 2)}, nullptr, 16));
  }
  return bytes;
}

template <class Item>
bool same(std::span<const Item> one, std::span<const Item> other) {
  return std::equal(one.begin(), one.end(), other.begin(), other.end());
}
bool same(const HoldName& one, const HoldName& other) {
  return one.name == other.name && one.token == other.token;
}
bool same_holds(std::span<const HoldName> one, std::span<const HoldName> other) {
  return std::equal(one.begin(), one.end(), other.begin(), other.end(),
                    [](const HoldName& a, const HoldName& b) { return same(a, b); });
}

// Field by field: a field that the codec forgot would be missed by comparing bytes.
struct SameFields {
  template <class One, class Other>
  bool operator()(const One&, const Other&) const {
    return false;
  }
  bool operator()(const record::EpochStart& a, const record::EpochStart& b) const {
    return a.token_floor == b.token_floor;
  }
  bool operator()(const record::OpenSession& a, const record::OpenSession& b) const {
    return a.user == b.user && a.secret == b.secret && a.name == b.name && a.address == b.address &&
           a.ttl_ms == b.ttl_ms && a.on_disconnect == b.on_disconnect && a.deadlock == b.deadlock &&
           a.stamp_ms == b.stamp_ms;
  }
  bool operator()(const record::CloseSession& a, const record::CloseSession& b) const {
    return a.session == b.session;
  }
  bool operator()(const record::ExpireSession& a, const record::ExpireSession& b) const {
    return a.decided_in == b.decided_in && a.session == b.session && a.reason == b.reason;
  }
  bool operator()(const record::Sweep& a, const record::Sweep& b) const {
    return a.session == b.session;
  }
  bool operator()(const record::Lock& a, const record::Lock& b) const {
    return a.user == b.user && a.session == b.session && same(a.names, b.names) &&
           a.mode == b.mode && a.slots == b.slots && a.id == b.id && a.wait == b.wait &&
           a.ttl_given == b.ttl_given && a.ttl_ms == b.ttl_ms && a.delay_ms == b.delay_ms &&
           a.max_hold_ms == b.max_hold_ms && a.note == b.note && a.address == b.address &&
           a.stamp_ms == b.stamp_ms;
  }
  bool operator()(const record::Unlock& a, const record::Unlock& b) const {
    return a.user == b.user && a.session == b.session && same(a.names, b.names) &&
           a.token == b.token;
  }
  bool operator()(const record::RenewTtl& a, const record::RenewTtl& b) const {
    return a.user == b.user && same(a.hold, b.hold) && a.ttl_ms == b.ttl_ms;
  }
  bool operator()(const record::ExpireLeases& a, const record::ExpireLeases& b) const {
    return a.decided_in == b.decided_in && same_holds(a.holds, b.holds);
  }
  bool operator()(const record::EndDelays& a, const record::EndDelays& b) const {
    return a.decided_in == b.decided_in && same_holds(a.holds, b.holds);
  }
  bool operator()(const record::TakeBack& a, const record::TakeBack& b) const {
    return a.decided_in == b.decided_in && same_holds(a.holds, b.holds);
  }
  bool operator()(const record::EndWaits& a, const record::EndWaits& b) const {
    return a.decided_in == b.decided_in && a.reason == b.reason && same(a.waits, b.waits);
  }
  bool operator()(const record::Unclaim& a, const record::Unclaim& b) const {
    return a.decided_in == b.decided_in && same(a.waits, b.waits);
  }
  bool operator()(const record::Cancel& a, const record::Cancel& b) const {
    return a.user == b.user && a.session == b.session && a.name == b.name && a.id == b.id;
  }
  bool operator()(const record::Break& a, const record::Break& b) const {
    return a.user == b.user && same(a.hold, b.hold) && a.reason == b.reason;
  }
  bool operator()(const record::SetSlots& a, const record::SetSlots& b) const {
    return a.user == b.user && a.name == b.name && a.slots == b.slots;
  }
  bool operator()(const record::StateHash& a, const record::StateHash& b) const {
    return a.index == b.index && a.hash == b.hash;
  }
};

bool same_fields(const Record& one, const Record& other) {
  return std::visit(SameFields{}, one, other);
}

TEST_CASE("the bytes of every kind of record are frozen") {
  for (const Golden& one : golden) {
    CAPTURE(one.name);
    CHECK(hex_of(encoded(one.record)) == one.hex);
  }
}

TEST_CASE("old bytes are read as the record they were, field by field") {
  RecordDecoder decoder;
  for (const Golden& one : golden) {
    CAPTURE(one.name);
    std::string bytes = bytes_of(one.hex);
    std::optional<Record> record = decoder.decode(bytes);
    REQUIRE(record.has_value());
    CHECK(same_fields(*record, one.record));
  }
}

TEST_CASE("every kind of record has its golden bytes") {
  std::vector<bool> seen(std::variant_size_v<Record>);
  for (const Golden& one : golden) seen[one.record.index()] = true;

  CHECK(std::count(seen.begin(), seen.end(), false) == 0);
}

TEST_CASE("numbers at the edge of their range come back") {
  RecordDecoder decoder;
  constexpr auto most = std::numeric_limits<std::uint64_t>::max();
  constexpr auto most32 = std::numeric_limits<std::uint32_t>::max();
  for (const Record& record :
       {Record{record::EpochStart{Token{most}}}, Record{record::Sweep{SessionId{most}}},
        Record{record::RenewTtl{"", {"", Token{most}}, most32}},
        Record{record::OpenSession{.ttl_ms = most32,
        .stamp_ms = std::numeric_limits<std::int64_t>::min()}}}) {
    std::string bytes = encoded(record);
    std::optional<Record> back = decoder.decode(bytes);
    REQUIRE(back.has_value());
    CHECK(same_fields(*back, record));
  }
}

TEST_CASE("texts come back whatever their bytes and however long") {
  std::string text;
  for (int byte = 0; byte < 1'024; ++byte) text += static_cast<char>(byte);
  record::Lock lock{.names = {some_names, 1}, .note = text};
  std::string bytes = encoded(lock);

  std::optional<Record> back = RecordDecoder{}.decode(bytes);

  REQUIRE(back.has_value());
  CHECK(std::get<record::Lock>(*back).note == text);
}

TEST_CASE("a record cut anywhere is refused") {
  RecordDecoder decoder;
  for (const Golden& one : golden) {
    std::string bytes = encoded(one.record);
    for (std::size_t size = 0; size < bytes.size(); ++size) {
      CAPTURE(one.name, size);
      CHECK_FALSE(decoder.decode(std::string_view{bytes}.substr(0, size)).has_value());
    }
  }
}

TEST_CASE("a byte too many is refused") {
  RecordDecoder decoder;
  for (const Golden& one : golden) {
    for (char extra : {'\0', '\x01', '\x7F', '\xFF'}) {
      CAPTURE(one.name);
      CHECK_FALSE(decoder.decode(encoded(one.record) + extra).has_value());
    }
  }
}

TEST_CASE("a kind that nobody knows is refused") {
  RecordDecoder decoder;
  for (int kind : {0, 18, 100, 255}) {
    std::string bytes = encoded(record::Sweep{SessionId{1}});
    bytes[0] = static_cast<char>(kind);
    CHECK_FALSE(decoder.decode(bytes).has_value());
  }
}

TEST_CASE("a value past the end of its enumeration is refused") {
  RecordDecoder decoder;
  CHECK_FALSE(decoder.decode(bytes_of("04031103")).has_value());  // SessionEnd 3
  CHECK_FALSE(decoder.decode(bytes_of("0a030600")).has_value());  // WaitEnd 6
  std::string lock = encoded(record::Lock{.names = {some_names, 1}});
  lock[1] = 3 << 2;  // Mode 3
  CHECK_FALSE(decoder.decode(lock).has_value());
  lock[1] = 32;  // a flag that nobody knows
  CHECK_FALSE(decoder.decode(lock).has_value());
  lock[1] = 16;  // what few have, and has none of it
  CHECK_FALSE(decoder.decode(lock + std::string(5, '\0')).has_value());
}

TEST_CASE("a list that promises more than there is is refused without being made") {
  std::string bytes = "\x0B\x01";  // unclaim
  bytes += std::string(9, '\xFF') + "\x01";

  CHECK_FALSE(RecordDecoder{}.decode(bytes).has_value());
}

TEST_CASE("random bytes are refused or are a record, and a record comes back as itself") {
  RecordDecoder decoder;
  RecordDecoder other;
  std::mt19937_64 random{8};
  int records = 0;
  for (int round = 0; round < 300'000; ++round) {
    std::string bytes;
    if (round % 2 == 0) {
      bytes = encoded(golden[random() % std::size(golden)].record);
      for (std::uint64_t flips = 1 + random() % 3; flips > 0; --flips) {
        bytes[random() % bytes.size()] = static_cast<char>(random());
      }
    } else {
      bytes.resize(random() % 40);
      for (char& byte : bytes) byte = static_cast<char>(random() % (random() % 4 == 0 ? 256 : 16));
    }
    std::optional<Record> record = decoder.decode(bytes);
    if (!record) continue;
    ++records;
    std::string again = encoded(*record);
    std::optional<Record> back = other.decode(again);
    REQUIRE(back.has_value());
    REQUIRE(same_fields(*record, *back));
  }
  CHECK(records > 1'000);
}

TEST_CASE("a decoder used again forgets the lists of the last record") {
  RecordDecoder decoder;
  std::string two = encoded(record::Unlock{"", {}, some_names, Token{1}});
  std::string one = encoded(record::Unlock{"", {}, {some_names, 1}, Token{1}});

  CHECK(std::get<record::Unlock>(*decoder.decode(two)).names.size() == 2);
  CHECK(std::get<record::Unlock>(*decoder.decode(one)).names.size() == 1);
}

TEST_CASE("encoding appends and touches nothing before") {
  std::string out = "before";

  encode_record(out, record::Sweep{SessionId{17}});

  CHECK(out == "before\x05\x11");
}

}  // namespace
}  // namespace pawl::locks
