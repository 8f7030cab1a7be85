// SPDX-License-Identifier: Apache-2.0
//
// Phase 2: a majority is well again, sometimes with one node outside for good. It must serve soon,
// come to rest once nobody asks for anything, and all that hear each other must say the same.
#include <algorithm>
#include <string>

#include "simulation/cluster/cluster.hpp"

namespace pawl::simulation {

using namespace std::chrono_literals;

void Cluster::run_phases() {
  for (Host& host : hosts_) {
    schedule_.after(random_.skewed(0ms, 300ms), [&host] { host.start(); });
  }
  network_.start();
  for (Client& client : clients_) client.start();
  mishap_now_and_then();
  look();
  schedule_.run_until(schedule_.now() + options_.length);

  heal();
  // Where little of the log is kept, a majority may need a snapshot first.
  bool keeps_little = options_.cluster->kept_log < (1u << 20);
  require_service(keeps_little ? 4s : 2s);
  // Whoever was asked answers, or his connection ends: check_overdue looks.
  schedule_.run_until(schedule_.now() + 4s);
  for (Client& client : clients_) client.stop();
  require_rest();
  require_equality(2s);
  outside_.assign(hosts_.size(), false);
  network_.mend_all();
  for (Host& host : hosts_) {
    if (!host.is_up()) host.start();
  }
  require_equality(6s);
  require_peace();
}

// One node that does not hear the primary, though all others hear it and each other, disturbs
// nobody: with what all have in its log, it is the others that must not listen to it (R10).
void Cluster::require_peace() {
  if (hosts_.size() < 3) return;
  require_service(2s);
  const Host* primary = reigning();
  if (options_.cluster->witness[primary->place()]) return;  // it gives way, as it should
  auto others = static_cast<std::int64_t>(hosts_.size()) - 1;
  Place deaf = (primary->place() + static_cast<Place>(random_.between(1, others))) % hosts_.size();
  note(hosts_[deaf], "does not hear the primary any more");
  network_.cut(primary->place(), deaf);
  network_.cut(deaf, primary->place());
  Epoch epoch = ledger_.newest_epoch();
  schedule_.run_until(schedule_.now() + 2s);
  if (reigning() == primary && ledger_.newest_epoch() == epoch) return;
  throw Violation{"I15 who does not hear the primary disturbs nobody", name_of(deaf)};
}

void Cluster::heal() {
  healing_ = true;
  network_.calm();
  std::fill(deaf_until_.begin(), deaf_until_.end(), schedule_.now());
  bool all_whole = true;
  // Whoever was told to end has ended by then, and is started again below.
  Moment settled = std::max(schedule_.now(), drains_end_);
  for (Host& host : hosts_) {
    host.disk().calm();
    settled = std::max(settled, host.disk().stuck_until());
  }
  schedule_.run_until(settled);
  for (Host& host : hosts_) {
    all_whole = all_whole && !host.disk().is_impaired();
  }
  network_.mend_all();
  for (Host& host : hosts_) {
    note(host, "is well again");
    if (host.is_up()) {
      host.resume();
    } else {
      host.start();
    }
  }
  if (!options_.cluster->heals_all && hosts_.size() > 2 && all_whole) leave_one_outside();
}

// Down, cut off, or worse: heard without hearing, hearing without being heard.
void Cluster::leave_one_outside() {
  Host& host = hosts_[random_.below(hosts_.size())];
  Place place = host.place();
  outside_[place] = true;
  note(host, "stays outside");
  std::uint64_t how = random_.below(4);
  if (how == 0) return host.end();
  for (Place other = 0; other < hosts_.size(); ++other) {
    if (how != 1) network_.cut(place, other);
    if (how != 2) network_.cut(other, place);
  }
}

void Cluster::require_service(Span within) {
  Moment deadline = schedule_.now() + within;
  while (!serves()) {
    if (schedule_.now() >= deadline) {
      throw Violation{"I15 a majority serves soon",
                      "nobody does after " + std::to_string(within / 1ms) + " ms"};
    }
    schedule_.run_until(schedule_.now() + 20ms);
  }
}

// The longest lease, twice where a queue hands on what nobody wants, and the wait that keeps its
// place.
void Cluster::require_rest() {
  Moment deadline = schedule_.now() + 8s + 6 * Span{options_.most_ttl} + options_.reclaim;
  const locks::LockTable& table = ledger_.table();
  auto is_empty = [&] {
    return table.lock_count() + table.session_count() + table.waiter_count() == 0;
  };
  // Late words of clients may still arrive, each behind those sent before it.
  Moment last_word = schedule_.now() + 4s;
  for (const Link& link : links_) {
    if (link.last_to_node < never - 1h) last_word = std::max(last_word, link.last_to_node);
  }
  schedule_.run_until(last_word + 500ms);  // … and are answered
  deadline = std::max(deadline, last_word + 8s);
  while (!is_empty() && schedule_.now() < deadline) {
    schedule_.run_until(schedule_.now() + 200ms);
  }
  // The table shows what a record removed until the next.
  require_service(2s);
  preferred_.front() = reigning()->place();
  clients_.front().cancel_nothing();
  schedule_.run_until(schedule_.now() + 2s);
  invariants_.check_empty();
}

bool Cluster::are_equal() const {
  return std::all_of(hosts_.begin(), hosts_.end(), [&](const Host& host) {
    if (outside_[host.place()]) return true;
    if (!host.listens()) return false;
    const replication::Replica& replica = host.node().replica();
    return !replica.is_blank() && !replica.is_damaged() && replica.applied() == ledger_.last();
  });
}

// Equal tables follow: each was compared with the log's as it came to its place in it.
void Cluster::require_equality(Span within) {
  Moment deadline = schedule_.now() + within;
  while (!are_equal()) {
    if (schedule_.now() >= deadline) {
      std::string who;
      for (const Host& host : hosts_) {
        const replication::Replica& replica = host.node().replica();
        who += ' ' + name_of(host.place()) + '@' + std::to_string(replica.applied().value) +
               (replica.is_blank()     ? " blank"
                : replica.is_damaged() ? " damaged"
                                       : "");
      }
      throw Violation{"I15 all come to have all",
                      "of " + std::to_string(ledger_.last().value) + " records:" + who};
    }
    schedule_.run_until(schedule_.now() + 50ms);
  }
}

}  // namespace pawl::simulation
