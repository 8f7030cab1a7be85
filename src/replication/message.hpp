// SPDX-License-Identifier: Apache-2.0
//
// What members say to each other. Each message carries its sender's epoch; who sent it is known
// from its connection, which was opened with a hello (frame.hpp). Values only: encoding them is
// message_codec.hpp's.
#pragma once

#include <cstdint>
#include <string>
#include <variant>

#include "base/bytes.hpp"
#include "base/ids.hpp"
#include "replication/log.hpp"

namespace pawl::replication {

// Numbers the confirm rounds of a primary; never reused (R9).
using Round = Number<struct RoundTag>;

// Names one start of a damaged replica; drawn at random by its owner, never 0. 0: not damaged.
using RepairId = Number<struct RepairTag>;

// Records one after the other, in the form in which they travel.
class EntryBlock {
 public:
  void add(Epoch epoch, std::string_view record) {
    ByteWriter out{bytes_};
    out.number(epoch.value);
    out.text(record);
    ++count_;
  }
  // Bytes from outside: false if they are not so many records, of epochs that never fall.
  [[nodiscard]] static bool parse(std::uint64_t count, std::string_view bytes, EntryBlock& block);
  // `visit(Epoch, std::string_view)`, in order.
  template <class Visit>
  void each(Visit visit) const {
    ByteReader in{bytes_};
    for (std::uint64_t i = 0; i < count_; ++i) {
      Epoch epoch{in.number()};
      std::string_view record = in.text();
      visit(epoch, record);
    }
  }

  [[nodiscard]] std::uint64_t count() const { return count_; }
  [[nodiscard]] const std::string& bytes() const { return bytes_; }
  bool operator==(const EntryBlock&) const = default;

 private:
  std::uint64_t count_ = 0;
  std::string bytes_;
};

namespace message {

// Would you vote for me in `next`? Changes nothing at whoever is asked.
struct PreVote {
  Epoch next;
  EntryId last;
  bool operator==(const PreVote&) const = default;
};
struct PreVoteReply {
  Epoch next;
  bool granted = false;
  bool operator==(const PreVoteReply&) const = default;
};

struct RequestVote {
  EntryId last;
  bool handover = false;  // the primary asked for it: who hears it must not cling to the primary
  bool operator==(const RequestVote&) const = default;
};
struct Vote {
  bool granted = false;
  bool operator==(const Vote&) const = default;
};

// Records behind `previous`; without any, a heartbeat.
struct Append {
  EntryId previous;
  EntryBlock entries;
  LogIndex commit;
  Round round;
  // To a damaged replica: it is whole again once it has everything up to here on disk.
  RepairId repair;
  LogIndex whole_at;
  bool operator==(const Append&) const = default;
};
struct AppendReply {
  Round round;
  bool accepted = false;
  // Accepted: both agree up to `held`, and the replier has it up to `flushed` on disk.
  LogIndex held;
  LogIndex flushed;
  // Refused: `previous` of the message, and the furthest place where both may agree.
  LogIndex refused;
  EntryId hint;
  RepairId repair;  // of a damaged replica
  bool operator==(const AppendReply&) const = default;
};

// A piece of a snapshot of everything up to `upto`. What is in it concerns the owners only.
struct SnapshotPart {
  EntryId upto;
  std::uint64_t offset = 0;
  bool last = false;
  std::string bytes;
  bool operator==(const SnapshotPart&) const = default;
};
struct SnapshotReply {
  EntryId upto;
  std::uint64_t next = 0;  // offset of the part to send now
  bool installed = false;
  bool operator==(const SnapshotReply&) const = default;
};

// From the primary: you have everything, become primary now.
struct Handover {
  bool operator==(const Handover&) const = default;
};

}  // namespace message

using MessageBody = std::variant<message::PreVote, message::PreVoteReply, message::RequestVote,
                                 message::Vote, message::Append, message::AppendReply,
                                 message::SnapshotPart, message::SnapshotReply, message::Handover>;

struct Message {
  Epoch epoch;  // the sender's
  MessageBody body;
  bool operator==(const Message&) const = default;
};

}  // namespace pawl::replication
