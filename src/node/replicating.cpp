// SPDX-License-Identifier: Apache-2.0
//
// Between the node and its replica: what peers and the disk say goes in, what the replica asks for
// goes out or is done here.
#include <algorithm>
#include <iterator>
#include <utility>

#include "base/ensure.hpp"
#include "node/node.hpp"

namespace pawl::node {

void Node::pass_on(const replication::Event& event) {
  replica_out_.clear();
  replica_.step(now_, event, replica_out_);
  replication::Actions& said = replica_out_;
  std::move(said.messages.begin(), said.messages.end(), std::back_inserter(out_->messages));
  if (said.store_vote) out_->store_vote = said.store_vote;
  if (said.joined) out_->joined = said.joined;
  out_->repaired |= said.repaired;
  out_->append |= said.append;
  for (const replication::PartWanted& wanted : said.parts_wanted) want_part(wanted);
  if (said.store_part) take_part(std::move(*said.store_part));
  if (said.load_snapshot) load_snapshot(*said.load_snapshot);
  if (said.stepped_down) step_down(*said.stepped_down);
  if (said.handover_failed) end_handover(false);
  if (said.elected) start_epoch();
}

void Node::on(const replication::Met& event) {
  incarnation_ = event.incarnation;
  pass_on(event);
  note_awaited();
}

void Node::note_awaited() {
  awaits_.clear();
  if (!replica_.is_blank()) return;
  replica_.membership().each_peer([&](replication::Member peer) {
    if (replica_.has_met(peer)) return;
    if (!awaits_.empty()) awaits_ += ", ";
    awaits_ += settings_.cluster.nodes[peer.value].id;
  });
  no_primary_yet_ = "this node is new, and takes part once it has met " + awaits_;
}

// Once a turn, so that the records of all its steps travel together.
void Node::tick_replica() {
  unsent_ = false;
  pass_on(replication::Tick{});
}

// What peers need may be older than any snapshot there is: then one is made, and they ask again.
void Node::want_part(const replication::PartWanted& wanted) {
  if (wanted.offset == 0 && snapshot_saved_ < replica_.log().released()) {
    snapshot_wanted_ = !table_->has_snapshot_under_way();
  } else {
    out_->parts_wanted.push_back(wanted);
  }
}

void Node::take_part(replication::message::SnapshotPart part) {
  if (part.offset == 0) {
    arriving_ = std::make_unique<ArrivingSnapshot>(part.upto, table_->hash_seed());
  }
  ensure(arriving_ != nullptr && arriving_->upto() == part.upto);
  arriving_->feed(part.bytes);
  part_is_last_ = part.last;
  out_->store_part = std::move(part);
}

void Node::on(const replication::PartStored& event) {
  bool was_last = std::exchange(part_is_last_, false);
  bool is_good = event.ok && (!was_last || arriving_->finish());
  pass_on(replication::PartStored{is_good});
  if (was_last || !is_good) arriving_.reset();
}

// The table is another one from here on. Nobody is served meanwhile, so nobody holds on to slots of
// the old one.
void Node::load_snapshot(const replication::LoadSnapshot& load) {
  ensure(!serving_ && arriving_ != nullptr && arriving_->upto() == load.upto);
  table_ = arriving_->take_table();
  state_hash_.begin_behind(arriving_->head());
  snapshot_bytes_ = arriving_->bytes();
  log_bytes_ = 0;
  snapshot_saved_ = std::max(snapshot_saved_, load.upto.index);
  if (load.restarts_log) out_->restart_log = load.upto;
}

void Node::compare_state(LogIndex index, std::string_view bytes, const locks::Record& record) {
  state_hash_.add(index, bytes, *table_, effects_);
  const auto* theirs = std::get_if<locks::record::StateHash>(&record);
  // A table that differs from the primary's must answer nobody.
  if (theirs != nullptr) ensure(state_hash_.agrees(*theirs));
}

void Node::note_role() {
  std::optional<replication::Member> primary = replica_.primary();
  if (primary) successor_.reset();
  statistics_.note_primary(primary.has_value(), now_);
  std::string_view name;
  if (primary) name = settings_.cluster.nodes[primary->value].id;
  Role role = replica_.role();
  if (role == role_.role && replica_.epoch() == role_.epoch && name == role_.primary) return;
  // Another one, or the same again.
  if (primary && (role_.primary.empty() || replica_.epoch() != role_.epoch)) {
    ++statistics_.primary_changes;
  }
  role_ = {role, replica_.epoch(), std::string{name}, std::exchange(stepped_down_why_, {})};
  out_->role = role_;
}

}  // namespace pawl::node
