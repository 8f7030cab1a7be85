// SPDX-License-Identifier: Apache-2.0
//
// All of a server but its sockets, clock and disk: bytes of connections go through the parsers to
// a lone node and come out of outboxes. Beside it stands the naive table of tests/locks, which is
// given the same records; whatever the two tables disagree about fails, and so does a request that
// is answered twice, or never, or that tells something to whoever has not said who it is.
#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "naive_table.hpp"
#include "node/node.hpp"
#include "server/outbox.hpp"
#include "wire/request.hpp"
#include "wire/resp/interpreter.hpp"

namespace pawl::fuzz {

class LoneServer {
 public:
  explicit LoneServer(const Settings& settings);

  // Of a few places for connections; what is sent from a place where nobody is, is lost.
  static constexpr std::size_t places = 5;
  static constexpr std::string_view right_secret = "right";  // of every user
  void connect(std::size_t place);
  void send(std::size_t place, std::string_view bytes);
  void end_input(std::size_t place);
  void disconnect(std::size_t place);

  void pass(Span span);
  // What the log and META hold is on the disk, or a part of the log.
  void flush(bool all);
  void configure(const Limits& limits);
  void let_in(const access::Access& access);
  void fill_disk(bool full);
  void drain();

  // Everybody has said all they have to say: each is answered.
  void end_conversations();
  // … and when their time has passed, nothing is left of them.
  void let_all_expire();

  [[nodiscard]] std::uint64_t newest_token() const { return naive_.last_token; }

 private:
  struct Exchanged {
    RequestNumber number = 0;
    std::unique_ptr<wire::resp::Exchange> exchange;
  };
  struct Connection {
    ConnectionId id;
    server::Outbox outbox;
    std::string pending;  // not stepped yet
    std::string output;
    RequestNumber last_request = 0;
    RequestNumber begun = 0;             // of the first line pending, once it was stepped
    std::set<RequestNumber> unanswered;  // by the node
    bool at_first_byte = true;
    bool speaks_resp = false;
    wire::resp::Speaker speaker;
    std::vector<Exchanged> asked;  // only the newest may have more to ask
    bool to_step = false;
    bool parked = false;
    bool input_ends = false;
    bool ending = false;   // no more requests; gone once all is answered
    bool known = true;     // to the node
    bool stranger = true;  // it never asked for anything as somebody who may do something
  };
  struct Written {
    LogIndex index;
    Epoch epoch;
    std::string bytes;
  };

  Connection* find(ConnectionId id);
  void settle();
  bool work(Connection& connection);
  bool step_line(Connection& connection);
  bool step_command(Connection& connection);
  bool go_on_asking(Connection& connection);
  void ask(Connection& connection, RequestNumber number, Request& request);
  void refuse(Connection& connection, std::string_view line);
  void say(Connection& connection, std::string_view line);
  void finish_input(Connection& connection);
  bool close_settled();

  void step(const node::Event& event);
  void deliver();
  void answer(const Reply& reply);
  static void check_told(const ReplyBody& told);
  void compare_tables();

  Settings settings_;
  Moment now_{std::chrono::hours{1}};
  node::Node node_;
  node::Actions actions_;
  wire::RequestParser parser_;
  wire::resp::Interpreter interpreter_{wire::resp::Policy{}};
  std::vector<std::string_view> words_;
  std::vector<std::unique_ptr<Connection>> connections_{places};
  std::vector<std::uint32_t> generations_ = std::vector<std::uint32_t>(places);
  std::deque<Written> written_;  // and not applied yet
  LogIndex last_written_;
  std::optional<node::MetaStored> wanted_meta_;
  bool snapshot_part_due_ = false;
  std::uint64_t secrets_ = 0;
  locks::NaiveTable naive_;
};

}  // namespace pawl::fuzz
