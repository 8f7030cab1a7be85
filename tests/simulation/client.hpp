// SPDX-License-Identifier: Apache-2.0
//
// A client that does, in an order drawn by chance, what clients do, the well-behaved and the rest:
// leased locks or a session, with ids or without, on one connection or two, renewing in time, at
// the last moment or never. It knows only what replies told it; its clock drifts.
#pragma once

#include <array>
#include <cstdint>
#include <deque>
#include <functional>
#include <string>
#include <vector>

#include "base/reply.hpp"
#include "history.hpp"
#include "options.hpp"
#include "random.hpp"

namespace pawl::simulation {

// What a client can do to the world. A link is one connection, never used again once closed.
class World {
 public:
  virtual ~World() = default;
  virtual std::uint32_t connect(std::uint32_t client) = 0;
  virtual void send(std::uint32_t client, std::uint32_t link, Ask ask) = 0;
  virtual void disconnect(std::uint32_t client, std::uint32_t link) = 0;
  virtual void end_input(std::uint32_t link) = 0;
  virtual void after(Span span, std::function<void()> what) = 0;
};

class Client {
 public:
  Client(World& world, const Options& options, std::uint32_t number, std::uint64_t seed);

  void start();
  void stop();            // phase 2: closes what is open, in one way or another
  void cancel_nothing();  // … after that: one more record, of which nothing but the id is left
  void on_reply(const Operation& operation);
  void on_push(const EventBody& push);
  void on_closed(std::uint32_t link);
  [[nodiscard]] std::int64_t drift_permyriad() const { return drift_; }

 private:
  struct Connection {
    std::uint32_t link = 0;
    bool open = false;
    bool writable = false;
    bool attached = false;
    std::uint32_t unanswered = 0;
  };
  struct Hold {
    std::string name;
    Token token;
    Milliseconds ttl;
    bool leased;
    std::string id;
    std::vector<std::string> more;  // names
  };
  struct Attempt {  // a LOCK with an id
    Ask ask;
    bool leased;
  };

  void think();
  void act();
  void perform(Act act, Connection& connection);
  void lock(Connection& connection);
  void choose_kind(Ask& ask);
  void add_names(Ask& ask);
  void lock_again(Connection& connection);
  void unlock(Connection& connection);
  void unlock_wrong(Connection& connection);
  void renew(Connection& connection, const Hold& hold);
  void cancel(Connection& connection);
  void break_lock(Connection& connection);
  void keep_alive(Connection& connection);
  void leave(Connection& connection);
  void go_elsewhere(Connection& connection, const Operation& refused);
  void open(Connection& connection);
  void send(Connection& connection, Ask ask);
  void renew_later(Token token, Milliseconds ttl);
  void keep_alive_later();
  Connection& connection_to_use();
  [[nodiscard]] Hold* find_hold(Token token);
  [[nodiscard]] Span on_own_clock(Span span) const;
  [[nodiscard]] std::string any_lock();
  [[nodiscard]] const std::string& any_name(const std::string& first,
                                            const std::vector<std::string>& more);
  [[nodiscard]] Milliseconds any_ttl();
  [[nodiscard]] Milliseconds any_wait();

  World& world_;
  const Options& options_;
  std::uint32_t number_;
  Random random_;
  Random kinds_;  // of its own: without kinds a seed's story is as it was before there were any
  std::int64_t drift_;
  bool sessions_;  // its temperament
  bool ids_;
  bool careless_;  // never renews of its own accord
  std::array<Connection, 2> connections_;
  std::deque<Hold> holds_;
  std::deque<Hold> lost_;  // tokens of the past
  std::deque<Attempt> attempts_;
  std::string secret_;  // of its session, as far as it knows one
  Milliseconds session_ttl_{0};
  std::uint64_t keep_alive_round_ = 0;
  std::uint64_t next_id_ = 0;
  std::uint32_t quiet_for_ = 0;  // thoughts to skip: the client itself is stalled
  bool stopped_ = false;
};

}  // namespace pawl::simulation
