// SPDX-License-Identifier: Apache-2.0
//
// Who is primary: pre-vote, vote, victory, stepping down.
#include <algorithm>
#include <utility>

#include "base/mutant.hpp"
#include "replication/replica.hpp"

namespace pawl::replication {

bool Replica::may_vote() const {
  bool is_whole = repair_.value == 0 || is_mutant(Mutant::damaged_votes);
  return is_whole && options_.membership.is_voter(options_.membership.self());
}

// Who has heard its primary lately votes for nobody else: one node that does not hear it must not
// disturb those who do (R10). A primary that lost its majority steps down by itself.
bool Replica::clings_to_primary() const {
  if (is_mutant(Mutant::clings_to_nobody)) return false;
  if (stage_ == Stage::primary) return true;
  return primary_ && now_ - heard_ < options_.timing.election_least;
}

bool Replica::is_stuck(Span span) const {
  return flush_since_ != never && now_ - flush_since_ >= span;
}

void Replica::stand() {
  stage_ = Stage::pre_candidate;
  primary_.reset();
  ballots_.open(options_.membership);
  options_.membership.each_peer([&](Member peer) {
    if (!options_.membership.is_voter(peer)) return;
    send(peer, message::PreVote{Epoch{epoch().value + 1}, log_.last_id()});
  });
  if (ballots_.is_won()) campaign(false);
}

void Replica::on(Member from, const message::PreVote& ask) {
  bool granted = may_vote() && options_.membership.is_voter(from) && !clings_to_primary() &&
                 ask.next > epoch() && ask.last >= log_.last_id();
  if (granted && stage_ == Stage::standby && !has_yielded_) {
    // Lets the other try first; once only, for the other may not hear the answer.
    deadline_ = std::max(deadline_, now_ + timer_.until_retry());
    has_yielded_ = true;
  }
  send(from, message::PreVoteReply{ask.next, granted});
}

void Replica::on(Member from, const message::PreVoteReply& reply) {
  if (stage_ != Stage::pre_candidate || reply.next.value != epoch().value + 1) return;
  ballots_.count(options_.membership, from, reply.granted);
  if (ballots_.is_won()) campaign(false);
}

void Replica::campaign(bool handover) {
  set_ballot({Epoch{epoch().value + 1}, options_.membership.self()});
  stage_ = Stage::candidate;
  primary_.reset();
  deadline_ = now_ + timer_.for_votes(campaigns_++);
  ballots_.open(options_.membership);
  options_.membership.each_peer([&](Member peer) {
    if (!options_.membership.is_voter(peer)) return;
    send(peer, message::RequestVote{log_.last_id(), handover});
  });
}

void Replica::on(Member from, const message::RequestVote& ask) {
  bool is_free = !ballot_.voted_for || *ballot_.voted_for == from || is_mutant(Mutant::votes_twice);
  bool granted = is_free && may_vote() && options_.membership.is_voter(from) &&
                 (ask.handover || !clings_to_primary()) && ask.last >= log_.last_id();
  if (granted) {
    if (ballot_.voted_for != from) set_ballot({epoch(), from});
    stage_ = Stage::standby;
    deadline_ = now_ + timer_.patience(options_.membership);
  }
  send(from, message::Vote{granted});
}

void Replica::on(Member from, const message::Vote& vote) {
  if (stage_ != Stage::candidate) return;
  ballots_.count(options_.membership, from, vote.granted);
  if (ballots_.is_won() && stored_ == ballot_) return win();
  if (ballots_.is_lost()) lose();
}

void Replica::win() {
  stage_ = Stage::primary;
  campaigns_ = 0;
  primary_ = options_.membership.self();
  epoch_start_ = {};
  rounds_.start_epoch(options_.membership);
  for (Peer& peer : peers_) peer = {.progress = {log_.last(), options_.window}, .heard = now_};
  heartbeat_due_ = now_;
  gap_round_ = {};
  gap_deadline_ = never;
  out_->elected = epoch();
}

void Replica::lose() {
  stage_ = Stage::standby;
  deadline_ = now_ + timer_.until_retry();
}

void Replica::on(Member from, const message::Handover&) {
  if (primary_ == from && may_vote()) campaign(true);
}

void Replica::elect_alone() {
  ensure(stage_ == Stage::standby && options_.membership.is_alone());
  Actions out;
  step(now_, Tick{}, out);
  ensure(out.store_vote.has_value());
  step(now_, VoteStored{*out.store_vote}, out);
}

// First nothing is done for the old epoch any more, then the new one is known (R3).
void Replica::adopt(Epoch epoch) {
  ensure(epoch > ballot_.epoch);
  if (stage_ == Stage::primary) {
    step_down(handover_sent_ ? StepDownReason::handed_over : StepDownReason::higher_epoch);
  } else if (stage_ != Stage::standby) {
    lose();
  }
  primary_.reset();
  set_ballot({epoch, {}});
}

void Replica::set_ballot(Ballot ballot) {
  ensure(ballot.epoch >= ballot_.epoch);
  if (ballot.epoch > ballot_.epoch) {
    // What was kept back was of an epoch that is over.
    withheld_.clear();
    verified_ = commit_;
    round_ = {};
    whole_at_.reset();
    receiving_.reset();
  }
  ballot_ = ballot;
  out_->store_vote = ballot;
}

void Replica::step_down(StepDownReason reason) {
  stage_ = Stage::standby;
  primary_.reset();
  epoch_start_ = {};
  verified_ = commit_;
  std::optional<Member> to = handover_sent_ ? handover_to_ : std::nullopt;
  handover_to_.reset();
  handover_sent_ = false;
  deadline_ = now_ + timer_.patience(options_.membership);
  out_->stepped_down = SteppedDown{reason, log_.take_origins_behind(applied_), to};
}

}  // namespace pawl::replication
