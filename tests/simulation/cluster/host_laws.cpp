// SPDX-License-Identifier: Apache-2.0
//
// What must hold of one node after every step, by what all nodes ever did.
#include <algorithm>
#include <string>
#include <utility>
#include <variant>

#include "simulation/cluster/digest.hpp"
#include "simulation/cluster/host.hpp"

namespace pawl::simulation {

void Host::check_step() {
  const replication::Replica& replica = node_->replica();
  if (replica.epoch() < epoch_) throw Violation{"I13 epochs never fall", name_of(place_)};
  epoch_ = replica.epoch();
  check_election();
  check_commit();
  if (replica.applied() > replica.commit()) {
    throw Violation{"I13 applied is committed", name_of(place_)};
  }
  bool serves = replica.role() == Role::primary;
  if (serves && !world_.ledger.has_epoch(replica.epoch())) {
    throw Violation{"R7 serves before the first record of its epoch", name_of(place_)};
  }
}

// What the log in memory has given up, the log as it was handed over still tells; a snapshot stands
// for itself.
void Host::check_commit() {
  const replication::Replica& replica = node_->replica();
  if (replica.commit() < commit_) throw Violation{"I13 commit never falls", name_of(place_)};
  auto epoch_of = [this, &log = replica.log()](LogIndex index) {
    return index <= log.released() ? epoch_at(index) : log.epoch_at(index);
  };
  for (LogIndex index{commit_.value + 1}; index <= replica.commit(); ++index.value) {
    if (index <= base_.index) continue;
    replication::EntryId id{epoch_of(index), index};
    if (index > world_.ledger.last()) world_.first_commit(*this, id);
    static_cast<void>(world_.ledger.on_committed(id));
  }
  // One alone begins with all that its log has.
  bool leads = replica.stage() == replication::Stage::primary && sessions_.size() > 1;
  if (leads && replica.commit() > commit_ && epoch_of(replica.commit()) != replica.epoch()) {
    throw Violation{"I13 commits by a record of its own epoch (R6)", name_of(place_)};
  }
  commit_ = replica.commit();
  if (replica.applied() == applied_ || replica.applied() > world_.ledger.last()) return;
  applied_ = replica.applied();
  world_.ledger.on_applied(applied_, digest(node_->table()), name_of(place_));
}

void Host::check_election() {
  const replication::Replica& replica = node_->replica();
  if (replica.stage() != replication::Stage::primary || led_ == replica.epoch()) return;
  led_ = replica.epoch();
  world_.note(*this, "elected in epoch " + std::to_string(led_.value));
  world_.ledger.on_elected(led_, place_);
  world_.tally.add(Happening::election);
  world_.elected(*this);
  // An election may be won after a later one: what was committed meanwhile is not its business.
  if (world_.ledger.newest_primary() > led_) return;
  for (LogIndex i{base_.index.value + 1}; i <= world_.ledger.last(); ++i.value) {
    if (epoch_at(i) == world_.ledger.epoch_at(i)) continue;
    throw Violation{"I13 elected with all that is committed",
                    name_of(place_) + " lacks record " + std::to_string(i.value)};
  }
}

// What a message promised must be there after whatever end: a crash finds out who spoke too soon.
void Host::note_said(Place to, const replication::Message& message) {
  if (message.epoch > said_.epoch) said_ = {message.epoch, {}};
  if (message.epoch < said_.epoch) return;
  const auto* vote = std::get_if<replication::message::Vote>(&message.body);
  if (vote != nullptr && vote->granted) {
    said_.voted_for = replication::Member{static_cast<std::uint8_t>(to)};
  }
  if (std::holds_alternative<replication::message::RequestVote>(message.body)) {
    said_.voted_for = replication::Member{static_cast<std::uint8_t>(place_)};
  }
}

void Host::check_start(const node::Recovered& recovered) {
  world_.tally.add(Happening::start);
  if (recovered.blank) {
    if (said_.epoch.value != 0) world_.tally.add(Happening::blank_start);
    said_ = {};
    return;
  }
  if (recovered.repair.value != 0) world_.tally.add(Happening::damaged_start);
  Epoch epoch = recovered.ballot.epoch;
  bool knows = epoch > said_.epoch ||
               (epoch == said_.epoch && (!said_.voted_for || recovered.ballot == said_));
  // Without a vote in it a record may have told of the epoch, which damage takes away.
  bool is_told = recovered.unapplied.last_id().epoch >= said_.epoch || recovered.repair.value != 0;
  if (knows || (!said_.voted_for && is_told)) return;
  auto tell = [](const replication::Ballot& ballot) {
    return "epoch " + std::to_string(ballot.epoch.value) + ", vote for " +
           (ballot.voted_for ? name_of(ballot.voted_for->value) : "nobody");
  };
  throw Violation{
      "I13 epoch and vote outlive the process",
      name_of(place_) + " had said " + tell(said_) + ", knows " + tell(recovered.ballot)};
}

void Host::check_vote(const node::Actions& actions) {
  if (!actions.store_vote) return;
  const replication::Ballot& now = *actions.store_vote;
  const replication::Ballot before = std::exchange(ballot_, now);
  bool changes = now.epoch == before.epoch && before.voted_for && now.voted_for != before.voted_for;
  if (now.epoch < before.epoch || changes) {
    throw Violation{"I13 one vote in an epoch",
                    name_of(place_) + " in epoch " + std::to_string(now.epoch.value)};
  }
}

}  // namespace pawl::simulation
