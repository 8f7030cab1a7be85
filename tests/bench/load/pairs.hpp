// SPDX-License-Identifier: Apache-2.0
//
// Acquire a name that nobody else asks for, release it, take the next name.
#pragma once

#include <array>
#include <stdexcept>
#include <vector>

#include "load/engine.hpp"
#include "load/histogram.hpp"
#include "load/names.hpp"

namespace pawl::bench {

class Pairs final : public Workload {
 public:
  struct Figures {
    Histogram acquires;
    Histogram pairs;
  };

  explicit Pairs(std::size_t lanes) : lanes_(lanes) {
    if (lanes > most_lanes) throw std::invalid_argument("too many lanes for their names");
    for (std::size_t i = 0; i < lanes; ++i) {
      constexpr std::string_view shape = "pair/0000/0000000000";
      shape.copy(lanes_[i].name.data(), name_length);
      write_number(&lanes_[i].name[9], 4, i);
    }
  }

  std::optional<Request> next(Lane lane, Moment now) override {
    State& state = lanes_[lane];
    const std::string_view name(state.name.data(), name_length);
    if (state.held) return Request{Op::release, name, state.token};
    if (finishing_) return std::nullopt;
    write_number(state.name.data() + name_length, 10, state.made++);
    state.began = now;
    return Request{Op::acquire, name, 1'000'000 + lane};
  }

  void on_reply(Lane lane, const Request& asked, const Reply& reply, Span took,
                Moment now) override {
    State& state = lanes_[lane];
    state.held = asked.op == Op::acquire && reply.right;
    state.token = reply.value;
    if (!reply.right) return;
    if (asked.op == Op::acquire) figures_.acquires.add(took);
    if (asked.op == Op::release) figures_.pairs.add(now - state.began);
  }

  void finish() { finishing_ = true; }
  void forget() { figures_ = {}; }
  [[nodiscard]] const Figures& figures() const { return figures_; }

 private:
  static constexpr std::size_t most_lanes = 10'000;

  struct State {
    std::array<char, name_length> name{};
    bool held = false;
    std::uint64_t token = 0;
    std::uint64_t made = 0;
    Moment began{};
  };

  std::vector<State> lanes_;
  bool finishing_ = false;
  Figures figures_;
};

}  // namespace pawl::bench
