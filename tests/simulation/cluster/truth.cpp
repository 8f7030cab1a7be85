// SPDX-License-Identifier: Apache-2.0
//
// Who decides, and what may be said by whom.
#include <algorithm>
#include <array>
#include <string>

#include "simulation/cluster/cluster.hpp"
#include "translate.hpp"

namespace pawl::simulation {

using namespace std::chrono_literals;

namespace {

bool depends_on_reign(const Operation& operation) {
  constexpr std::array verbs{Verb::ping, Verb::events, Verb::quit, Verb::handover};
  constexpr std::array errors{ErrorCode::busy, ErrorCode::not_held, ErrorCode::session_expired,
                              ErrorCode::timeout, ErrorCode::mismatch};
  const auto& error = operation.outcome.error;
  // That a session has lapsed stays true, and is known of each connection that was in it.
  bool asks_for_one = operation.ask.verb == Verb::resume || !operation.ask.secret.empty();
  if (error == ErrorCode::session_expired && !asks_for_one) return false;
  if (operation.ask.verb == Verb::close) return false;
  if (error) return std::find(errors.begin(), errors.end(), *error) != errors.end();
  return std::find(verbs.begin(), verbs.end(), operation.ask.verb) == verbs.end();
}

}  // namespace

const Host* Cluster::reigning() const {
  for (const Host& host : hosts_) {
    bool is_newest = hosts_.size() == 1 ||
                     (host.is_up() && host.node().replica().epoch() == ledger_.newest_epoch());
    if (is_newest && host.is_primary()) return &host;
  }
  return nullptr;
}

bool Cluster::is_in_flight() const {
  const Host* host = reigning();
  if (host == nullptr || host->is_paused()) return true;
  const replication::Replica& replica = host->node().replica();
  return replica.role() != Role::primary || replica.in_flight() > 0 ||
         replica.applied() != ledger_.last() || !replica.may_decide() || !replica.may_append();
}

bool Cluster::is_due(Moment now) const {
  const Host* host = reigning();
  if (host == nullptr || now > schedule_.now()) return false;
  return host->node().next_deadline() <= host->local(now);
}

bool Cluster::is_reigning(std::uint32_t link) const {
  const Host* host = reigning();
  return host != nullptr && host->place() == links_[link].place;
}

// I14: what depends on being primary is said by a primary, and not once a later epoch had begun
// before the request was taken up.
void Cluster::judge(const Operation& operation) const {
  if (!depends_on_reign(operation)) return;
  const Host& host = hosts_[links_[operation.link].place];
  const replication::Replica& replica = host.node().replica();
  // One alone knows all that is committed before its first record is.
  if (replica.role() != Role::primary && hosts_.size() > 1) {
    throw Violation{"I14 only a primary says so", to_text(operation)};
  }
  if (ledger_.epoch_ended(replica.epoch()) < operation.begun) {
    throw Violation{"I14 stale silence", to_text(operation) + ", by " + name_of(host.place()) +
                                             " in epoch " + std::to_string(replica.epoch().value)};
  }
}

// Whoever has lost it since, or has nothing any more, had it.
void Cluster::on_first_commit(const Host& host, replication::EntryId id) const {
  std::size_t durable = 0;
  for (const Host& one : hosts_) durable += one.disk().has(id) || one.disk().is_impaired();
  if (2 * durable > hosts_.size()) return;
  throw Violation{"I7 committed before a majority has it on disk",
                  "record " + std::to_string(id.index.value) + " of epoch " +
                      std::to_string(id.epoch.value) + ", by " + name_of(host.place())};
}

bool Cluster::serves() const {
  const Host* host = reigning();
  auto is_well = [&](const Host& one) { return one.listens() && !one.disk().is_stuck(); };
  if (host == nullptr || !is_well(*host)) return false;
  const replication::Replica& replica = host->node().replica();
  if (!replica.may_decide() || !replica.may_append()) return false;
  std::size_t hearing = 1;
  for (const Host& other : hosts_) {
    Place from = host->place();
    Place to = other.place();
    if (from == to || !is_well(other) || other.node().replica().is_blank()) continue;
    // Until it has a snapshot it can acknowledge nothing.
    if (other.node().replica().last() < replica.log().released()) continue;
    hearing +=
        network_.is_connected(from, to) && !network_.is_cut(from, to) && !network_.is_cut(to, from);
  }
  return 2 * hearing > hosts_.size();
}

// Lateness is nobody's fault while nobody could do anything.
void Cluster::look() {
  schedule_.after(50ms, [this] {
    if (!serves() || network_.is_slow()) {
      invariants_.on_disturbed(100ms);
      disturbed_ = schedule_.now();
    } else if (schedule_.now() > disturbed_ + 1s) {
      invariants_.after_tick(schedule_.now());
      invariants_.check_overdue(schedule_.now());
    }
    look();
  });
}

}  // namespace pawl::simulation
