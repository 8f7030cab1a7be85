// SPDX-License-Identifier: Apache-2.0
#include "replication/replica.hpp"

#include <algorithm>
#include <utility>

#include "base/mutant.hpp"
#include "base/overloaded.hpp"

namespace pawl::replication {

namespace {

// One voter has nobody who could lag.
ReplicaOptions alone() {
  ReplicaOptions options;
  options.kept_bytes = 0;
  return options;
}

}  // namespace

Replica::Replica(ReplicaOptions options, Restored restored, Moment now)
    : options_(std::move(options)),
      timer_(options_.timing, options_.seed),
      now_(now),
      ballot_(restored.ballot),
      stored_(restored.ballot),
      log_(std::move(restored.log)),
      flushed_(log_.last()),
      commit_(restored.commit),
      applied_(restored.commit),
      handed_over_(log_.last()),
      deadline_(now + timer_.patience(options_.membership)),
      verified_(commit_),
      repair_(restored.repair),
      peers_(options_.membership.size()) {
  ensure(commit_ >= log_.released() && commit_ <= log_.last());
  // The log may tell of an epoch whose ballot was not stored any more: nothing was said in it.
  if (ballot_.epoch < log_.last_id().epoch) ballot_ = stored_ = {log_.last_id().epoch, {}};
  if (!restored.blank || options_.membership.is_alone()) return;
  ensure(log_.last().value == 0);
  newcomer_ = Newcomer{};
  newcomer_->met.resize(options_.membership.size());
  newcomer_->repair = std::exchange(repair_, {});
}

Replica::Replica(Epoch newest, EntryId last)
    : Replica(alone(),
              {.ballot = {newest, {}}, .log = Log{last.index, last.epoch}, .commit = last.index},
              {}) {}

void Replica::step(Moment now, const Event& event, Actions& out) {
  ensure(!awaits_epoch_start());
  now_ = now;
  out_ = &out;
  bool is_heard = !is_blank() || std::holds_alternative<Met>(event) ||
                  std::holds_alternative<VoteStored>(event);
  if (is_heard) std::visit([this](const auto& one) { on(one); }, event);
  if (may_lead()) lead();
  out.append = handed_over_ < log_.last();
  out_ = nullptr;
}

Moment Replica::next_deadline() const {
  if (stage_ == Stage::primary) return peers_.size() == 1 ? never : heartbeat_due_;
  return may_vote() && !is_blank() ? deadline_ : never;
}

Role Replica::role() const {
  if (stage_ == Stage::primary) {
    bool has_started = epoch_start_.value != 0 && applied_ >= epoch_start_;
    if (is_mutant(Mutant::serves_before_epoch_start)) has_started = epoch_start_.value != 0;
    return has_started ? Role::primary : Role::starting;
  }
  if (!options_.membership.is_voter(options_.membership.self())) return Role::learner;
  return primary_ ? Role::standby : Role::starting;
}

void Replica::on(const Tick&) {
  if (stage_ == Stage::primary) return look_after();
  if (now_ < deadline_) return;
  deadline_ = now_ + timer_.until_retry();
  // A node whose disk does not answer could not keep what it is elected for.
  bool is_able = may_vote() && stored_ == ballot_ && !is_stuck(options_.timing.election_least);
  if (is_able) stand();
}

void Replica::on(const Received& event) {
  const Message& message = *event.message;
  ensure(options_.membership.knows(event.from) && event.from != options_.membership.self());
  // To ask for a vote in advance changes nobody's epoch, only a refusal does (R10).
  if (const auto* ask = std::get_if<message::PreVote>(&message.body)) return on(event.from, *ask);
  if (message.epoch < epoch() && !std::holds_alternative<message::PreVoteReply>(message.body)) {
    return refuse_old_epoch(event.from, message.body);
  }
  if (message.epoch > epoch()) {
    const auto* ask = std::get_if<message::RequestVote>(&message.body);
    if (ask != nullptr && !ask->handover && clings_to_primary()) return;
    adopt(message.epoch);
  }
  std::visit([&](const auto& body) { on(event.from, body); }, message.body);
}

// Whoever believes in an old epoch must learn of this one (R3).
void Replica::refuse_old_epoch(Member from, const MessageBody& body) {
  std::visit(Overloaded{[&](const message::RequestVote&) { send(from, message::Vote{}); },
                        [&](const message::Append&) { send(from, message::AppendReply{}); },
                        [&](const message::SnapshotPart&) { send(from, message::AppendReply{}); },
                        [](const auto&) {}},
             body);
}

void Replica::on(const Flushed& event) {
  // A flush of what was truncated since says nothing about what stands there now.
  if (event.truncations == truncations_) on_flushed(event.index);
}

void Replica::on_flushed(LogIndex index) {
  ensure(index <= log_.last());
  if (index <= flushed_) return;
  flushed_ = index;
  flush_since_ = flushed_ == log_.last() ? never : now_;
  if (epoch_start_.value != 0) {
    advance_commit();
  } else if (primary_) {
    answer(round_);
  }
  if (is_damaged()) notice_whole();
  release();
}

void Replica::on(const VoteStored& event) {
  stored_ = event.ballot;
  if (is_blank()) join();
  if (stored_ != ballot_) return;
  for (Outgoing& message : withheld_) out_->messages.push_back(std::move(message));
  withheld_.clear();
  if (stage_ == Stage::candidate && ballots_.is_won()) win();
}

void Replica::on(const Met& event) {
  if (!is_blank() || newcomer_->is_joining || !options_.membership.is_voter(event.peer)) return;
  // Blank once since this start, it had made no promise together with what was lost here.
  if (newcomer_->met[event.peer.value]) return;
  newcomer_->met[event.peer.value] = true;
  // In epoch 0 nobody ever voted: one that only waits for the others to begin took part in nothing.
  newcomer_->others_took_part |= !event.blank && event.epoch.value != 0;
  if (is_mutant(Mutant::blank_takes_part)) newcomer_->others_took_part = false;
  newcomer_->newest = std::max(newcomer_->newest, event.epoch);
  bool has_met_all = true;
  options_.membership.each_peer([&](Member peer) {
    if (options_.membership.is_voter(peer)) has_met_all &= has_met(peer);
  });
  if (!has_met_all) return;
  newcomer_->is_joining = true;
  // Among those it met is whoever it may have voted for: no epoch it voted in is newer, and in the
  // newest it votes for nobody else any more.
  const Member self = options_.membership.self();
  out_->store_vote = newcomer_->others_took_part ? Ballot{newcomer_->newest, self} : Ballot{};
  out_->joined = Joined{newcomer_->others_took_part};
}

void Replica::join() {
  ballot_ = stored_;
  if (newcomer_->others_took_part) repair_ = newcomer_->repair;
  newcomer_.reset();
  deadline_ = now_ + timer_.patience(options_.membership);
}

void Replica::on(const PeerLost& event) {
  if (stage_ == Stage::primary) {
    Peer& peer = peers_[event.peer.value];
    peer.progress.on_link_lost();
    peer.part_due = never;
    return;
  }
  if (primary_ != event.peer) return;
  // A process that died closes its connections: no need to wait for the timer.
  primary_.reset();
  if (options_.membership.is_witness(options_.membership.self())) return;
  deadline_ = std::min(deadline_, now_ + timer_.after_link_lost());
}

void Replica::on(const LoopGap&) {
  if (flush_since_ != never) flush_since_ = now_;
  if (stage_ != Stage::primary) {
    // What the primary sent meanwhile is still to be read.
    if (stage_ == Stage::standby) deadline_ = now_ + timer_.patience(options_.membership);
    return;
  }
  if (peers_.size() > 1) gap_deadline_ = now_ + options_.timing.election_most;
  gap_round_ = begin_round();
  for (Peer& peer : peers_) peer.heard = now_;
}

void Replica::on(const HandOver& event) {
  bool may = may_lead() && commit_ >= epoch_start_ && !handover_to_;
  std::optional<Member> to = event.to ? event.to : successor();
  const Membership& membership = options_.membership;
  if (!may || !to || *to == membership.self() || !membership.is_voter(*to)) {
    out_->handover_failed = true;
    return;
  }
  begin_handover(*to);
}

void Replica::on(const PromoteAlone&) {
  if (stage_ == Stage::primary) step_down(StepDownReason::promoted);
  options_.membership = options_.membership.alone();
  ensure(may_vote());
  deadline_ = now_;
}

void Replica::on(const PartRead& event) {
  if (!may_lead()) return;
  Peer& peer = peers_[event.to.value];
  if (peer.progress.stage() != Progress::Stage::snapshot) return;
  peer.part_of = event.part.upto;
  if (peer.needs_behind) peer.needs_behind = std::max(*peer.needs_behind, peer.part_of.index);
  peer.part_offset = event.part.offset;
  peer.part_end = event.part.offset + event.part.bytes.size();
  peer.part_due = now_ + options_.timing.election_most;
  send(event.to, event.part);
}

// What is promised by a message must be on the disk: the epoch, and the vote in it (R1).
void Replica::send(Member to, MessageBody body) {
  Outgoing message{to, {epoch(), std::move(body)}};
  if (stored_ == ballot_ || is_mutant(Mutant::vote_not_awaited)) {
    out_->messages.push_back(std::move(message));
  } else {
    withheld_.push_back(std::move(message));
  }
}

void Replica::on_applied() {
  ensure(has_committed());
  ++applied_.value;
  release();
}

// Not before the own disk was handed the bytes.
void Replica::release() {
  LogIndex upto = std::min(applied_, flushed_);
  if (peers_.size() > 1 && may_lead()) upto = releasable(upto);
  if (upto > log_.released()) log_.release(upto, options_.kept_bytes);
}

}  // namespace pawl::replication
