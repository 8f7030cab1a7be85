// SPDX-License-Identifier: Apache-2.0
//
// What the tests of snapshots need: effects told without slots, so that two tables can be compared
// however theirs are numbered; a log that is replayed; a snapshot's items.
#pragma once

#include <algorithm>
#include <random>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.hpp"
#include "base/overloaded.hpp"
#include "locks/lock_table.hpp"
#include "locks/record_codec.hpp"

namespace pawl::locks {

// A record as the log keeps it, and what it did.
struct Step {
  Epoch epoch;
  std::string bytes;
  std::vector<std::string> told;
};

inline std::string encoded(const Record& record) {
  std::string bytes;
  encode_record(bytes, record);
  return bytes;
}

inline std::string tell_session(const LockTable& table, Slot slot) {
  const Session& session = table.session(slot);
  return "s" + std::to_string(session.id.value) + " " + session.secret + " " + session.user;
}

inline std::string tell_acquisition(const LockTable& table, Slot slot) {
  const Acquisition& one = table.acquisition(slot);
  std::string text{table.name_of(one.lock)};
  for (std::uint64_t number :
       {one.number, static_cast<std::uint64_t>(one.stamp_ms), std::uint64_t{one.ttl_ms},
        static_cast<std::uint64_t>(one.stage), static_cast<std::uint64_t>(one.mode)}) {
    text += " " + std::to_string(number);
  }
  if (one.session != no_slot) text += " " + tell_session(table, one.session);
  if (const Client* client = table.client(one.client)) {
    text += " " + client->user + "@" + client->address;
  }
  if (const Details* details = table.details(one.details)) {
    text += " " + details->id + " " + details->note;
    for (std::uint32_t number : {std::uint32_t{details->slots}, std::uint32_t{details->names},
                                 details->delay_ms, details->max_hold_ms}) {
      text += " " + std::to_string(number);
    }
  }
  table.each_name(table.head_of(slot), [&](Slot name) {
    text += " +" + std::string{table.name_of(table.acquisition(name).lock)};
  });
  return text;
}

inline std::string tell_change(const LockTable& table, const Change& change) {
  auto one = [&](const char* what, const auto& of) {
    return what + tell_acquisition(table, of.acquisition);
  };
  auto number = [](auto value) { return " " + std::to_string(static_cast<std::uint64_t>(value)); };
  return std::visit(
      Overloaded{[&](const change::Granted& c) {
                   return one("granted ", c) + (c.from_queue ? " from the queue" : "");
                 },
                 [&](const change::Renewed& c) { return one("renewed ", c); },
                 [&](const change::Released& c) {
                   return one("released ", c) + number(c.token.value) + number(c.end);
                 },
                 [&](const change::Delayed& c) { return one("delayed ", c); },
                 [&](const change::DelayEnded& c) { return one("delay ended ", c); },
                 [&](const change::Claimed& c) { return one("claimed ", c); },
                 [&](const change::Unclaimed& c) { return one("unclaimed ", c); },
                 [&](const change::WaitEnded& c) { return one("wait ended ", c) + number(c.end); },
                 [&](const change::SessionOpened& c) {
                   return "opened " + tell_session(table, c.session);
                 },
                 [&](const change::SessionEnded& c) {
                   return "ended " + tell_session(table, c.session) + number(c.end) +
                          number(c.holds);
                 },
                 [&](const change::SessionSwept& c) {
                   return "swept" + number(c.session.value) + number(c.more);
                 }},
      change);
}

// At the start of an epoch each wait is judged by itself: their order means nothing.
inline std::vector<std::string> tell(const LockTable& table, const Effects& effects,
                                     bool is_epoch_start) {
  std::vector<std::string> told;
  for (const Change& change : effects.changes) told.push_back(tell_change(table, change));
  if (is_epoch_start) std::sort(told.begin(), told.end());
  const Answer& answer = effects.answer;
  std::string text = "verdict " + std::to_string(static_cast<int>(answer.verdict)) + " released " +
                     std::to_string(answer.released);
  if (answer.acquisition != no_slot) text += " " + tell_acquisition(table, answer.acquisition);
  if (answer.session != no_slot) text += " " + tell_session(table, answer.session);
  if (answer.lock != no_slot) text += " " + std::string{table.name_of(answer.lock)};
  told.push_back(text + " " + effects.cycle);
  return told;
}

// Empty if every record of the log does here what it did there.
inline std::string first_difference(LockTable& table, const std::vector<Step>& log) {
  RecordDecoder decoder;
  Effects effects;
  for (const Step& step : log) {
    const std::optional<Record> record = decoder.decode(step.bytes);
    if (!record) return "a record does not come back";
    table.apply(step.epoch, *record, effects);
    const auto told = tell(table, effects, std::holds_alternative<record::EpochStart>(*record));
    if (told == step.told) continue;
    std::string text = "step " + std::to_string(&step - log.data());
    for (const std::string& line : step.told) text += "\n  there: " + line;
    for (const std::string& line : told) text += "\n  here:  " + line;
    return text;
  }
  return {};
}

// In pieces of any size.
inline bool restore(LockTable& table, std::string_view bytes, std::mt19937_64& random) {
  SnapshotReader reader(table);
  while (!bytes.empty()) {
    const std::size_t size = std::min<std::size_t>(1 + random() % 5'000, bytes.size());
    if (!reader.feed(bytes.substr(0, size))) return false;
    bytes.remove_prefix(size);
  }
  return reader.finish();
}

inline std::string snapshot_of(LockTable& table) {
  std::string bytes;
  table.begin_snapshot();
  while (!table.write_snapshot(bytes, 4'096)) continue;
  return bytes;
}

inline std::vector<std::string> items_in(std::string_view bytes) {
  std::vector<std::string> items;
  ByteReader in{bytes};
  while (!in.at_end()) items.emplace_back(in.text());
  return items;
}

// The whole state, in an order that no slot decides.
inline std::vector<std::string> items_of(LockTable& table) {
  std::vector<std::string> items = items_in(snapshot_of(table));
  std::sort(items.begin(), items.end());
  return items;
}

inline std::string items_of_empty_table() {
  LockTable table;
  return snapshot_of(table);
}

inline std::vector<std::string> hex_items(std::string_view bytes) {
  constexpr std::string_view digits = "0123456789abcdef";
  std::vector<std::string> lines;
  for (const std::string& item : items_in(bytes)) {
    std::string& line = lines.emplace_back();
    for (char byte : item) {
      line += digits[static_cast<std::uint8_t>(byte) >> 4];
      line += digits[static_cast<std::uint8_t>(byte) & 15];
    }
  }
  return lines;
}

}  // namespace pawl::locks
