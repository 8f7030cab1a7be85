// SPDX-License-Identifier: Apache-2.0
//
// A message as one readable line.
#pragma once

#include <string>

#include "base/overloaded.hpp"
#include "replication/message.hpp"

namespace pawl::replication {

inline std::string describe(EntryId id) {
  return std::to_string(id.epoch.value) + '.' + std::to_string(id.index.value);
}

inline std::string describe(const Message& message) {
  auto number = [](auto value) { return std::to_string(value.value); };
  std::string body = std::visit(
      Overloaded{[&](const message::PreVote& m) {
                   return "PreVote next=" + number(m.next) + " last=" + describe(m.last);
                 },
                 [](const message::PreVoteReply& m) {
                   return std::string{m.granted ? "PreVote granted" : "PreVote refused"};
                 },
                 [](const message::RequestVote& m) {
                   return "RequestVote last=" + describe(m.last) + (m.handover ? " handover" : "");
                 },
                 [](const message::Vote& m) {
                   return std::string{m.granted ? "Vote granted" : "Vote refused"};
                 },
                 [&](const message::Append& m) {
                   std::string text = "Append behind " + describe(m.previous);
                   m.entries.each([&](Epoch epoch, std::string_view bytes) {
                     text += " [" + number(epoch) + ' ' + std::string{bytes.substr(0, 12)} + ']';
                   });
                   text += " commit=" + number(m.commit) + " round=" + number(m.round);
                   if (m.repair.value != 0) text += " whole_at=" + number(m.whole_at);
                   return text;
                 },
                 [&](const message::AppendReply& m) {
                   std::string text = m.accepted ? "Appended held=" + number(m.held) +
                                                       " flushed=" + number(m.flushed)
                                                 : "Append refused behind " + number(m.refused) +
                                                       " hint=" + describe(m.hint);
                   text += " round=" + number(m.round);
                   return text + (m.repair.value != 0 ? " damaged" : "");
                 },
                 [](const message::SnapshotPart& m) {
                   return "SnapshotPart upto=" + describe(m.upto) +
                          " offset=" + std::to_string(m.offset) + (m.last ? " last" : "");
                 },
                 [](const message::SnapshotReply& m) {
                   return "Snapshot upto=" + describe(m.upto) +
                          (m.installed ? " installed" : " next=" + std::to_string(m.next));
                 },
                 [](const message::Handover&) { return std::string{"Handover"}; }},
      message.body);
  return body + " (epoch " + number(message.epoch) + ')';
}

}  // namespace pawl::replication
