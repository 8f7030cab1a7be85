// SPDX-License-Identifier: Apache-2.0
//
// One member of a cluster for tests: real Peers on a free port of loopback, and what they delivered
// as lines of text. Each has a loop of its own; run_until() turns all of them.
#pragma once

#include <algorithm>
#include <boost/asio/post.hpp>
#include <catch2/catch.hpp>
#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/overloaded.hpp"
#include "server/peers.hpp"

namespace pawl::test {

struct PeerSetup {
  std::uint8_t self = 0;
  std::vector<std::string> names{"n1", "n2"};
  std::vector<server::Address> addresses{{"127.0.0.1", 0}, {"127.0.0.1", 0}};
  replication::Hello hello{};                     // its name is filled in if there is none
  std::map<std::uint8_t, std::uint64_t> bound{};  // disks, by member
  std::chrono::milliseconds hello_within{5'000};
  std::size_t most_unsent = std::size_t{8} << 20;
  std::uint16_t port = 0;
  client::Resolve resolve = client::ask_system;
  std::string cluster{};
  server::tls::ContextPtr tls{};  // none: plain
};

class PeerNode {
 public:
  explicit PeerNode(PeerSetup setup)
      : hello(std::move(setup.hello)),
        bound(std::move(setup.bound)),
        log_(server::LogLevel::debug, {},
             [this](std::string_view line) {
               const std::lock_guard lock(mutex_);
               lines_ += line;
               lines_ += '\n';
             }),
        peers_(context_, memory_, log_, options(setup), owner(), setup.resolve) {
    if (hello.node.empty()) hello.node = setup.names[setup.self];
    if (hello.disk == 0) hello.disk = 100U + setup.self;
    hello.oldest_records = hello.newest_records = 1;
    const auto address = peers_.start({"127.0.0.1", setup.port});
    REQUIRE(address.has_value());
    port_ = static_cast<std::uint16_t>(std::stoi(address->substr(address->rfind(':') + 1)));
  }

  void turn() {
    context_.poll();
    context_.restart();
    peers_.flush();
  }

  // A message that `number` names.
  void send(std::uint8_t to, std::uint64_t number, std::size_t bytes = 0) {
    replication::message::SnapshotPart part;
    part.offset = number;
    part.bytes.assign(bytes, 'x');
    peers_.send(replication::Member{to}, {Epoch{1}, std::move(part)});
  }

  [[nodiscard]] std::uint16_t port() const { return port_; }
  [[nodiscard]] server::Peers& peers() { return peers_; }
  [[nodiscard]] bool has(std::string_view event) const {
    return std::find(events.begin(), events.end(), event) != events.end();
  }
  [[nodiscard]] bool has_met(std::uint8_t member) const {
    return peers_.is_connected(replication::Member{member});
  }
  // How many lines of its log hold the words, so far.
  [[nodiscard]] int logged(std::string_view words) const {
    const std::lock_guard lock(mutex_);
    int times = 0;
    for (std::size_t at = 0; (at = lines_.find(words, at)) != std::string::npos; ++at) ++times;
    return times;
  }

  replication::Hello hello;
  std::map<std::uint8_t, std::uint64_t> bound;
  std::vector<std::string> events;
  bool holds_binding = false;  // the disk is slow
  std::vector<std::function<void()>> binding;
  std::function<void(const std::string&)> on_event;

 private:
  static server::PeersOptions options(const PeerSetup& setup) {
    server::PeersOptions options;
    options.names = setup.names;
    options.addresses = setup.addresses;
    options.self = replication::Member{setup.self};
    options.dial.shortest_pause = std::chrono::milliseconds(1);
    options.dial.longest_pause = std::chrono::milliseconds(20);
    options.hello_within = setup.hello_within;
    options.most_unsent = setup.most_unsent;
    options.cluster = setup.cluster;
    options.tls = [tls = setup.tls] { return tls; };
    return options;
  }

  server::PeersOwner owner() {
    server::PeersOwner owner;
    owner.hello = [this] { return hello; };
    owner.bound_disk = [this](replication::Member member) -> std::optional<std::uint64_t> {
      const auto found = bound.find(member.value);
      if (found == bound.end()) return std::nullopt;
      return found->second;
    };
    owner.bind_disk = [this](replication::Member member, std::uint64_t disk,
                             std::function<void()> done) {
      auto bind = [this, member, disk, done = std::move(done)] {
        bound[member.value] = disk;
        done();
      };
      holds_binding ? binding.push_back(bind) : bind();
    };
    owner.adopt_incarnation = [this](std::uint64_t incarnation, const std::function<void()>& done) {
      hello.incarnation = incarnation;
      boost::asio::post(context_, done);
    };
    owner.deliver = [this](const node::Event& event) { record(event); };
    return owner;
  }

  void record(const node::Event& event) {
    using std::to_string;
    std::visit(
        Overloaded{
            [&](const replication::Met& met) {
              add("met " + to_string(met.peer.value) + " epoch " + to_string(met.epoch.value) +
                  (met.blank ? " blank" : ""));
            },
            [&](const replication::PeerLost& lost) { add("lost " + to_string(lost.peer.value)); },
            [&](const replication::Received& received) {
              const auto& part =
                  std::get<replication::message::SnapshotPart>(received.message->body);
              add("got " + to_string(part.offset) + " of " + to_string(received.from.value));
            },
            [](const auto&) { FAIL("an event that is not of peers"); }},
        event);
  }

  void add(std::string event) {
    events.push_back(std::move(event));
    if (on_event) on_event(events.back());
  }

  mutable std::mutex mutex_;
  std::string lines_;
  server::Log log_;
  server::HandlerMemory memory_;
  boost::asio::io_context context_;
  server::Peers peers_;
  std::uint16_t port_ = 0;
};

// Turns the nodes until it is so; that it never is fails the test.
template <class Condition>
void run_until(std::vector<PeerNode*> nodes, Condition condition) {
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(20);
  while (!condition()) {
    for (PeerNode* node : nodes) node->turn();
    if (std::chrono::steady_clock::now() < deadline) continue;
    for (const PeerNode* node : nodes) {
      for (const std::string& event : node->events) UNSCOPED_INFO(event);
    }
    FAIL("it did not come to be in time");
  }
}

}  // namespace pawl::test
