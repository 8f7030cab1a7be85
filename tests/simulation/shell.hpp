// SPDX-License-Identifier: Apache-2.0
//
// The node's surroundings, in place of server/ and storage/: arrivals in order, one request of a
// connection at a time while it is parked, replies in the order the protocol promises, a disk that
// flushes late, a process that is stopped and goes on (what arrived meanwhile is seen before the
// tick).
#pragma once

#include <deque>
#include <functional>
#include <optional>
#include <vector>

#include "history.hpp"
#include "invariants.hpp"
#include "machine.hpp"
#include "node/node.hpp"
#include "options.hpp"
#include "random.hpp"
#include "schedule.hpp"

namespace pawl::simulation {

// A damaged disk was not gone on with: a simulation may end so.
struct RefusedStart {};

[[nodiscard]] Settings settings_of(const Options& options);

struct Receivers {
  std::function<void(Operation&)> reply;
  std::function<void(std::uint32_t link, const EventBody&)> push;
  std::function<void(std::uint32_t link)> closed;
};

class Shell {
 public:
  Shell(Schedule& schedule, const Options& options, Random& random, History& history,
        Invariants& invariants, Receivers receivers);

  // What comes in from the network, in the order of the calls.
  void connect(std::uint32_t link);
  void refuse_connection(std::uint32_t link);
  void request(Operation& operation);
  void end_input(std::uint32_t link);
  void end(std::uint32_t link, bool at_once);  // at once: what was not read yet is lost

  void pause(Span length);
  [[nodiscard]] bool is_running() const { return !paused_ && !down_; }
  [[nodiscard]] std::uint64_t starts() const { return starts_; }
  void calm();  // phase 2: no more pauses, no more stalls

  [[nodiscard]] const node::Node& node() const { return *node_; }

 private:
  struct Arrival {
    enum class Kind : std::uint8_t {
      connect,
      request,
      input_end,
      end,
      end_at_once,
      flushed,
      meta_stored,
      disk
    };
    Kind kind;
    std::uint32_t link = 0;
    Operation* operation = nullptr;
    LogIndex index;
    node::MetaStored meta{};
    node::Event event{};
  };
  struct Due {  // a request without its reply at the client
    RequestNumber number;
    Operation* operation;
    bool answered = false;
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

  void arrive(Arrival arrival);
  void turn();
  void drain();
  void take(const Arrival& arrival);
  void work(std::uint32_t link);
  void take_request(std::uint32_t link, Operation& operation);
  void finish(std::uint32_t link);
  void forget(std::uint32_t link);
  void step(const node::Event& event);
  void deliver();
  void deliver_reply(const Reply& reply);
  void release_in_order(Connection& connection);
  void start_flush();
  void store_meta(const node::MetaStored& meta);
  void schedule_tick();

  // shell_restarts.cpp
  void begin_machine();
  void start_process();
  void start_later();
  void plan_end();
  void end_process();
  void on_process_ended();

  Connection* find(ConnectionId id);

  Schedule& schedule_;
  const Options& options_;
  Random& random_;
  History& history_;
  Invariants& invariants_;
  Receivers receivers_;
  std::optional<Machine> machine_;  // else a disk that only flushes late
  std::optional<node::Node> node_;
  node::Actions actions_;
  std::deque<Connection> connections_;  // by link
  std::vector<std::uint32_t> links_;    // by slot
  std::vector<std::uint32_t> free_slots_;
  std::vector<std::uint32_t> generations_;
  std::deque<Arrival> arrivals_;
  std::deque<std::uint32_t> to_work_;
  std::deque<std::uint32_t> to_finish_;
  Moment tick_at_ = never;
  LogIndex flushed_;
  bool flushing_ = false;
  std::uint64_t life_ = 0;
  std::uint64_t starts_ = 1;
  bool down_ = false;  // no process runs
  Moment down_since_{};
  bool paused_ = false;
  bool calm_ = false;
};

}  // namespace pawl::simulation
