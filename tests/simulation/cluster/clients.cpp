// SPDX-License-Identifier: Apache-2.0
//
// Between clients and nodes: whom a client asks, and what lies on the way.
#include <algorithm>

#include "simulation/cluster/cluster.hpp"

namespace pawl::simulation {

using namespace std::chrono_literals;

Place Cluster::any_server() {
  while (true) {
    Place place = random_.below(hosts_.size());
    if (!options_.cluster->witness[place]) return place;
  }
}

Moment Cluster::arrival(Moment& last, Place place) {
  Moment moment = schedule_.now() + random_.skewed(options_.least_delay, options_.most_delay);
  last = std::max({last, moment, deaf_until_[place]});
  return last;
}

std::uint32_t Cluster::connect(std::uint32_t client) {
  return connect_to(client, preferred_[client]);
}

std::uint32_t Cluster::connect_to(std::uint32_t client, Place place) {
  auto number = static_cast<std::uint32_t>(links_.size());
  Link& link = links_.emplace_back();
  link.client = client;
  link.place = place;
  Host& host = hosts_[place];
  schedule_.at(arrival(link.last_to_node, place), [this, number, &host, starts = host.starts()] {
    // Given up before it stood, it brings nothing to a process that did not listen then.
    bool given_up = !links_[number].client_open && host.starts() != starts;
    using enum Desk::Arrival::Kind;
    given_up ? host.refuse_connection(number) : host.client({connect, number});
  });
  return number;
}

void Cluster::send(std::uint32_t client, std::uint32_t number, Ask ask) {
  Link& link = links_[number];
  Operation& operation = history_.add(client, number, std::move(ask), schedule_.now());
  invariants_.on_invoked(operation);
  note_asked(operation);
  if (operation.ask.verb == Verb::quit) invariants_.on_let_go(client, number, schedule_.now());
  schedule_.at(arrival(link.last_to_node, link.place), [this, &operation, &link, number] {
    hosts_[link.place].client({Desk::Arrival::Kind::request, number, &operation});
  });
}

void Cluster::note_asked(const Operation& operation) {
  if (operation.ask.verb != Verb::lock || operation.ask.id.empty()) return;
  Epoch first = asked_.try_emplace(operation.ask.id, ledger_.newest_epoch()).first->second;
  if (first < ledger_.newest_epoch()) tally_.add(Happening::asked_again);
}

// Seen by the node when the network says so, perhaps seconds late.
void Cluster::disconnect(std::uint32_t client, std::uint32_t number) {
  Link& link = links_[number];
  link.client_open = false;
  invariants_.on_let_go(client, number, schedule_.now());
  Moment seen = arrival(link.last_to_node, link.place);
  if (random_.chance(options_.late_end_permille)) seen += random_.skewed(1ms, 3s);
  link.last_to_node = seen;
  bool at_once = random_.chance(500);
  schedule_.at(seen, [this, number, at_once, place = link.place] {
    using enum Desk::Arrival::Kind;
    hosts_[place].client({at_once ? end_at_once : end, number});
  });
}

void Cluster::end_input(std::uint32_t number) {
  Link& link = links_[number];
  invariants_.on_let_go(link.client, number, schedule_.now());
  schedule_.at(arrival(link.last_to_node, link.place), [this, number, place = link.place] {
    hosts_[place].client({Desk::Arrival::Kind::input_end, number});
  });
}

void Cluster::after(Span span, std::function<void()> what) {
  schedule_.after(span, std::move(what));
}

// The hint is followed, mostly; without one, somebody else is asked.
void Cluster::follow(std::uint32_t client, const Operation& refused) {
  if (random_.chance(100)) return;
  preferred_[client] = any_server();
  for (Place place = 0; place < hosts_.size() && !random_.chance(100); ++place) {
    if (refused.outcome.primary == name_of(place) + ":7295") preferred_[client] = place;
  }
}

void Cluster::on_reply(Operation& operation) {
  Verb verb = operation.ask.verb;
  bool renews = verb == Verb::renew || verb == Verb::keep_alive;
  if (renews && !operation.outcome.error) tally_.add(Happening::renewal);
  Link& link = links_[operation.link];
  schedule_.at(arrival(link.last_to_client, link.place), [this, &operation, &link] {
    if (!link.client_open) return;
    operation.returned = schedule_.now();
    if (link.client >= clients_.size()) return;  // an operator's
    const auto& error = operation.outcome.error;
    if (error == ErrorCode::not_primary || error == ErrorCode::no_quorum) {
      follow(link.client, operation);
    }
    Client& client = clients_[link.client];
    invariants_.on_returned(operation, client.drift_permyriad());
    client.on_reply(operation);
  });
}

void Cluster::on_push(std::uint32_t number, const EventBody& push) {
  Link& link = links_[number];
  schedule_.at(arrival(link.last_to_client, link.place), [this, &link, push] {
    if (link.client_open && link.client < clients_.size()) clients_[link.client].on_push(push);
  });
}

void Cluster::on_closed(std::uint32_t number) {
  Link& link = links_[number];
  schedule_.at(arrival(link.last_to_client, link.place), [this, &link, number] {
    if (!link.client_open) return;
    link.client_open = false;
    if (link.client >= clients_.size()) return;
    invariants_.on_let_go(link.client, number, schedule_.now());
    if (preferred_[link.client] == link.place) preferred_[link.client] = any_server();
    clients_[link.client].on_closed(number);
  });
}

}  // namespace pawl::simulation
