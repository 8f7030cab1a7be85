// SPDX-License-Identifier: Apache-2.0
//
// Connections between nodes, as TCP makes them: in order and whole while one lasts. What a cut link
// does not let through comes when it is mended, or never if the connection was given up meanwhile.
// A session is one connection's life: it begins with a hello each way.
#pragma once

#include <algorithm>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <variant>
#include <vector>

#include "options.hpp"
#include "random.hpp"
#include "replication/event.hpp"
#include "schedule.hpp"

namespace pawl::simulation {

using Place = std::size_t;  // of a node

// What a node finds in a socket.
struct Wire {
  struct Hello {
    Epoch epoch;
    bool blank = false;
  };
  struct End {};
  using Item = std::variant<Hello, std::shared_ptr<const replication::Message>, End>;

  Place from = 0;
  std::uint64_t session = 0;
  Item item;
};

class Network {
 public:
  struct Surroundings {
    std::function<bool(Place)> listens;  // it runs, and is not stopped
    std::function<Wire::Hello(Place)> hello;
    std::function<void(Place to, const Wire&)> deliver;
  };
  Network(Schedule& schedule, const Options& options, std::uint64_t seed,
          Surroundings surroundings);

  void start();
  void send(Place from, Place to, std::uint64_t session, replication::Message message);
  // One way.
  void cut(Place from, Place to);
  void mend(Place from, Place to);
  void mend_all();
  // What is sent to it from now on takes so much longer.
  void slow(Place to, Span by) { late_[to] = by; }
  [[nodiscard]] bool is_slow() const {
    return std::any_of(late_.begin(), late_.end(), [](Span span) { return span > Span{0}; });
  }
  [[nodiscard]] bool is_cut(Place from, Place to) const { return way(from, to).cut; }
  [[nodiscard]] bool is_connected(Place one, Place other) const;
  void break_link(Place one, Place other);
  void on_process_ended(Place place);
  void calm() {
    calm_ = true;
    late_.assign(size_, Span{0});
  }

 private:
  struct Way {
    bool cut = false;
    Moment last{};
    std::deque<Wire> held;
  };
  struct Pair {
    std::uint64_t session = 0;  // 0: none
  };

  void transmit(Place from, Place to, Wire wire);
  void end_session(Place from, Place to, bool arrives_first);
  void dial(Place one, Place other);
  void give_up_later(Place one, Place other);
  [[nodiscard]] Span latency();
  [[nodiscard]] Way& way(Place from, Place to) { return ways_[from * size_ + to]; }
  [[nodiscard]] const Way& way(Place from, Place to) const { return ways_[from * size_ + to]; }
  [[nodiscard]] Pair& pair(Place one, Place other);

  Schedule& schedule_;
  const ClusterOptions& options_;
  Random random_;
  Surroundings surroundings_;
  std::size_t size_;
  std::vector<Way> ways_;
  std::vector<Pair> pairs_;
  std::vector<Span> late_;  // by place
  std::uint64_t sessions_ = 0;
  bool calm_ = false;
};

}  // namespace pawl::simulation
