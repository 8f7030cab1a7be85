// SPDX-License-Identifier: Apache-2.0
//
// What befalls the nodes in phase 1.
#include <algorithm>
#include <numeric>

#include "simulation/cluster/cluster.hpp"

namespace pawl::simulation {

using namespace std::chrono_literals;

Mishap Cluster::draw_mishap() {
  const auto& weights = options_.cluster->weights;
  std::uint64_t total = std::accumulate(weights.begin(), weights.end(), std::uint64_t{0});
  std::uint64_t drawn = random_.below(total);
  std::size_t at = 0;
  while (drawn >= weights[at]) drawn -= weights[at++];
  return static_cast<Mishap>(at);
}

void Cluster::mishap_now_and_then() {
  const auto& weights = options_.cluster->weights;
  if (std::all_of(weights.begin(), weights.end(), [](std::uint32_t one) { return one == 0; })) {
    return;
  }
  schedule_.after(random_.between(Span{1ms}, 2 * options_.cluster->mean_peace), [this] {
    if (healing_) return;
    befall(draw_mishap());
    mishap_now_and_then();
  });
}

void Cluster::befall(Mishap mishap) {
  Host& host = hosts_[random_.below(hosts_.size())];
  Place other = random_.below(hosts_.size());
  const ClusterOptions& cluster = *options_.cluster;
  note(host, "mishap: " + to_text(mishap));
  tally_.add(mishap);
  switch (mishap) {
    case Mishap::crash: return crash(host);
    case Mishap::power_cut:
      for (Host& one : hosts_) crash(one);
      return;
    case Mishap::pause: return host.pause(random_.skewed(100ms, cluster.most_pause));
    case Mishap::isolate: return cut(host.place(), true, true);
    case Mishap::one_way: {
      bool inward = random_.chance(500);
      return cut(host.place(), inward, !inward);
    }
    case Mishap::cut_pair:
      network_.cut(host.place(), other);
      network_.cut(other, host.place());
      schedule_.after(random_.skewed(50ms, cluster.most_cut), [this, one = host.place(), other] {
        if (healing_) return;
        network_.mend(one, other);
        network_.mend(other, one);
      });
      return;
    case Mishap::flap: return flap(host.place(), 10);
    case Mishap::mend: return network_.mend_all();
    case Mishap::break_link:
      if (host.place() != other) network_.break_link(host.place(), other);
      return;
    case Mishap::stuck_disk: return host.disk().stick(random_.skewed(100ms, cluster.most_stuck));
    case Mishap::damage: return lose(host, false);
    case Mishap::wipe: return lose(host, true);
    case Mishap::handover: return hand_over();
    case Mishap::drain: return terminate(host);
    case Mishap::deaf_client:
      deaf_until_[host.place()] = schedule_.now() + random_.skewed(50ms, cluster.most_cut);
      return;
    case Mishap::slow_inward: {
      const Host* primary = reigning();
      return slow(primary != nullptr && random_.chance(600) ? primary->place() : host.place());
    }
  }
}

void Cluster::crash(Host& host) {
  if (!host.is_up()) return;
  host.end();
  start_later(host);
}

void Cluster::start_later(Host& host) {
  schedule_.after(random_.skewed(1ms, options_.cluster->most_down), [&host] {
    if (!host.is_up()) host.start();
  });
}

void Cluster::cut(Place place, bool inward, bool outward) {
  for (Place other = 0; other < hosts_.size(); ++other) {
    if (inward) network_.cut(other, place);
    if (outward) network_.cut(place, other);
  }
  schedule_.after(random_.skewed(50ms, options_.cluster->most_cut), [this, place] {
    if (healing_) return;
    for (Place other = 0; other < hosts_.size(); ++other) {
      network_.mend(other, place);
      network_.mend(place, other);
    }
  });
}

// An operator may see it, and hand over.
void Cluster::slow(Place place) {
  network_.slow(place, random_.between(20ms, options_.cluster->most_late));
  if (random_.chance(500)) {
    schedule_.after(random_.between(50ms, 500ms), [this] {
      if (!healing_) hand_over();
    });
  }
  schedule_.after(random_.skewed(500ms, options_.cluster->most_cut),
                  [this, place] { network_.slow(place, 0ms); });
}

void Cluster::flap(Place place, int times) {
  if (times == 0 || healing_) return;
  bool is_cut = times % 2 == 0;
  for (Place other = 0; other < hosts_.size(); ++other) {
    is_cut ? network_.cut(place, other) : network_.mend(place, other);
  }
  schedule_.after(random_.between(20ms, 500ms), [this, place, times] { flap(place, times - 1); });
}

// In the midst of writing its vote.
void Cluster::strike_voter(Host& host) {
  if (healing_) return;
  tally_.add(Happening::vote_cut_short);
  crash(host);
}

// Epochs that end in the midst of their first words are those that rules of old records are for.
void Cluster::strike_new_primary(Host& host) {
  if (healing_ || !random_.chance(options_.cluster->reign_cut_short_permille)) return;
  schedule_.after(random_.skewed(0ms, 30ms), [this, &host, starts = host.starts()] {
    if (healing_ || !host.is_up() || host.starts() != starts) return;
    tally_.add(Happening::reign_cut_short);
    note(host, "is struck just after its election");
    random_.chance(500) ? crash(host) : cut(host.place(), true, true);
  });
}

bool Cluster::may_lose_another() const {
  std::size_t impaired = 0;
  for (const Host& host : hosts_) impaired += host.disk().is_impaired();
  return 2 * (impaired + 1) < hosts_.size();
}

void Cluster::lose(Host& host, bool all) {
  if (!host.is_up() || !may_lose_another() || (!all && !host.disk().is_damageable())) return;
  host.end();
  if (all) {
    host.disk().wipe();
  } else if (host.disk().is_damageable()) {
    host.disk().damage();
  }
  start_later(host);
}

// An operator asks whoever reigns.
void Cluster::hand_over() {
  const Host* host = reigning();
  if (host == nullptr) return;
  auto operator_number = static_cast<std::uint32_t>(clients_.size());
  std::uint32_t link = connect_to(operator_number, host->place());
  Ask ask{.verb = Verb::handover};
  if (random_.chance(500)) ask.name = name_of(random_.below(hosts_.size()));
  send(operator_number, link, std::move(ask));
  schedule_.after(3s, [this, operator_number, link] {
    if (links_[link].client_open) disconnect(operator_number, link);
  });
}

// SIGTERM: what is told to drain ends soon, in order or not.
void Cluster::terminate(Host& host) {
  if (!host.listens()) return;
  host.drain();
  Moment end = schedule_.now() + random_.between(1ms, 900ms);
  drains_end_ = std::max(drains_end_, end);
  schedule_.at(end, [this, &host, starts = host.starts()] {
    if (host.is_up() && host.starts() == starts) crash(host);
  });
}

}  // namespace pawl::simulation
