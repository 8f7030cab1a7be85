// SPDX-License-Identifier: Apache-2.0
#include "replication/message_codec.hpp"

#include <catch2/catch.hpp>
#include <random>
#include <vector>

namespace pawl::replication {
namespace {

std::string encoded(const Message& message) {
  std::string out;
  encode_message(out, message);
  return out;
}

EntryBlock block(std::initializer_list<std::pair<std::uint64_t, std::string_view>> entries) {
  EntryBlock block;
  for (auto [epoch, bytes] : entries) block.add(Epoch{epoch}, bytes);
  return block;
}

std::vector<Message> examples() {
  EntryId id{Epoch{4}, LogIndex{300}};
  Epoch epoch{5};
  return {{epoch, message::PreVote{Epoch{6}, id}},
          {epoch, message::PreVoteReply{Epoch{6}, true}},
          {epoch, message::RequestVote{id, true}},
          {epoch, message::Vote{true}},
          {epoch, message::Append{id, block({{4, "one"}, {5, ""}, {5, "three"}}), LogIndex{299},
                                  Round{1'000}, RepairId{~std::uint64_t{0}}, LogIndex{7}}},
          {epoch, message::Append{}},
          {epoch, message::AppendReply{Round{9}, true, LogIndex{8}, LogIndex{7}, LogIndex{6}, id,
                                       RepairId{5}}},
          {epoch, message::SnapshotPart{id, 1'000'000, true, std::string(300, 's')}},
          {epoch, message::SnapshotReply{id, 77, true}},
          {epoch, message::Handover{}}};
}

TEST_CASE("every message comes out as it went in") {
  for (const Message& message : examples()) {
    INFO(message.body.index());
    CHECK(decode_message(encoded(message)) == message);
  }
}

TEST_CASE("a message cut short or with something behind it is none") {
  for (const Message& message : examples()) {
    INFO(message.body.index());
    std::string bytes = encoded(message);
    for (std::size_t size = 0; size < bytes.size(); ++size) {
      CHECK_FALSE(decode_message(std::string_view{bytes}.substr(0, size)));
    }
    CHECK_FALSE(decode_message(bytes + '\0'));
  }
}

TEST_CASE("records whose epochs fall, or pass the sender's, are refused") {
  EntryId previous{Epoch{3}, LogIndex{9}};
  auto append = [&](EntryBlock entries) {
    return Message{Epoch{5}, message::Append{.previous = previous, .entries = std::move(entries)}};
  };

  CHECK(decode_message(encoded(append(block({{3, "a"}, {5, "b"}})))));
  CHECK_FALSE(decode_message(encoded(append(block({{2, "a"}})))));
  CHECK_FALSE(decode_message(encoded(append(block({{4, "a"}, {3, "b"}})))));
  CHECK_FALSE(decode_message(encoded(append(block({{6, "a"}})))));
  previous.epoch = Epoch{6};
  CHECK_FALSE(decode_message(encoded(append({}))));
}

TEST_CASE("numbers so large that they could overflow are refused") {
  CHECK_FALSE(decode_message(encoded({Epoch{std::uint64_t{1} << 62}, message::Vote{}})));
}

TEST_CASE("decoding survives any flipped bytes, and what it takes for a message is one") {
  std::mt19937_64 random{8};
  std::vector<Message> messages = examples();
  for (int round = 0; round < 100'000; ++round) {
    std::string bytes = encoded(messages[random() % messages.size()]);
    for (std::uint64_t flips = 1 + random() % 4; flips > 0; --flips) {
      bytes[random() % bytes.size()] = static_cast<char>(random());
    }
    std::optional<Message> message = decode_message(bytes);
    if (message) REQUIRE(decode_message(encoded(*message)) == message);
  }
}

}  // namespace
}  // namespace pawl::replication
