// SPDX-License-Identifier: Apache-2.0
#include "simulation/cluster/network.hpp"

#include <algorithm>
#include <utility>

namespace pawl::simulation {

using namespace std::chrono_literals;

Network::Network(Schedule& schedule, const Options& options, std::uint64_t seed,
                 Surroundings surroundings)
    : schedule_(schedule),
      options_(*options.cluster),
      random_(seed),
      surroundings_(std::move(surroundings)),
      size_(options_.nodes()),
      ways_(size_ * size_),
      pairs_(size_ * size_),
      late_(size_) {}

Network::Pair& Network::pair(Place one, Place other) {
  return pairs_[std::min(one, other) * size_ + std::max(one, other)];
}

bool Network::is_connected(Place one, Place other) const {
  return pairs_[std::min(one, other) * size_ + std::max(one, other)].session != 0;
}

Span Network::latency() {
  Span most = calm_ ? std::min(options_.most_latency, Span{5ms}) : options_.most_latency;
  return random_.skewed(options_.least_latency, most);
}

void Network::start() {
  for (Place one = 0; one < size_; ++one) {
    for (Place other = one + 1; other < size_; ++other) dial(one, other);
  }
}

// Again and again, until both listen and hear each other.
void Network::dial(Place one, Place other) {
  schedule_.after(random_.between(1ms, 60ms), [this, one, other] {
    if (pair(one, other).session != 0) return;
    bool can = surroundings_.listens(one) && surroundings_.listens(other) && !is_cut(one, other) &&
               !is_cut(other, one);
    if (!can) return dial(one, other);
    std::uint64_t session = pair(one, other).session = ++sessions_;
    transmit(one, other, {one, session, surroundings_.hello(one)});
    transmit(other, one, {other, session, surroundings_.hello(other)});
  });
}

void Network::send(Place from, Place to, std::uint64_t session, replication::Message message) {
  if (pair(from, to).session != session || session == 0) return;
  transmit(from, to,
           {from, session, std::make_shared<const replication::Message>(std::move(message))});
}

void Network::transmit(Place from, Place to, Wire wire) {
  Way& on = way(from, to);
  if (on.cut) {
    on.held.push_back(std::move(wire));
    return;
  }
  on.last = std::max(on.last, schedule_.now() + latency() + late_[to]);
  schedule_.at(on.last, [this, to, wire = std::move(wire)] { surroundings_.deliver(to, wire); });
}

void Network::cut(Place from, Place to) {
  if (from == to || way(from, to).cut) return;
  way(from, to).cut = true;
  give_up_later(from, to);
}

void Network::give_up_later(Place one, Place other) {
  std::uint64_t session = pair(one, other).session;
  schedule_.after(random_.skewed(100ms, options_.notices_cut), [this, one, other, session] {
    bool is_cut_yet = is_cut(one, other) || is_cut(other, one);
    if (is_cut_yet && pair(one, other).session == session) break_link(one, other);
  });
}

void Network::mend(Place from, Place to) {
  Way& on = way(from, to);
  on.cut = false;
  for (Wire& wire : std::exchange(on.held, {})) {
    if (wire.session == pair(from, to).session) transmit(from, to, std::move(wire));
  }
}

void Network::mend_all() {
  for (Place from = 0; from < size_; ++from) {
    for (Place to = 0; to < size_; ++to) mend(from, to);
  }
}

// Each side notices by itself. What the other had sent arrives first, or is lost.
void Network::break_link(Place one, Place other) {
  if (pair(one, other).session == 0) return;
  bool arrives_first = random_.chance(options_.drain_in_flight_permille);
  end_session(one, other, arrives_first);
  end_session(other, one, arrives_first);
  pair(one, other).session = 0;
  dial(one, other);
}

void Network::end_session(Place from, Place to, bool arrives_first) {
  Way& on = way(from, to);
  on.held.clear();
  Wire wire{from, pair(from, to).session, Wire::End{}};
  if (arrives_first && !on.cut) return transmit(from, to, std::move(wire));
  // Whatever of this session is under way finds it gone.
  schedule_.at(schedule_.now(), [this, to, wire] { surroundings_.deliver(to, wire); });
}

void Network::on_process_ended(Place place) {
  for (Place other = 0; other < size_; ++other) {
    if (other == place || pair(place, other).session == 0) continue;
    if (is_cut(place, other)) {
      // Nobody tells the other side; its own timer does.
      std::uint64_t session = pair(place, other).session;
      pair(place, other).session = 0;
      way(place, other).held.clear();
      way(other, place).held.clear();
      schedule_.after(random_.skewed(100ms, options_.notices_cut), [this, place, other, session] {
        surroundings_.deliver(other, {place, session, Wire::End{}});
      });
      dial(place, other);
    } else {
      break_link(place, other);
    }
  }
}

}  // namespace pawl::simulation
