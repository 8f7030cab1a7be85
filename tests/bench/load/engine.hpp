// SPDX-License-Identifier: Apache-2.0
//
// One thread, one epoll, any dialect. Each connection carries `depth` lanes, a lane has one request
// under way: it asks the workload for the next, sends it with those of its neighbours, and tells
// the workload of the reply. A server's replies come in the order of the requests.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "load/clock.hpp"
#include "load/dialect.hpp"
#include "load/socket.hpp"

namespace pawl::bench {

using Lane = std::uint32_t;

class Workload {
 public:
  virtual ~Workload() = default;
  // Nothing: the lane rests until the next beat.
  virtual std::optional<Request> next(Lane lane, Moment now) = 0;
  virtual void on_reply(Lane lane, const Request& asked, const Reply& reply, Span took,
                        Moment now) = 0;
};

struct Shape {
  std::uint16_t port = 0;
  std::size_t connections = 1;
  std::size_t depth = 1;
  Span beat = std::chrono::milliseconds(100);  // how often resting lanes are asked
  bool tls = false;
  bool spins = false;  // never sleeps, so that no wake-up is measured
};

class Engine {
 public:
  Engine(const Dialect& dialect, const Shape& shape);
  ~Engine();
  Engine(const Engine&) = delete;
  Engine& operator=(const Engine&) = delete;

  [[nodiscard]] std::size_t lanes() const { return underway_.size(); }
  [[nodiscard]] std::uint64_t errors() const { return errors_; }

  // Requests still under way at `until` stay so, until the next run.
  void run(Workload& workload, Moment until);
  // Until every lane rests; throws if that takes a minute.
  void run_until_rest(Workload& workload);

 private:
  struct Underway {
    Request request;
    Moment sent;
  };
  struct Connection {
    explicit Connection(Socket connected) : socket(std::move(connected)) {}
    Socket socket;
    std::string out;
    std::vector<char> in;
    std::size_t filled = 0;
    std::vector<Lane> order;  // a ring of the lanes that are owed a reply
    std::size_t first = 0;
    std::size_t owed = 0;
  };

  void turn(Workload& workload, Moment until);
  void ask_resting(Workload& workload);
  bool ask(Workload& workload, Lane lane, Moment now);
  void receive(Workload& workload, std::size_t index);
  std::size_t take_reply(Workload& workload, Connection& connection, std::string_view bytes,
                         Moment now);
  void complain(std::string_view reply, const Request& asked);
  void flush(Connection& connection);

  const Dialect& dialect_;
  std::size_t depth_;
  Span beat_;
  bool spins_;
  Moment next_beat_{};
  int epoll_ = -1;
  std::vector<Connection> connections_;
  std::vector<Underway> underway_;  // by lane
  std::vector<Lane> resting_;
  std::uint64_t errors_ = 0;
};

}  // namespace pawl::bench
