// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>
#include <chrono>
#include <memory>
#include <string>
#include <vector>

#include "peer_node.hpp"
#include "raw_peer.hpp"

using namespace std::chrono_literals;
using namespace pawl;
using pawl::test::PeerNode;
using pawl::test::PeerSetup;
using pawl::test::RawPeer;
using pawl::test::run_until;
using Events = std::vector<std::string>;

namespace {

// n2, which n1 calls.
PeerSetup called() {
  PeerSetup setup{.self = 1};
  setup.hello.cluster = 7;
  return setup;
}

// n1, which calls n2 there.
PeerSetup caller_of(const PeerNode& node) {
  PeerSetup setup{.self = 0};
  setup.hello.cluster = 7;
  setup.addresses[1].port = node.port();
  return setup;
}

replication::Hello hello_of(const std::string& name) {
  return {.cluster = 7,
          .incarnation = 0,
          .node = name,
          .oldest_records = 1,
          .newest_records = 1,
          .disk = 100,
          .epoch = {},
          .blank = false};
}

void expect_refusal(PeerNode& node, const std::string& bytes, std::string_view words) {
  RawPeer stranger(node.port());
  stranger.send(bytes);
  run_until({&node}, [&] { return stranger.is_ended() && node.logged(words) > 0; });
  CHECK(node.events.empty());
  CHECK(stranger.received().empty());
}

std::string frame_of(const replication::Hello& hello) {
  std::string frame;
  replication::write_frame(frame, replication::FrameKind::hello, replication::encode_hello(hello),
                           0);
  return frame;
}

}  // namespace

TEST_CASE("strangers get no word and no connection") {
  PeerNode node(called());
  expect_refusal(node, "LOCK jobs/nightly ttl=30s\r\n", "not of a pawld");
  expect_refusal(node, "GET /metrics HTTP/1.1\r\nHost: n2\r\n\r\n", "not of a pawld");
  expect_refusal(node, std::string(100'000, '\0'), "not of a pawld");
  expect_refusal(node, std::string(16, '\x07'), "not of a pawld");
}

TEST_CASE("a node that does not belong here is refused by a line that says what to do") {
  PeerNode node(called());
  replication::Hello theirs = hello_of("n1");
  theirs.cluster = 8;
  expect_refusal(node, frame_of(theirs), "cluster.id must be the same");
  theirs = hello_of("n1");
  theirs.incarnation = 2;
  expect_refusal(node, frame_of(theirs), "was promoted while the other was away");
  theirs = hello_of("n1");
  theirs.oldest_records = theirs.newest_records = 9;
  expect_refusal(node, frame_of(theirs), "upgrade one release at a time");
  expect_refusal(node, frame_of(hello_of("n2")), "goes by the name of this node");
  expect_refusal(node, frame_of(hello_of("n9")), "cluster.nodes must be the same");
  std::string later = frame_of(hello_of("n1"));
  later[4] = 2;
  expect_refusal(node, later, "another version of the protocol");
}

TEST_CASE("two nodes whose configurations name others refuse one another, and both say so") {
  PeerSetup setup = called();
  setup.hello.members = 5;
  PeerNode node(setup);
  PeerNode caller(caller_of(node));
  caller.hello.members = 6;
  run_until({&node, &caller}, [&] {
    return node.logged("make cluster.nodes equal") > 0 &&
           caller.logged("make cluster.nodes equal") > 0;
  });
  CHECK(node.logged("peer=n1") > 0);
  CHECK(caller.logged("peer=n2") > 0);
  CHECK(node.events.empty());
  CHECK(caller.events.empty());

  caller.hello.members = 5;
  run_until({&node, &caller}, [&] { return node.has_met(0) && caller.has_met(1); });
}

TEST_CASE("a refusal is logged once, however often it is tried") {
  PeerNode node(called());
  replication::Hello theirs = hello_of("n1");
  theirs.cluster = 8;
  for (int i = 0; i < 5; ++i) expect_refusal(node, frame_of(theirs), "cluster.id");
  expect_refusal(node, frame_of(hello_of("n9")), "cluster.nodes");
  CHECK(node.logged("cluster.id") == 1);
}

TEST_CASE("half a hello is waited for so long and no longer") {
  PeerSetup setup = called();
  setup.hello_within = 50ms;
  PeerNode node(setup);
  const std::string hello = frame_of(hello_of("n1"));

  for (const std::size_t size : {std::size_t{0}, std::size_t{10}, hello.size() - 1}) {
    RawPeer half(node.port());
    half.send(hello.substr(0, size));
    run_until({&node}, [&] { return half.is_ended(); });
  }

  CHECK(node.events.empty());
  run_until({&node}, [&] { return node.logged("did not say in time") > 0; });
}

TEST_CASE("a member that does not confirm what it was told is not met") {
  PeerSetup setup = called();
  setup.hello_within = 50ms;
  PeerNode node(setup);
  RawPeer half(node.port());
  half.send_hello(hello_of("n1"), 0);

  run_until({&node}, [&] { return half.is_ended(); });

  CHECK_FALSE(half.received().empty());
  CHECK(node.events.empty());
}

TEST_CASE("a hello that comes byte by byte is a hello") {
  PeerNode node(called());
  const replication::Hello hello = hello_of("n1");
  RawPeer peer(node.port());
  for (const char byte : frame_of(hello)) {
    peer.send({&byte, 1});
    node.turn();
  }
  peer.send_hello(hello, replication::link_seed(hello));

  run_until({&node}, [&] { return node.has("met 0 epoch 0"); });
}

TEST_CASE("bytes that are no message end the connection") {
  PeerNode node(called());
  const replication::Hello hello = hello_of("n1");
  RawPeer peer(node.port());
  peer.send_hello(hello, 0);
  peer.send_hello(hello, replication::link_seed(hello));
  std::string frame;
  replication::write_frame(frame, replication::FrameKind::message, "\xFF nonsense",
                           replication::link_seed(hello));
  peer.send(frame);

  run_until({&node}, [&] { return peer.is_ended(); });

  CHECK(node.events == Events{"met 0 epoch 0", "lost 0"});
}

TEST_CASE("a flood of strangers does not keep a member out") {
  PeerNode node(called());
  std::vector<std::unique_ptr<RawPeer>> flood;
  for (int i = 0; i < 200; ++i) {
    flood.push_back(std::make_unique<RawPeer>(node.port()));
    node.turn();
  }
  run_until({&node}, [&] { return flood.front()->is_ended(); });
  PeerNode member(caller_of(node));

  run_until({&node, &member}, [&] { return node.has_met(0) && member.has_met(1); });
}

TEST_CASE("nobody is met before its disk is on record on both sides") {
  PeerNode node(called());
  node.hello.blank = true;
  node.holds_binding = true;
  PeerNode member(caller_of(node));
  member.holds_binding = true;
  member.hello.blank = true;

  run_until({&node, &member}, [&] { return node.binding.size() == 1; });
  CHECK(member.binding.empty());
  node.binding.front()();
  run_until({&node, &member}, [&] { return member.binding.size() == 1; });
  CHECK(node.events.empty());
  CHECK(member.events.empty());
  member.binding.front()();
  run_until({&node, &member}, [&] { return node.has_met(0) && member.has_met(1); });

  CHECK(node.events == Events{"met 0 epoch 0 blank"});
  CHECK(member.events == Events{"met 1 epoch 0 blank"});
  CHECK(node.bound.at(0) == member.hello.disk);
  CHECK(member.bound.at(1) == node.hello.disk);
}

TEST_CASE("a disk that is noted too late is noted for nobody") {
  PeerSetup setup = called();
  setup.hello_within = 50ms;
  PeerNode node(setup);
  node.holds_binding = true;
  RawPeer peer(node.port());
  peer.send_hello(hello_of("n1"), 0);
  run_until({&node}, [&] { return node.binding.size() == 1 && peer.is_ended(); });

  node.binding.front()();
  node.turn();

  CHECK(node.events.empty());
}

TEST_CASE("a member with another disk is refused, unless that disk is new") {
  PeerSetup setup = called();
  setup.bound[0] = 55;
  PeerNode node(setup);
  expect_refusal(node, frame_of(hello_of("n1")), "its disk was replaced");

  PeerSetup wiped = caller_of(node);
  wiped.hello.blank = true;
  PeerNode member(wiped);
  run_until({&node, &member}, [&] { return node.has("met 0 epoch 0 blank"); });

  CHECK(node.bound.at(0) == member.hello.disk);
}

TEST_CASE("a refused newcomer does not end the connection of the member it claims to be") {
  PeerNode node(called());
  PeerNode member(caller_of(node));
  run_until({&node, &member}, [&] { return node.has_met(0); });
  node.events.clear();

  replication::Hello copy = hello_of("n1");
  copy.disk = 77;
  expect_refusal(node, frame_of(copy), "its disk was replaced");

  CHECK(node.has_met(0));
}

TEST_CASE("a newcomer takes up the incarnation of whoever it calls or is called by") {
  for (const bool is_caller_new : {true, false}) {
    PeerSetup setup = called();
    setup.hello.blank = !is_caller_new;
    setup.hello.incarnation = is_caller_new ? 3 : 0;
    PeerNode node(setup);
    PeerSetup calling = caller_of(node);
    calling.hello.blank = is_caller_new;
    calling.hello.incarnation = is_caller_new ? 0 : 3;
    PeerNode member(calling);

    run_until({&node, &member}, [&] { return node.has_met(0) && member.has_met(1); });

    CHECK(node.hello.incarnation == 3);
    CHECK(member.hello.incarnation == 3);
    CHECK(node.events.size() == 1);
  }
}

TEST_CASE("who has taken part does not take up another incarnation") {
  PeerSetup setup = called();
  setup.hello.incarnation = 3;
  PeerNode node(setup);
  PeerNode member(caller_of(node));

  run_until({&node, &member}, [&] { return node.logged("was promoted while the other") > 0; });

  CHECK(member.hello.incarnation == 0);
  CHECK(node.events.empty());
}

TEST_CASE("a caller that reaches another node than it called says whose address is wrong") {
  PeerSetup third = called();
  third.self = 2;
  third.names = {"n1", "n2", "n3"};
  third.addresses.resize(3, {"127.0.0.1", 0});
  PeerNode node(third);
  PeerSetup mistaken = caller_of(node);
  mistaken.names = third.names;
  mistaken.addresses.resize(3, {"127.0.0.1", node.port()});
  PeerNode member(mistaken);

  run_until({&node, &member}, [&] {
    return member.has_met(2) && member.logged("another node than the address stands for") > 0;
  });

  CHECK_FALSE(member.has_met(1));
}
