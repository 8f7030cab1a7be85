// SPDX-License-Identifier: Apache-2.0
#include "replication/message_codec.hpp"

#include <utility>

namespace pawl::replication {

namespace {

// Far above what is ever reached, far below where a sum could overflow.
constexpr std::uint64_t number_end = std::uint64_t{1} << 62;

enum : std::uint8_t {
  pre_vote = 1,
  pre_vote_reply,
  request_vote,
  vote,
  append,
  append_reply,
  snapshot_part,
  snapshot_reply,
  handover
};

class Writer {
 public:
  explicit Writer(std::string& out) : out_(out) {}

  void operator()(const message::PreVote& m) {
    out_.byte(pre_vote);
    number(m.next);
    id(m.last);
  }
  void operator()(const message::PreVoteReply& m) {
    out_.byte(pre_vote_reply);
    number(m.next);
    flag(m.granted);
  }
  void operator()(const message::RequestVote& m) {
    out_.byte(request_vote);
    id(m.last);
    flag(m.handover);
  }
  void operator()(const message::Vote& m) {
    out_.byte(vote);
    flag(m.granted);
  }
  void operator()(const message::Append& m) {
    out_.byte(append);
    id(m.previous);
    number(m.commit);
    number(m.round);
    number(m.repair);
    number(m.whole_at);
    out_.number(m.entries.count());
    out_.text(m.entries.bytes());
  }
  void operator()(const message::AppendReply& m) {
    out_.byte(append_reply);
    number(m.round);
    flag(m.accepted);
    number(m.held);
    number(m.flushed);
    number(m.refused);
    id(m.hint);
    number(m.repair);
  }
  void operator()(const message::SnapshotPart& m) {
    out_.byte(snapshot_part);
    id(m.upto);
    out_.number(m.offset);
    flag(m.last);
    out_.text(m.bytes);
  }
  void operator()(const message::SnapshotReply& m) {
    out_.byte(snapshot_reply);
    id(m.upto);
    out_.number(m.next);
    flag(m.installed);
  }
  void operator()(const message::Handover&) { out_.byte(handover); }

  template <class Tag>
  void number(Number<Tag> value) {
    out_.number(value.value);
  }

 private:
  void id(EntryId value) {
    number(value.epoch);
    number(value.index);
  }
  void flag(bool value) { out_.byte(value ? 1 : 0); }

  ByteWriter out_;
};

class Reader {
 public:
  explicit Reader(std::string_view bytes) : in_(bytes) {}

  std::optional<Message> message() {
    Message message;
    number(message.epoch);
    message.body = body();
    if (const auto* m = std::get_if<message::Append>(&message.body)) check(*m, message.epoch);
    if (!in_.ok() || !in_.at_end()) return std::nullopt;
    return message;
  }

 private:
  MessageBody body() {
    switch (in_.byte()) {
      case pre_vote: {
        message::PreVote m;
        number(m.next);
        id(m.last);
        return m;
      }
      case pre_vote_reply: {
        message::PreVoteReply m;
        number(m.next);
        m.granted = flag();
        return m;
      }
      case request_vote: {
        message::RequestVote m;
        id(m.last);
        m.handover = flag();
        return m;
      }
      case vote: return message::Vote{flag()};
      case append: return read_append();
      case append_reply: return read_append_reply();
      case snapshot_part: {
        message::SnapshotPart m;
        id(m.upto);
        m.offset = bounded();
        m.last = flag();
        m.bytes = in_.text();
        return m;
      }
      case snapshot_reply: {
        message::SnapshotReply m;
        id(m.upto);
        m.next = bounded();
        m.installed = flag();
        return m;
      }
      case handover: return message::Handover{};
    }
    in_.refuse();
    return {};
  }

  message::Append read_append() {
    message::Append m;
    id(m.previous);
    number(m.commit);
    number(m.round);
    m.repair.value = in_.number();
    number(m.whole_at);
    std::uint64_t count = in_.number();
    if (!EntryBlock::parse(count, in_.text(), m.entries)) in_.refuse();
    return m;
  }

  message::AppendReply read_append_reply() {
    message::AppendReply m;
    number(m.round);
    m.accepted = flag();
    number(m.held);
    number(m.flushed);
    number(m.refused);
    id(m.hint);
    m.repair.value = in_.number();
    return m;
  }

  void check(const message::Append& m, Epoch sender) {
    Epoch before = m.previous.epoch;
    m.entries.each([&](Epoch epoch, std::string_view) {
      if (epoch < before || epoch > sender) in_.refuse();
      before = epoch;
    });
    if (before > sender) in_.refuse();
  }

  std::uint64_t bounded() {
    std::uint64_t value = in_.number();
    if (value >= number_end) in_.refuse();
    return value;
  }
  template <class Tag>
  void number(Number<Tag>& value) {
    value.value = bounded();
  }
  void id(EntryId& value) {
    number(value.epoch);
    number(value.index);
  }
  bool flag() {
    std::uint8_t value = in_.byte();
    if (value > 1) in_.refuse();
    return value == 1;
  }

  ByteReader in_;
};

}  // namespace

void encode_message(std::string& out, const Message& message) {
  Writer writer{out};
  writer.number(message.epoch);
  std::visit(writer, message.body);
}

std::optional<Message> decode_message(std::string_view bytes) { return Reader{bytes}.message(); }

}  // namespace pawl::replication
