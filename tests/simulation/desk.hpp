// SPDX-License-Identifier: Apache-2.0
//
// The connections of one process, in place of server/: arrivals in order, one request of a
// connection at a time while it is parked, replies in the order the protocol promises.
#pragma once

#include <deque>
#include <functional>
#include <vector>

#include "history.hpp"
#include "invariants.hpp"
#include "node/event.hpp"
#include "schedule.hpp"

namespace pawl::simulation {

struct Receivers {
  std::function<void(Operation&)> reply;
  std::function<void(std::uint32_t link, const EventBody&)> push;
  std::function<void(std::uint32_t link)> closed;
};

class Desk {
 public:
  struct Arrival {
    enum class Kind : std::uint8_t { connect, request, input_end, end, end_at_once };
    Kind kind;
    std::uint32_t link = 0;
    Operation* operation = nullptr;
  };

  Desk(const Schedule& schedule, Invariants& invariants, Receivers receivers,
       std::function<void(const node::Event&)> step);

  void take(const Arrival& arrival);
  // Does one piece of what is ready; false if nothing is.
  bool work();
  // What a step wants of connections.
  void deliver(const node::Actions& actions);
  void note_parked(const node::ClientRequest& request, const node::Actions& actions);

  // The node serves no more: whoever was attached is not.
  void detach_all();
  void refuse_connection(std::uint32_t link);
  // The process ends, every connection with it; what it had not read is lost.
  void close_all();
  template <class Visit>
  void each_open(Visit visit) const {
    for (std::uint32_t link = 0; link < connections_.size(); ++link) {
      if (connections_[link].known && !connections_[link].over) visit(link);
    }
  }

 private:
  struct Due {  // a request without its reply at the client
    RequestNumber number;
    Operation* operation;
    bool answered = false;
    bool attached = false;  // when it was stepped
  };
  struct Connection {
    ConnectionId id;
    bool known = false;  // to the node
    bool over = false;
    bool parked = false;
    bool begun = false;
    bool ending = false;  // closed once all is answered
    RequestNumber last_request = 0;
    SessionId session;  // as the replies told
    std::deque<Arrival> inbox;
    std::vector<Due> due;
  };

  void connect(std::uint32_t link);
  void work(std::uint32_t link);
  void take_request(std::uint32_t link, Operation& operation);
  void finish(std::uint32_t link);
  void forget(std::uint32_t link);
  void deliver_reply(const Reply& reply);
  void release_in_order(Connection& connection);
  Connection* find(ConnectionId id);
  static std::vector<Due>::iterator find_due(Connection& connection, RequestNumber number);

  const Schedule& schedule_;
  Invariants& invariants_;
  Receivers receivers_;
  std::function<void(const node::Event&)> step_;
  std::deque<Connection> connections_;  // by link
  std::vector<std::uint32_t> links_;    // by slot
  std::vector<std::uint32_t> free_slots_;
  std::vector<std::uint32_t> generations_;
  std::deque<std::uint32_t> to_work_;
  std::deque<std::uint32_t> to_finish_;
};

}  // namespace pawl::simulation
