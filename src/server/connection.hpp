// SPDX-License-Identifier: Apache-2.0
//
// One client's connection: its socket, what was read and not yet stepped, what waits to be written.
// Values and small questions only; server.hpp moves it. An idle one owns no buffer.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/ids.hpp"
#include "base/moment.hpp"
#include "base/settings.hpp"
#include "node/event.hpp"
#include "server/admission.hpp"
#include "server/client_socket.hpp"
#include "server/handshakes.hpp"
#include "server/outbox.hpp"
#include "server/resp_talk.hpp"

namespace pawl::server {

struct Connection {
  enum class State : std::uint8_t {
    open,       // requests are read and stepped
    ending,     // no more requests; closed once every answer has been sent
    lingering,  // the node has forgotten it; input is discarded so that the last line can be read
  };

  Connection(Socket from_socket, boost::asio::ip::address from)
      : socket(std::move(from_socket)), address(std::move(from)) {}

  ClientSocket socket;
  Outbox outbox;
  std::string pending;      // half a line, or lines that may not be stepped yet
  std::size_t stepped = 0;  // of pending
  ConnectionId id;
  boost::asio::ip::address address;
  RequestNumber last_request = 0;
  RequestNumber begun = 0;           // of the first pending line, once it was stepped; else 0
  std::unique_ptr<RespTalk> resp;    // none: it speaks lines
  std::uint32_t discarded = 0;       // bytes thrown away while lingering
  Handshakes::Number handshake = 0;  // of TLS, once it was answered, until it is done; else 0
  std::uint64_t counted = 0;         // of what it has not read, among that of all

  State state = State::open;
  node::DisconnectCause cause = node::DisconnectCause::client;
  bool admitted = true;        // counted, and known to the node
  bool at_first_byte = true;   // what it speaks is still to be told
  bool parked = false;         // what it asked last waits for the node before more is stepped
  bool blocked = false;        // pending lines wait for `parked`, for room or for their next go
  bool just_read = false;      // this is the first go of what it sent
  bool put_off = false;        // its next answer is long, and clients read too little of theirs
  bool peer_finished = false;  // its end of input has arrived, perhaps behind unread requests
  bool at_end = false;         // its end of input was read
  bool read_waiting = false;
  bool write_waiting = false;
  bool output_listed = false;  // to be written at the end of the turn
  bool work_listed = false;    // its pending lines are to be looked at again
  bool overrun = false;        // an event found more unread output than allowed: to be closed
  bool unheard = false;        // … one of a watch: no more of those, a last line and closed

  Moment known_by = never;  // who it is: until then it is a stranger
  Moment half_line_since = never;
  Moment overfull_since = never;  // more unread output than allowed
  Moment stuck_since = never;  // the client reads nothing, and it is ending or all read too little
  Moment linger_until = never;
  Moment look_at = never;  // blocked: is the peer still there?
  Moment armed = never;    // its entry among the deadlines

  [[nodiscard]] bool is_stranger() const { return known_by != never; }
  RequestNumber next_number() {
    if (++last_request == 0) ++last_request;  // 0 means none
    return last_request;
  }
  [[nodiscard]] std::string_view unstepped() const {
    return std::string_view(pending).substr(stepped);
  }
  // `part` is an end of pending.
  [[nodiscard]] bool owns(std::string_view part) const {
    return part.data() + part.size() == pending.data() + pending.size();
  }
  // `unread`: so much may it leave unread.
  [[nodiscard]] bool may_step(const Limits& limits, std::uint64_t unread) const;
  [[nodiscard]] Moment deadline(const Limits& limits) const;
};

// Slots are reused with a new generation, so an id that has gone finds nothing.
class ConnectionTable {
 public:
  Connection& add(std::unique_ptr<Connection> connection);
  [[nodiscard]] Connection* find(ConnectionId id);
  void remove(ConnectionId id);

  [[nodiscard]] std::size_t size() const { return slots_.size() - free_.size(); }

  // `visit` may remove the connection it is given.
  template <class Visit>
  void for_each(Visit&& visit) {
    for (std::size_t slot = 0; slot < slots_.size(); ++slot) {
      if (slots_[slot].connection) visit(*slots_[slot].connection);
    }
  }

 private:
  struct Slot {
    std::unique_ptr<Connection> connection;
    std::uint32_t generation = 0;
  };
  std::vector<Slot> slots_;
  std::vector<std::uint32_t> free_;
};

}  // namespace pawl::server
