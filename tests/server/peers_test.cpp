// SPDX-License-Identifier: Apache-2.0
#include "server/peers.hpp"

#include <catch2/catch.hpp>
#include <chrono>
#include <memory>
#include <string>
#include <utility>
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

// Members of one cluster; the last is there first, for the others call it.
struct PeerGroup {
  explicit PeerGroup(std::size_t size = 2, bool blank = false) {
    for (std::size_t i = 0; i < size; ++i) setup.names.push_back("n" + std::to_string(i + 1));
    setup.addresses.resize(size, {"127.0.0.1", 0});
    setup.hello.cluster = 7;
    setup.hello.blank = blank;
    nodes.resize(size);
    for (std::size_t i = size; i-- > 0;) start(i);
  }

  PeerSetup setup_of(std::size_t i) {
    PeerSetup own = setup;
    own.self = static_cast<std::uint8_t>(i);
    own.port = setup.addresses[i].port;
    return own;
  }
  void start(std::size_t i) { start(i, setup_of(i)); }
  void start(std::size_t i, PeerSetup own) {
    nodes[i] = std::make_unique<PeerNode>(std::move(own));
    setup.addresses[i].port = nodes[i]->port();
  }
  void kill(std::size_t i) { nodes[i].reset(); }

  template <class Condition>
  void until(Condition condition) {
    std::vector<PeerNode*> alive;
    for (const auto& node : nodes) {
      if (node) alive.push_back(node.get());
    }
    run_until(alive, condition);
  }
  void until_met() {
    until([&] {
      for (std::size_t i = 0; i < nodes.size(); ++i) {
        for (std::size_t j = 0; j < nodes.size(); ++j) {
          if (i != j && !nodes[i]->has_met(static_cast<std::uint8_t>(j))) return false;
        }
      }
      return true;
    });
  }

  PeerSetup setup{.names = {}, .addresses = {}};
  std::vector<std::unique_ptr<PeerNode>> nodes;
};

}  // namespace

TEST_CASE("two nodes meet, and messages pass both ways in order") {
  PeerGroup pair;
  pair.nodes[0]->hello.epoch = Epoch{3};
  pair.nodes[1]->hello.epoch = Epoch{4};
  pair.until_met();

  for (std::uint64_t i = 1; i <= 3; ++i) {
    pair.nodes[0]->send(1, i);
    pair.nodes[1]->send(0, 10 + i);
  }
  pair.until([&] { return pair.nodes[0]->has("got 13 of 1") && pair.nodes[1]->has("got 3 of 0"); });

  CHECK(pair.nodes[0]->events ==
        Events{"met 1 epoch 4", "got 11 of 1", "got 12 of 1", "got 13 of 1"});
  CHECK(pair.nodes[1]->events == Events{"met 0 epoch 3", "got 1 of 0", "got 2 of 0", "got 3 of 0"});
}

TEST_CASE("three nodes meet each other, each by one connection") {
  PeerGroup three(3);
  three.until_met();

  three.nodes[0]->send(2, 1);
  three.nodes[2]->send(1, 2);
  three.nodes[1]->send(0, 3);
  three.until([&] {
    return three.nodes[2]->has("got 1 of 0") && three.nodes[1]->has("got 2 of 2") &&
           three.nodes[0]->has("got 3 of 1");
  });
}

TEST_CASE("a message larger than one read, and a hundred in one, arrive whole") {
  PeerGroup pair;
  pair.until_met();

  pair.nodes[0]->send(1, 1, 1'500'000);
  for (std::uint64_t i = 2; i <= 100; ++i) pair.nodes[0]->send(1, i);
  pair.until([&] { return pair.nodes[1]->has("got 100 of 0"); });

  CHECK(pair.nodes[1]->events.size() == 101);
  CHECK(pair.nodes[1]->events[1] == "got 1 of 0");
}

TEST_CASE("a peer that was killed is lost at once, and met again when it is back") {
  PeerGroup pair;
  pair.until_met();

  for (const std::size_t victim : {std::size_t{1}, std::size_t{0}}) {
    PeerNode& other = *pair.nodes[1 - victim];
    const std::string lost = "lost " + std::to_string(victim);
    pair.kill(victim);
    const auto killed = std::chrono::steady_clock::now();
    pair.until([&] { return other.has(lost); });
    CHECK(std::chrono::steady_clock::now() - killed < 500ms);
    CHECK_FALSE(other.has_met(static_cast<std::uint8_t>(victim)));
    pair.start(victim);
    pair.until_met();
    CHECK(std::count(other.events.begin(), other.events.end(), lost) == 1);
    CHECK(other.events.back() == "met " + std::to_string(victim) + " epoch 0");
  }
}

TEST_CASE("what is sent to a peer that is away is lost, and not sent later") {
  PeerGroup pair;
  pair.until_met();
  pair.kill(1);
  pair.until([&] { return pair.nodes[0]->has("lost 1"); });

  pair.nodes[0]->send(1, 1);
  pair.start(1);
  pair.until_met();
  pair.nodes[0]->send(1, 2);
  pair.until([&] { return pair.nodes[1]->has("got 2 of 0"); });

  CHECK_FALSE(pair.nodes[1]->has("got 1 of 0"));
}

TEST_CASE("a member that connects anew ends its old connection first") {
  PeerGroup pair;
  pair.until_met();
  const replication::Hello hello = pair.nodes[0]->hello;

  RawPeer again(pair.nodes[1]->port());
  again.send_hello(hello, 0);
  again.send_hello(hello, replication::link_seed(hello));
  pair.nodes[1]->events.clear();
  run_until({pair.nodes[1].get()}, [&] { return pair.nodes[1]->events.size() >= 2; });

  CHECK(pair.nodes[1]->events == Events{"lost 0", "met 0 epoch 0"});
}

TEST_CASE("nothing that an ended connection still holds is delivered") {
  PeerGroup pair;
  pair.until_met();
  PeerNode& receiver = *pair.nodes[1];
  for (std::uint64_t i = 1; i <= 5; ++i) pair.nodes[0]->send(1, i);
  pair.nodes[0]->turn();
  receiver.on_event = [&](const std::string& event) {
    if (event == "got 2 of 0") receiver.peers().introduce_anew();
  };
  receiver.events.clear();

  pair.until([&] { return receiver.has("met 0 epoch 0"); });

  CHECK(receiver.events == Events{"got 1 of 0", "got 2 of 0", "lost 0", "met 0 epoch 0"});
}

TEST_CASE("a peer that does not read is cut off before its messages fill the memory") {
  PeerGroup pair;
  pair.setup.most_unsent = 1 << 20;
  pair.kill(0);
  pair.start(0);
  pair.until_met();
  PeerNode& sender = *pair.nodes[0];

  int sent = 0;
  run_until({&sender}, [&] {
    if (sender.has("lost 1")) return true;
    sender.send(1, 1, 100'000);
    return ++sent == 1'000;
  });

  CHECK(sender.has("lost 1"));
  CHECK(sent < 1'000);
  pair.until([&] { return sender.logged("does not read") == 1; });
  pair.until_met();
}

TEST_CASE("a name that does not resolve yet is met once it does") {
  PeerGroup pair;
  pair.kill(0);
  PeerSetup early = pair.setup_of(0);
  const std::uint16_t port = early.addresses[1].port;
  early.addresses[1].host = "n2.example";
  auto times = std::make_shared<std::atomic<int>>(0);
  early.resolve = [times, port](const client::ServerAddress&, boost::system::error_code& error) {
    if (++*times > 3) {
      return client::Endpoints{{boost::asio::ip::address_v4::loopback(), port}};
    }
    error = boost::asio::error::host_not_found;
    return client::Endpoints{};
  };

  pair.start(0, early);
  pair.until_met();
  pair.until([&] { return pair.nodes[0]->logged("does not resolve") == 1; });
}

TEST_CASE("one that begins anew is met anew by all") {
  PeerGroup three(3);
  three.until_met();
  for (const auto& node : three.nodes) node->events.clear();
  for (const auto& node : three.nodes) node->hello.incarnation = 1;

  three.nodes[1]->peers().introduce_anew();
  three.until(
      [&] { return three.nodes[0]->has("met 1 epoch 0") && three.nodes[2]->has("met 1 epoch 0"); });

  CHECK(three.nodes[0]->events == Events{"lost 1", "met 1 epoch 0"});
}

TEST_CASE("after its end nothing is delivered any more") {
  PeerGroup pair;
  pair.until_met();
  pair.nodes[0]->send(1, 1);
  pair.nodes[0]->turn();
  pair.nodes[1]->events.clear();

  pair.nodes[1]->peers().close();
  pair.until([&] { return pair.nodes[0]->has("lost 1"); });

  CHECK(pair.nodes[1]->events.empty());
}
