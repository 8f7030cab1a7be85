// SPDX-License-Identifier: Apache-2.0
#include "locks/record_codec.hpp"

#include "base/bytes.hpp"
#include "base/overloaded.hpp"

namespace pawl::locks {

namespace {

enum class Kind : std::uint8_t {
  epoch_start = 1,
  open_session = 2,
  close_session = 3,
  expire_session = 4,
  sweep = 5,
  lock = 6,
  unlock = 7,
  renew_ttl = 8,
  expire_leases = 9,
  end_waits = 10,
  unclaim = 11,
  cancel = 12,
  break_hold = 13,
  state_hash = 14,
  set_slots = 15,
  end_delays = 16,
  take_back = 17,
};

// Booleans and small enumerations of a lock share one byte; what few have is there if that says so.
constexpr std::uint8_t lock_waits = 1;
constexpr std::uint8_t lock_ttl_given = 2;
constexpr unsigned lock_mode_shift = 2;
constexpr std::uint8_t lock_mode_mask = 3;
constexpr std::uint8_t lock_is_rare = 16;
constexpr std::uint8_t lock_flags = 31;

bool is_rare(const record::Lock& r) {
  return r.slots != 0 || !r.id.empty() || r.delay_ms != 0 || r.max_hold_ms != 0 || !r.note.empty();
}

class Encoder {
 public:
  explicit Encoder(std::string& out) : out_(out) {}

  void operator()(const record::EpochStart& r) {
    kind(Kind::epoch_start);
    out_.number(r.token_floor.value);
  }
  void operator()(const record::OpenSession& r) {
    kind(Kind::open_session);
    out_.text(r.user);
    out_.text(r.secret);
    out_.text(r.name);
    out_.text(r.address);
    out_.number(r.ttl_ms);
    out_.byte(static_cast<std::uint8_t>(r.on_disconnect));
    out_.byte(r.deadlock ? 1 : 0);
    out_.number(static_cast<std::uint64_t>(r.stamp_ms));
  }
  void operator()(const record::SetSlots& r) {
    kind(Kind::set_slots);
    out_.text(r.user);
    out_.text(r.name);
    out_.number(r.slots);
  }
  void operator()(const record::CloseSession& r) {
    kind(Kind::close_session);
    out_.number(r.session.value);
  }
  void operator()(const record::ExpireSession& r) {
    kind(Kind::expire_session);
    out_.number(r.decided_in.value);
    out_.number(r.session.value);
    out_.byte(static_cast<std::uint8_t>(r.reason));
  }
  void operator()(const record::Sweep& r) {
    kind(Kind::sweep);
    out_.number(r.session.value);
  }
  void operator()(const record::Lock& r) {
    kind(Kind::lock);
    out_.byte(static_cast<std::uint8_t>(
        (r.wait ? lock_waits : 0) | (r.ttl_given ? lock_ttl_given : 0) |
        (static_cast<unsigned>(r.mode) << lock_mode_shift) | (is_rare(r) ? lock_is_rare : 0)));
    out_.text(r.user);
    out_.number(r.session.value);
    names(r.names);
    out_.number(r.ttl_ms);
    out_.text(r.address);
    out_.number(static_cast<std::uint64_t>(r.stamp_ms));
    if (!is_rare(r)) return;
    out_.number(r.slots);
    out_.text(r.id);
    out_.number(r.delay_ms);
    out_.number(r.max_hold_ms);
    out_.text(r.note);
  }
  void operator()(const record::Unlock& r) {
    kind(Kind::unlock);
    out_.text(r.user);
    out_.number(r.session.value);
    names(r.names);
    out_.number(r.token.value);
  }
  void operator()(const record::RenewTtl& r) {
    kind(Kind::renew_ttl);
    out_.text(r.user);
    hold(r.hold);
    out_.number(r.ttl_ms);
  }
  void operator()(const record::ExpireLeases& r) { decision(Kind::expire_leases, r); }
  void operator()(const record::EndDelays& r) { decision(Kind::end_delays, r); }
  void operator()(const record::TakeBack& r) { decision(Kind::take_back, r); }
  void operator()(const record::EndWaits& r) {
    kind(Kind::end_waits);
    out_.number(r.decided_in.value);
    out_.byte(static_cast<std::uint8_t>(r.reason));
    waits(r.waits);
  }
  void operator()(const record::Unclaim& r) {
    kind(Kind::unclaim);
    out_.number(r.decided_in.value);
    waits(r.waits);
  }
  void operator()(const record::Cancel& r) {
    kind(Kind::cancel);
    out_.text(r.user);
    out_.number(r.session.value);
    out_.text(r.name);
    out_.text(r.id);
  }
  void operator()(const record::Break& r) {
    kind(Kind::break_hold);
    out_.text(r.user);
    hold(r.hold);
    out_.text(r.reason);
  }
  void operator()(const record::StateHash& r) {
    kind(Kind::state_hash);
    out_.number(r.index.value);
    out_.number(r.hash);
  }

 private:
  void kind(Kind kind) { out_.byte(static_cast<std::uint8_t>(kind)); }
  void decision(Kind of, const auto& about_holds) {
    kind(of);
    out_.number(about_holds.decided_in.value);
    out_.number(about_holds.holds.size());
    for (const HoldName& one : about_holds.holds) hold(one);
  }
  void hold(const HoldName& hold) {
    out_.text(hold.name);
    out_.number(hold.token.value);
  }
  void names(Names names) {
    out_.number(names.size());
    for (std::string_view name : names) out_.text(name);
  }
  void waits(std::span<const ClaimNumber> waits) {
    out_.number(waits.size());
    for (ClaimNumber wait : waits) out_.number(wait.value);
  }

  GatheringByteWriter out_;
};

// An enumeration's byte, refused past its last value.
template <class Enum>
Enum enumeration(ByteReader& in, Enum last) {
  std::uint8_t value = in.byte();
  if (value <= static_cast<std::uint8_t>(last)) return static_cast<Enum>(value);
  in.refuse();
  return Enum{};
}

template <class Item, class Read>
std::span<const Item> list(ByteReader& in, std::vector<Item>& items, Read read) {
  items.clear();
  for (std::uint64_t left = in.number(); left > 0 && in.ok(); --left) items.push_back(read());
  return items;
}

HoldName hold(ByteReader& in) {
  HoldName hold;
  hold.name = in.text();
  hold.token = Token{in.number()};
  return hold;
}

record::OpenSession open_session(ByteReader& in) {
  record::OpenSession r;
  r.user = in.text();
  r.secret = in.text();
  r.name = in.text();
  r.address = in.text();
  r.ttl_ms = in.number32();
  r.on_disconnect = enumeration(in, OnDisconnect::release);
  r.deadlock = in.byte() != 0;
  r.stamp_ms = static_cast<std::int64_t>(in.number());
  return r;
}

record::Lock lock(ByteReader& in, std::vector<std::string_view>& names) {
  record::Lock r;
  std::uint8_t flags = in.byte();
  r.wait = (flags & lock_waits) != 0;
  r.ttl_given = (flags & lock_ttl_given) != 0;
  unsigned mode = (unsigned{flags} >> lock_mode_shift) & lock_mode_mask;
  if (mode > static_cast<unsigned>(Mode::slot) || flags > lock_flags) in.refuse();
  r.mode = static_cast<Mode>(mode);
  r.user = in.text();
  r.session = SessionId{in.number()};
  r.names = list(in, names, [&] { return in.text(); });
  r.ttl_ms = in.number32();
  r.address = in.text();
  r.stamp_ms = static_cast<std::int64_t>(in.number());
  if ((flags & lock_is_rare) == 0) return r;
  r.slots = in.number32();
  r.id = in.text();
  r.delay_ms = in.number32();
  r.max_hold_ms = in.number32();
  r.note = in.text();
  if (!is_rare(r)) in.refuse();  // one record, one form
  return r;
}

}  // namespace

void encode_record(std::string& out, const Record& record) { std::visit(Encoder{out}, record); }

std::optional<Record> RecordDecoder::decode(std::string_view bytes) {
  ByteReader in{bytes};
  auto epoch = [&] { return Epoch{in.number()}; };
  auto session = [&] { return SessionId{in.number()}; };
  auto holds = [&] { return list(in, holds_, [&] { return hold(in); }); };
  auto waits = [&] { return list(in, waits_, [&] { return ClaimNumber{in.number()}; }); };
  // Braced lists are evaluated from left to right, so fields are read in their order.
  auto read = [&]() -> std::optional<Record> {
    switch (static_cast<Kind>(in.byte())) {
      case Kind::epoch_start: return record::EpochStart{Token{in.number()}};
      case Kind::open_session: return open_session(in);
      case Kind::close_session: return record::CloseSession{session()};
      case Kind::expire_session:
        return record::ExpireSession{epoch(), session(), enumeration(in, SessionEnd::disconnected)};
      case Kind::sweep: return record::Sweep{session()};
      case Kind::lock: return lock(in, names_);
      case Kind::unlock:
        return record::Unlock{in.text(), session(), list(in, names_, [&] { return in.text(); }),
                              Token{in.number()}};
      case Kind::renew_ttl: return record::RenewTtl{in.text(), hold(in), in.number32()};
      case Kind::expire_leases: return record::ExpireLeases{epoch(), holds()};
      case Kind::end_delays: return record::EndDelays{epoch(), holds()};
      case Kind::take_back: return record::TakeBack{epoch(), holds()};
      case Kind::end_waits:
        return record::EndWaits{epoch(), enumeration(in, WaitEnd::epoch), waits()};
      case Kind::unclaim: return record::Unclaim{epoch(), waits()};
      case Kind::cancel: return record::Cancel{in.text(), session(), in.text(), in.text()};
      case Kind::break_hold: return record::Break{in.text(), hold(in), in.text()};
      case Kind::set_slots: return record::SetSlots{in.text(), in.text(), in.number32()};
      case Kind::state_hash: return record::StateHash{LogIndex{in.number()}, in.number()};
    }
    return std::nullopt;
  };
  std::optional<Record> record = read();
  if (!in.ok() || !in.at_end()) record.reset();
  return record;
}

}  // namespace pawl::locks
