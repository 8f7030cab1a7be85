// SPDX-License-Identifier: Apache-2.0
#include "simulation/cluster/cluster.hpp"

#include <chrono>
#include <sstream>

#include "broken_law.hpp"
#include "translate.hpp"

namespace pawl::simulation {

using namespace std::chrono_literals;

namespace {

std::string describe(const Host& host, Moment now) {
  if (!host.is_up()) return "is down";
  std::ostringstream out;
  const replication::Replica& replica = host.node().replica();
  out << "is at the end " << (host.is_paused() ? "stopped, " : "")
      << (host.is_primary() ? "primary" : "not primary") << " in epoch " << replica.epoch().value
      << ", log " << replica.log().released().value << ".." << replica.last().value << " flushed "
      << replica.flushed().value << " commit " << replica.commit().value << " applied "
      << replica.applied().value;
  if (replica.role() == Role::primary) out << (replica.may_decide() ? "" : ", may not decide");
  if (replica.is_blank()) out << ", blank";
  if (replica.is_damaged()) out << ", damaged";
  Moment next = host.node().next_deadline();
  if (next != never) out << ", due in " << (next - host.local(now)) / 1us << " us";
  return out.str();
}

}  // namespace

Cluster::Cluster(const Options& options, std::ostream* trace)
    : options_(options),
      trace_(trace),
      random_(~options.seed),
      invariants_(history_, options_, *this),
      ledger_({[this] { invariants_.before_step(schedule_.now()); },
               [this](LogIndex index) {
                 invariants_.on_flushed(index);
                 invariants_.after_step(schedule_.now());
               },
               [this](Epoch) { invariants_.on_new_epoch(schedule_.now()); },
               [this] { return schedule_.now(); },
               [this](const locks::record::Lock& lock) {
                 // A note names the request.
                 invariants_.on_deadlock(history_[std::stoull(std::string{lock.note})],
                                         lock.session);
               }}),
      network_(schedule_, options_, random_.next(),
               {[this](Place place) { return hosts_[place].listens(); },
                [this](Place place) {
                  const ClusterDisk& disk = hosts_[place].disk();
                  return Wire::Hello{disk.ballot().epoch, disk.is_blank()};
                },
                [this](Place to, const Wire& wire) { hosts_[to].take_wire(wire); }}),
      deaf_until_(options_.cluster->nodes()),
      outside_(options_.cluster->nodes()) {
  for (Place place = 0; place < options_.cluster->nodes(); ++place) {
    hosts_.emplace_back(
        Host::World{
            schedule_, options_, network_, ledger_, invariants_, tally_,
            [this](const Host& host, replication::EntryId id) { on_first_commit(host, id); },
            [this](Host& host) { strike_voter(host); },
            [this](Host& host) { strike_new_primary(host); },
            [this](const Host& host, const std::string& text) { note(host, text); }},
        place, random_.next(),
        Receivers{[this](Operation& operation) { on_reply(operation); },
                  [this](std::uint32_t link, const EventBody& push) { on_push(link, push); },
                  [this](std::uint32_t link) { on_closed(link); }});
  }
  for (std::uint32_t i = 0; i < options_.clients; ++i) {
    clients_.emplace_back(static_cast<World&>(*this), options_, i, random_.next());
    preferred_.push_back(any_server());
  }
}

Result Cluster::run() {
  Result result;
  Moment start = schedule_.now();
  try {
    run_phases();
  } catch (const Violation& violation) {
    result.violation = violation;
  } catch (const BrokenLaw& broken) {
    result.violation = Violation{"the core's own law", broken.text};
  }
  if (result.violation) {
    for (const Host& host : hosts_) note(host, describe(host, schedule_.now()));
  }
  result.options = options_;
  result.hash = history_.hash();
  result.events = schedule_.events();
  result.operations = history_.size();
  result.grants = invariants_.grants();
  for (const Host& host : hosts_) {
    result.starts += host.starts();
    tally_.add(Happening::snapshot, host.disk().snapshots_taken_in());
  }
  tally_.add(Happening::epoch, ledger_.epochs());
  tally_.add(ledger_.tally());
  result.tally = tally_;
  result.simulated = schedule_.now() - start;
  return result;
}

void Cluster::note(const Host& host, const std::string& text) const {
  if (trace_ == nullptr) return;
  *trace_ << (schedule_.now().time_since_epoch() - 1h) / 1us << ' ' << name_of(host.place()) << ' '
          << text << '\n';
}

std::string Cluster::trace(std::size_t last) const {
  std::ostringstream out;
  std::uint64_t size = history_.size();
  for (std::uint64_t i = size > last ? size - last + 1 : 1; i <= size; ++i) {
    const Operation& operation = history_[i];
    out << name_of(links_[operation.link].place) << ' ' << to_text(operation) << '\n';
  }
  return out.str();
}

Result simulate_cluster(std::uint64_t seed) { return Cluster{draw_options_of_cluster(seed)}.run(); }

}  // namespace pawl::simulation
