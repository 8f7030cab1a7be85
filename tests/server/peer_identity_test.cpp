// SPDX-License-Identifier: Apache-2.0
#include "server/peer_identity.hpp"

#include <catch2/catch.hpp>
#include <string>
#include <vector>

using namespace pawl;
using namespace pawl::server;
using replication::Hello;
using replication::Member;

namespace {

const std::vector<std::string> names{"n1", "n2", "n3"};

Hello hello_of(const std::string& node) {
  return {.cluster = 7,
          .incarnation = 0,
          .node = node,
          .oldest_records = 1,
          .newest_records = 1,
          .disk = 11,
          .epoch = {},
          .blank = false};
}

std::string frame_of(const Hello& hello, std::uint64_t seed = 0) {
  std::string bytes;
  replication::write_frame(bytes, replication::FrameKind::hello, replication::encode_hello(hello),
                           seed);
  return bytes;
}

template <class Result>
PeerFlaw flaw_in(const Result& result) {
  REQUIRE(std::holds_alternative<PeerFlaw>(result));
  return std::get<PeerFlaw>(result);
}

PeerFlaw who(const Hello& theirs, std::optional<Member> called = Member{1}) {
  return flaw_in(identify(hello_of("n1"), theirs, names, called));
}

}  // namespace

TEST_CASE("a hello is read once it is whole, and what follows it is left") {
  const std::string bytes = frame_of(hello_of("n2"));
  for (std::size_t size = 0; size < bytes.size(); ++size) {
    CHECK(std::holds_alternative<HelloIncomplete>(read_hello(bytes.substr(0, size), 0)));
  }
  const auto read = read_hello(bytes + "more", 0);
  REQUIRE(std::holds_alternative<ReadHello>(read));
  CHECK(std::get<ReadHello>(read).hello == hello_of("n2"));
  CHECK(std::get<ReadHello>(read).size == bytes.size());
}

TEST_CASE("who is no node is told apart from a node of another version") {
  CHECK(flaw_in(read_hello("PING\n", 0)) == PeerFlaw::no_node);
  CHECK(flaw_in(read_hello("GET / HTTP/1.1\r\n\r\n", 0)) == PeerFlaw::no_node);
  CHECK(flaw_in(read_hello(std::string(16, '\xFF'), 0)) == PeerFlaw::no_node);

  std::string bytes = frame_of(hello_of("n2"));
  bytes[4] = 2;
  CHECK(flaw_in(read_hello(bytes, 0)) == PeerFlaw::other_version);
  bytes[4] = 'A';
  CHECK(flaw_in(read_hello(bytes, 0)) == PeerFlaw::no_node);
}

TEST_CASE("a damaged hello, one sealed for others and a message in its place are no hello") {
  std::string bytes = frame_of(hello_of("n2"));
  bytes.back() = static_cast<char>(bytes.back() ^ 1);
  CHECK(flaw_in(read_hello(bytes, 0)) == PeerFlaw::damaged);
  CHECK(flaw_in(read_hello(frame_of(hello_of("n2"), 5), 6)) == PeerFlaw::damaged);

  std::string message;
  replication::write_frame(message, replication::FrameKind::message, "", 0);
  CHECK(flaw_in(read_hello(message, 0)) == PeerFlaw::no_node);
  std::string empty;
  replication::write_frame(empty, replication::FrameKind::hello, "", 0);
  CHECK(flaw_in(read_hello(empty, 0)) == PeerFlaw::damaged);
}

TEST_CASE("only the member that was called is taken for it") {
  CHECK(std::get<Member>(identify(hello_of("n1"), hello_of("n2"), names, Member{1})) == Member{1});
  CHECK(who(hello_of("n3")) == PeerFlaw::other_member);
  CHECK(who(hello_of("n1")) == PeerFlaw::own_name);
  CHECK(who(hello_of("n9")) == PeerFlaw::unknown_member);
}

TEST_CASE("of two nodes the first in the configuration calls, and the other is called") {
  CHECK(std::get<Member>(identify(hello_of("n3"), hello_of("n2"), names, {})) == Member{1});
  CHECK(flaw_in(identify(hello_of("n1"), hello_of("n2"), names, {})) == PeerFlaw::other_member);
}

TEST_CASE("another cluster, incarnation or set of records is refused by its name") {
  Hello theirs = hello_of("n2");
  theirs.cluster = 8;
  CHECK(who(theirs) == PeerFlaw::other_cluster);
  theirs = hello_of("n2");
  theirs.incarnation = 1;
  CHECK(who(theirs) == PeerFlaw::other_incarnation);
  theirs = hello_of("n2");
  theirs.oldest_records = theirs.newest_records = 2;
  CHECK(who(theirs) == PeerFlaw::records_apart);
}

TEST_CASE("a member keeps its disk, unless it comes with a new one") {
  Hello theirs = hello_of("n2");
  CHECK(judge_disk({}, theirs) == DiskVerdict::to_bind);
  CHECK(judge_disk(11, theirs) == DiskVerdict::known);
  CHECK(judge_disk(12, theirs) == DiskVerdict::refused);
  theirs.blank = true;
  CHECK(judge_disk({}, theirs) == DiskVerdict::to_bind);
  CHECK(judge_disk(11, theirs) == DiskVerdict::known);
  CHECK(judge_disk(12, theirs) == DiskVerdict::to_bind);
}

TEST_CASE("only who is new takes up another incarnation, and only a newer one") {
  Hello newcomer = hello_of("n2");
  Hello other = hello_of("n1");
  other.incarnation = 1;
  CHECK_FALSE(takes_up(newcomer, other));
  newcomer.blank = true;
  CHECK(takes_up(newcomer, other));
  CHECK_FALSE(takes_up(other, newcomer));
  newcomer.incarnation = 1;
  CHECK_FALSE(takes_up(newcomer, other));
  newcomer.incarnation = 0;
  other.cluster = 8;
  CHECK_FALSE(takes_up(newcomer, other));
}

TEST_CASE("every refusal says what to do about it") {
  for (int i = 0; i <= static_cast<int>(PeerFlaw::void_here); ++i) {
    const auto flaw = static_cast<PeerFlaw>(i);
    CHECK_FALSE(explain(flaw).empty());
  }
  CHECK(explain(PeerFlaw::replaced_disk).find("data_dir") != std::string_view::npos);
  CHECK(explain(PeerFlaw::other_cluster).find("cluster.id") != std::string_view::npos);
}

TEST_CASE("who belongs to the cluster is told by names, order and witnesses, not by addresses") {
  const std::vector<ClusterNode> nodes{{"n1", "a:1", false}, {"n2", "b:1", false}};
  CHECK(members_hash(nodes) == members_hash({{"n1", "c:9", false}, {"n2", "", false}}));
  CHECK(members_hash(nodes) != members_hash({{"n1", "a:1", false}, {"n2", "b:1", true}}));
  CHECK(members_hash(nodes) != members_hash({{"n2", "b:1", false}, {"n1", "a:1", false}}));
  CHECK(members_hash(nodes) != members_hash({{"n1", "a:1", false}}));
  CHECK(members_hash({{"n1n2", "", false}}) !=
        members_hash({{"n1", "", false}, {"n2", "", false}}));
}

TEST_CASE("a node of another configuration is told apart, and takes up nothing") {
  Hello theirs = hello_of("n2");
  theirs.members = 3;
  CHECK(who(theirs) == PeerFlaw::other_members);
  CHECK(is_refusal(PeerFlaw::other_members));
  theirs.node = "n9";
  CHECK(who(theirs) == PeerFlaw::unknown_member);
  theirs.node = "n2";
  theirs.blank = true;
  Hello ours = hello_of("n1");
  ours.incarnation = 2;
  CHECK_FALSE(takes_up(theirs, ours));
  theirs.members = 0;
  CHECK(takes_up(theirs, ours));
}
