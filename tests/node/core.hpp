// SPDX-License-Identifier: Apache-2.0
//
// A pawld without sockets, threads or a clock: the Node, the wire and the Outbox that ship, and a
// shell of a hundred lines between them. Clients are named "A", "B"; they send and read lines. Time
// passes in advance(); with durability fsync records stay in flight until flush(). The right secret
// of ci is of-ci.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/settings.hpp"
#include "node/event.hpp"
#include "node/node.hpp"
#include "server/outbox.hpp"
#include "wire/request.hpp"

namespace pawl::testing {

enum class Flushing : std::uint8_t {
  by_hand,  // records are in flight until flush()
  at_once,  // every record is flushed in the step after it was made
};

// What a start finds beside the records: as META says it.
struct Start {
  LogIndex last{~std::uint64_t{0}};  // of the records flushed, the last that is still there
  Token ceiling = last_token;
  Milliseconds longest_ttl = Milliseconds::max();
  Token token_floor{};
  Milliseconds grace{0};
};

class Core {
 public:
  explicit Core(Settings settings = {}, Flushing flushing = Flushing::by_hand);

  void connect(const std::string& who);
  void send(const std::string& who, std::string_view line);  // connects first, if need be
  void end_input(const std::string& who);
  void disconnect(const std::string& who,
                  node::DisconnectCause cause = node::DisconnectCause::client);
  // The next whole line without its LF; nothing: none is there.
  [[nodiscard]] std::optional<std::string> read(const std::string& who);
  // The server has closed this connection, and everything it said was read.
  [[nodiscard]] bool is_closed(const std::string& who);

  // What was appended so far is on disk.
  void flush();
  // Of what is in flight the first record only.
  void flush_one_record();
  // META says what the node asked for last; false: it has asked for nothing.
  bool store_meta();
  // The process ends and starts again: what was not flushed and every connection is lost.
  void restart(const Start& start = {});
  void advance(Span span);
  // One leap, as after a stall of the process: nothing is stepped on the way.
  void stall(Span span);
  void drain();
  void configure(const Settings& settings);
  void fill_disk(bool full);
  // One tick at the node's next deadline, one flush: nothing else happens meanwhile.
  void advance_one_step();
  void flush_one_step();
  // Off: only what is called happens, not what the node wants to do without time passing.
  bool settles = true;

  // send, flush, read: the answer of a request that need not wait; "" if there is none.
  std::string ask(const std::string& who, std::string_view line);
  std::string read_or_nothing(const std::string& who) { return read(who).value_or(""); }

  [[nodiscard]] const node::Node& node() const { return *node_; }
  [[nodiscard]] Moment now() const { return now_; }

 private:
  struct Written {
    LogIndex index;
    Epoch epoch;
    std::string bytes;
  };
  struct Client {
    ConnectionId id;
    server::Outbox outbox;
    std::string output;
    std::deque<std::string> pending;  // lines behind a parked one, itself included
    RequestNumber last_request = 0;
    RequestNumber begun = 0;  // of the first pending line, once it was stepped
    bool parked = false;
    bool ending = false;
    bool input_ends = false;  // once the pending lines are stepped
    bool known = true;        // to the node
    node::DisconnectCause cause = node::DisconnectCause::client;
    bool at_first_byte = true;
  };

  Client& client(const std::string& who);
  Client* find(ConnectionId id);
  void work(Client& client);
  bool take_line(Client& client, const std::string& text);
  bool refuse(Client& client, std::string_view line);
  void say(Client& client, std::string_view line);
  void finish_input(Client& client);
  void step(const node::Event& event);
  void step(const node::Event& event, node::Actions& actions);
  void deliver(const node::Actions& actions);
  bool close_settled();
  void settle();

  Moment now_{std::chrono::hours{1}};
  bool flush_at_once_;
  Settings settings_;
  std::uint32_t next_slot_ = 0;
  std::uint32_t generation_ = 1;
  std::uint64_t secrets_ = 0;
  std::optional<node::Node> node_;
  std::vector<Written> written_;
  LogIndex flushed_;
  std::optional<node::MetaStored> wanted_meta_;
  wire::RequestParser parser_;
  std::map<std::string, std::unique_ptr<Client>> clients_;
};

// The number behind `key=` in a line, 0 if there is none.
[[nodiscard]] std::uint64_t field(std::string_view line, std::string_view key);
inline Token token_of(std::string_view line) { return Token{field(line, "token")}; }

[[nodiscard]] inline Settings with(Durability durability) {
  Settings settings;
  settings.durability = durability;
  return settings;
}

}  // namespace pawl::testing
