// SPDX-License-Identifier: Apache-2.0
//
// The shell around a Node: reads lines, steps them, lets time pass, writes what came of it. Owned
// and run by one thread; only context() may be posted to from others. Its law: the node sees the
// requests of a connection in the order sent, and each reply is formatted in the step that made it.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/settings.hpp"
#include "node/event.hpp"
#include "node/node.hpp"
#include "server/activation.hpp"
#include "server/admission.hpp"
#include "server/audit.hpp"
#include "server/authenticator.hpp"
#include "server/commit_watch.hpp"
#include "server/config/config.hpp"
#include "server/connection.hpp"
#include "server/deadlines.hpp"
#include "server/descriptors.hpp"
#include "server/handler_memory.hpp"
#include "server/handshakes.hpp"
#include "server/http/port.hpp"
#include "server/http/service.hpp"
#include "server/listener.hpp"
#include "server/log.hpp"
#include "server/loop.hpp"
#include "server/notify.hpp"
#include "server/peers.hpp"
#include "server/primary_watch.hpp"
#include "server/round.hpp"
#include "server/said_lately.hpp"
#include "server/spare_buffers.hpp"
#include "server/store.hpp"
#include "server/tls/keyring.hpp"
#include "server/unread.hpp"
#include "wire/request.hpp"
#include "wire/resp/interpreter.hpp"

namespace pawl::server {

class Server {
 public:
  Server(const Config& config, const Log& log, Store& store, Notify& notify,
         tls::Keyring keys = {});

  [[nodiscard]] boost::asio::io_context& context() { return loop_.context(); }

  // Opens the ports, for clients, for peers if there are any, and for HTTP; logs `listening` and
  // says in words whom it serves, with the address really bound.
  [[nodiscard]] Started<std::string> listen(const Listen& addresses, Activation given = {});

  // Until drained or stopped.
  void run();

  // Hands over to another node if it is primary; then ends waits, answers what is due, closes every
  // connection. Takes a second at most.
  void drain();
  void stop() { stopped_ = true; }

  // Why this would let everybody do everything who reaches a port, if it would.
  [[nodiscard]] std::optional<std::string> left_open_by(const access::Access& access) const;
  void configure(const Settings& settings);
  // For connections from now on.
  void take_keys(tls::Keyring keys);

 private:
  enum class Taken : std::uint8_t { stepped, parked, resumed, later, gone };

  // server.cpp: the turn
  void turn();
  void tick();
  void perform();
  void write_listed();
  void end_drain();
  void end_connections();

  [[nodiscard]] std::optional<std::string> judge_openness(const std::string& peer) const;
  void warn_of_open_ports() const;
  [[nodiscard]] Limits as_descriptors_allow(const Limits& wanted) const;

  // server_http.cpp: who looks on
  [[nodiscard]] Started<std::string> listen_http(const std::optional<Address>& address,
                                                 std::optional<int> given);
  [[nodiscard]] http::Facts facts() const;
  [[nodiscard]] const std::vector<access::Rule>* rules_of(
      const std::optional<http::Credentials>& visitor) const;
  void watch_commits(bool made_records);

  // server_peers.cpp: one of several
  void join(const Config& config);
  void on_stored(const node::Event& event);
  void speak();
  void log_role(const node::RoleChange& change) const;
  void log_awaited(Moment now);
  void log_missing_primary(Moment now);
  [[nodiscard]] bool is_minority() const;

  // server_requests.cpp: from bytes to answers
  void work(Connection& connection, std::string_view rest);
  bool step_lines(Connection& connection, std::string_view& rest);
  [[nodiscard]] bool may_step(const Connection& connection) const;
  bool must_wait(Connection& connection, const Request& request);
  Taken take_line(Connection& connection, std::string_view text);
  Taken step_request(Connection& connection, wire::Line& line);
  void step_asked(Connection& connection, RequestNumber number, Request& request);
  void note_known(Connection& connection);
  void note_operator();
  void note_error(const Reply& reply, ErrorCode code);
  [[nodiscard]] Client client_of(const Connection& connection) const;
  [[nodiscard]] const Limits& limits_of(const Connection& connection) const {
    return connection.is_stranger() ? limits_of_strangers_ : limits_;
  }
  void note_first_bytes(Connection& connection, std::string_view bytes);
  void keep(Connection& connection, std::string_view rest);
  void work_listed();
  void go_on(Connection& connection);
  void answer_parked(Connection& connection);
  void end_input(Connection& connection);
  void refuse(Connection& connection, ErrorCode code, std::string_view line);
  void say(Connection& connection, std::string_view line);
  void step(const node::Event& event);
  void deliver();
  Connection* receiver(ConnectionId id);
  void announce(const Announcement& announcement);
  bool is_behind(Connection& connection);
  void list_work(Connection& connection);
  void list_output(Connection& connection);

  // server_resp.cpp: the same for a Redis client
  void step_commands(Connection& connection, std::string_view& rest);
  bool step_command(Connection& connection);
  void go_on_asking(Connection& connection);
  void answer(Connection& connection, const Reply& reply);
  void refuse_command(Connection& connection, std::string_view why);

  // server_relaying.cpp: a Redis client of a standby
  [[nodiscard]] const Address* other_primary() const;
  void relay(Connection& connection);
  void pass_on(Connection& connection, std::string_view& rest);
  void on_relayed(ConnectionId id, std::string_view bytes);
  void go_on_relaying(Connection& connection);
  void end_talks_with_others();

  // server_connections.cpp: sockets coming, ready, overdue and going
  void on_accepted(Socket socket, const boost::asio::ip::tcp::endpoint& from);
  bool watch(const Connection& connection);
  void on_edge(const Readiness::Edge& edge);
  void on_readable(Connection& connection);
  void read(Connection& connection);
  void wait_readable(Connection& connection);
  void write(Connection& connection);
  void write_ready(Connection& connection, std::size_t most, bool& broken);
  void look_at_due();
  void look_at(Connection& connection);
  void look_for_stuck();
  void arm(Connection& connection);
  void finish(Connection& connection);
  void discard(Connection& connection);
  void disconnect(Connection& connection);
  void remove(Connection& connection);

  // server_tls.cpp: clients that speak TLS
  bool settle_tls(Connection& connection, std::string_view bytes);
  void refuse_plain(Connection& connection, std::string_view bytes);
  void begin_tls(Connection& connection, std::string_view bytes);
  void shake_hands(Connection& connection);
  void list_handshake(Connection& connection);
  void greet_listed();
  void count_handshake(Connection& connection);
  void end_handshake(Connection& connection);
  void identify(Connection& connection);
  void await_record(Connection& connection);

  const Log& log_;
  Store& store_;
  Notify& notify_;
  const bool forwards_;                  // Redis clients, to the primary
  const bool may_be_open_;               // to others, though nobody says who it is
  std::vector<std::string> open_ports_;  // of clients, bound to be reached by others
  const DescriptorUse descriptor_use_;
  Limits limits_;
  Limits limits_of_strangers_;
  tls::Keyring keys_;
  HandlerMemory handler_memory_;  // outlives the handlers that the loop still holds
  Loop loop_;
  node::Node node_;
  node::Actions actions_;
  wire::RequestParser parser_;
  std::unique_ptr<wire::resp::Interpreter> redis_;  // none: Redis clients are turned away
  std::vector<std::string_view> words_;             // of the command being read
  http::Counts counts_;
  access::Access access_;
  Authenticator authenticator_;
  Audit audit_{log_};
  node::ClientRequest asked_;  // while it is stepped
  CommitWatch commits_;
  std::vector<Address> client_addresses_;  // of the members, where they have one
  SaidLately said_scripts_{std::chrono::minutes(1)};

  std::unique_ptr<Peers> peers_;  // none: alone
  bool is_witness_ = false;       // serves no clients

  const std::string cluster_;  // its name; empty: a node alone
  const Durability durability_;
  std::unique_ptr<http::Service> http_service_;
  std::unique_ptr<http::Port> http_port_;  // none: not served

  Listener listener_;
  Admission admission_;
  Handshakes handshakes_;
  ConnectionTable connections_;
  std::uint32_t refused_ = 0;    // connections that get one line and no more
  bool said_unwatched_ = false;  // that the kernel watches no more sockets; told once
  Deadlines deadlines_;

  std::vector<char> buffer_;  // every read; a line is parsed where it was read
  SpareBuffers spares_;
  Unread unread_;
  std::string line_;     // said to many
  bool append_ = false;  // this turn's steps made records
  Moment next_space_check_ = never;
  Moment next_awaited_log_ = never;
  std::optional<PrimaryWatch> primary_watch_;  // of one of several
  Round to_write_;
  Round to_write_on_;  // those who are told much, behind the others
  Round to_work_;
  Round to_greet_;  // who wants TLS, and has not been answered

  bool draining_ = false;
  bool connections_ended_ = false;  // by a drain: nothing is left to hand over
  bool stopped_ = false;
  Moment drain_until_ = never;
};

}  // namespace pawl::server
