// SPDX-License-Identifier: Apache-2.0
//
// Nodes "a", "b", "c" that talk to each other and to clients, without sockets, disks or a clock:
// what is sent arrives in order unless the two are cut, what is appended is on the disk at once
// unless the disk is held. Clients send lines to a node and read lines from it.
#pragma once

#include <deque>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/settings.hpp"
#include "journal/snapshot.hpp"
#include "node/event.hpp"
#include "node/node.hpp"
#include "wire/request.hpp"

namespace pawl::testing {

class Group {
 public:
  // So many nodes, all of them blank: they meet, and one is elected.
  explicit Group(std::size_t size = 3, Settings settings = {});

  void step(char name, const node::Event& event);
  // Everything on its way arrives, everything due is done; no time passes.
  void settle();
  void pass(Span span);
  // Time passes until somebody serves; who.
  char primary();
  [[nodiscard]] char find_primary() const;  // or '?'
  [[nodiscard]] std::string others(char name) const;

  void cut(char one, char other);  // until healed
  void isolate(char name);
  void heal();
  void hold_disk(char name, bool held);
  // The process is stopped: it sees nothing while time passes, and all that came when it goes on.
  void stop(char name);
  void go_on(char name);
  // The process ends: what its disk has stays, or not.
  void kill(char name);
  void start(char name, bool damaged = false);
  void wipe(char name);

  // The first answer to a line, on a connection kept by this client name; "" if none comes now.
  std::string ask(char node, std::string_view line, const std::string& client = "A");
  void send(char node, std::string_view line, const std::string& client = "A");
  [[nodiscard]] std::string read(char node, const std::string& client = "A");
  void disconnect(char node, const std::string& client = "A");
  // The node wants this connection closed.
  [[nodiscard]] bool is_closing(char node, const std::string& client = "A");

  [[nodiscard]] const node::Node& operator[](char name) const { return *nodes_.at(name).node; }
  // What the table holds, as its snapshot says.
  [[nodiscard]] std::string table(char name);
  [[nodiscard]] Moment now() const { return now_; }

  Milliseconds grace{0};  // of nodes started from now on
  std::size_t snapshots_sent = 0;
  std::vector<std::string> roles;  // "a primary 1"

 private:
  struct Written {
    Epoch epoch;
    std::string bytes;
  };
  struct Client {
    ConnectionId id;
    std::deque<std::string> pending;
    std::deque<std::string> output;
    RequestNumber requests = 0;
    bool parked = false;
    bool closing = false;
  };
  struct Machine {
    std::optional<node::Node> node;
    // The disk.
    replication::EntryId base;  // of the log
    std::vector<Written> log;
    replication::Ballot ballot;
    bool blank = true;
    bool damaged = false;
    bool promoted = false;
    int promotions = 0;  // asked for, not stored yet
    std::uint64_t incarnation = 0;
    replication::EntryId snapshot;
    std::string snapshot_bytes;  // of the file
    // On its way there.
    std::string making;
    replication::EntryId making_of;
    journal::SnapshotEncoder encoder;
    std::string coming;
    std::optional<node::MetaStored> meta;
    bool held = false;
    bool stopped = false;
    std::deque<replication::Outgoing> inbox;  // while stopped; `to` is who sent it
    std::map<std::string, Client> clients;
  };
  struct InFlight {
    char from;
    char to;
    replication::Message message;
  };

  [[nodiscard]] replication::Member member(char name) const {
    return {static_cast<std::uint8_t>(name - 'a')};
  }
  [[nodiscard]] char name(replication::Member member) const {
    return static_cast<char>('a' + member.value);
  }
  [[nodiscard]] bool is_cut(char one, char other) const;
  void meet(char one, char other);
  void perform(char name, node::Actions& actions);
  void save(char name, const node::SnapshotPart& part);
  bool flush(char name);
  void work(char name, const std::string& client);
  void deliver(char name, const node::Actions& actions);

  Settings settings_;
  std::map<char, Machine> nodes_;
  std::deque<InFlight> in_flight_;
  std::vector<std::pair<char, char>> cuts_;
  std::uint32_t connections_ = 0;
  std::uint64_t repairs_ = 0;
  wire::RequestParser parser_;
  Moment now_{std::chrono::hours{1}};
};

}  // namespace pawl::testing
