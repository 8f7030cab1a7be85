// SPDX-License-Identifier: Apache-2.0
//
// Leading: sending records and rounds, counting who has what, and giving way when it must.
#include <algorithm>
#include <utility>

#include "base/mutant.hpp"
#include "replication/quorum.hpp"
#include "replication/replica.hpp"

namespace pawl::replication {

void Replica::on(Member from, const message::AppendReply& reply) {
  if (!may_lead()) return;
  Peer& peer = peers_[from.value];
  Progress& progress = peer.progress;
  peer.heard = now_;
  rounds_.on_answer(options_.membership, from, reply.round);
  if (reply.repair.value != 0 && progress.forget(reply.repair, log_.last())) return;
  if (reply.accepted) {
    progress.on_accepted(reply.held, reply.flushed);
    bool caught_up = progress.match() >= log_.released();
    if (progress.stage() == Progress::Stage::snapshot && caught_up) {
      progress.on_installed(progress.match());
    }
  } else {
    progress.on_refused(reply.refused, agrees_with(reply.hint));
  }
}

// Where to go on with a log that ends with `hint`; before what is kept, if they differ there.
LogIndex Replica::agrees_with(EntryId hint) const {
  LogIndex agree = log_.may_agree_at(hint);
  bool is_kept = hint.index >= log_.released() && log_.epoch_at(agree) <= hint.epoch;
  return is_kept ? agree : LogIndex{log_.released().value - 1};
}

void Replica::on(Member from, const message::SnapshotReply& reply) {
  if (!may_lead()) return;
  Peer& peer = peers_[from.value];
  peer.heard = now_;
  if (reply.installed) {
    peer.part_due = never;
    peer.progress.on_installed(reply.upto.index);
    return;
  }
  if (peer.progress.stage() != Progress::Stage::snapshot) return;
  // One part at a time is on its way. Any other answer than to that one is old, or says that it was
  // of no use: then the timer sends what is asked for.
  bool goes_on = reply.upto == peer.part_of && reply.next == peer.part_end;
  peer.part_of = reply.upto;
  peer.part_offset = reply.next;
  if (goes_on) want_part(from);
}

// The end of every step of a primary.
void Replica::lead() {
  advance_commit();
  bool heartbeat = now_ >= heartbeat_due_ || rounds_.is_due();
  if (heartbeat && peers_.size() > 1) {
    static_cast<void>(rounds_.send(options_.membership));
    heartbeat_due_ = now_ + options_.timing.heartbeat;
  }
  options_.membership.each_peer([&](Member peer) { replicate(peer, heartbeat); });
  hand_over_if_ready();
}

void Replica::advance_commit() {
  LogIndex reached = flushed_by_majority();
  // Records of an older epoch commit only beneath one of this epoch (R6).
  if (reached < epoch_start_ && !is_mutant(Mutant::old_epoch_by_count)) return;
  if (reached <= commit_) return;
  commit_ = reached;
}

LogIndex Replica::flushed_by_majority() {
  const Membership& membership = options_.membership;
  if (peers_.size() == 1) return flushed_;
  reached_.assign(1, flushed_);
  membership.each_peer([&](Member peer) {
    if (membership.is_voter(peer)) reached_.push_back(peers_[peer.value].progress.match());
  });
  return reached_by_majority(std::span<LogIndex>{reached_});
}

void Replica::replicate(Member to, bool heartbeat) {
  Peer& peer = peers_[to.value];
  Progress& progress = peer.progress;
  if (progress.stage() != Progress::Stage::snapshot && progress.next() <= log_.released()) {
    progress.begin_snapshot();
    peer.needs_behind = log_.released();
    peer.part_of = {};
    peer.part_offset = 0;
    want_part(to);
  }
  while (progress.has_room() && progress.next() <= log_.last()) {
    send_append(to, true);
    heartbeat = false;
  }
  if (heartbeat) send_append(to, false);
}

void Replica::send_append(Member to, bool with_records) {
  Progress& progress = peers_[to.value].progress;
  message::Append append{.commit = commit_,
                         .round = rounds_.sent(),
                         .repair = progress.repair(),
                         .whole_at = progress.whole_at()};
  if (progress.stage() != Progress::Stage::snapshot) {
    LogIndex previous{progress.next().value - 1};
    append.previous = {log_.epoch_at(previous), previous};
  }
  for (LogIndex index = progress.next(); with_records && index <= log_.last(); ++index.value) {
    if (append.entries.bytes().size() >= options_.append_bytes) break;
    Entry entry = log_.at(index);
    append.entries.add(entry.epoch, entry.bytes);
  }
  progress.on_sent(append.entries.count(), append.entries.bytes().size());
  send(to, std::move(append));
}

void Replica::want_part(Member to) {
  Peer& peer = peers_[to.value];
  peer.part_due = now_ + options_.timing.election_most;
  peer.part_end = 0;
  out_->parts_wanted.push_back({to, peer.part_of, peer.part_offset});
}

// How far the log may be given up. A peer that takes in a snapshot more slowly than the log moves
// on would need another one each time, were what lies behind it not kept until it has caught up.
LogIndex Replica::releasable(LogIndex upto) {
  for (Peer& peer : peers_) {
    if (!peer.needs_behind) continue;
    bool is_too_much = log_.cost_behind(log_.released()) > options_.held_bytes;
    LogIndex behind = std::max({*peer.needs_behind, peer.progress.match(), log_.released()});
    bool is_near = peer.progress.stage() == Progress::Stage::replicate &&
                   log_.cost_behind(behind) <= options_.kept_bytes;
    bool is_gone = now_ - peer.heard >= 4 * options_.timing.election_most;
    if (is_near) peer.needs_behind.reset();
    if (is_near || is_gone || is_too_much) continue;
    peer.needs_behind = behind;
    upto = std::min(upto, behind);
  }
  return upto;
}

// A primary that cannot do its work gives way (R11).
void Replica::look_after() {
  Span patience = options_.timing.election_most;
  if (gap_round_.value != 0 && is_confirmed(gap_round_)) gap_deadline_ = never;
  if (now_ >= gap_deadline_) return step_down(StepDownReason::gap);
  if (is_majority_silent()) return step_down(StepDownReason::no_majority);
  // Alone there is nobody to give way to.
  if (options_.membership.voters() > 1 && is_stuck(patience)) {
    std::optional<Member> to = successor();
    if (to && peers_[to->value].progress.match() == log_.last()) send(*to, message::Handover{});
    return step_down(StepDownReason::disk_stuck);
  }
  if (handover_to_ && now_ >= handover_deadline_) {
    handover_to_.reset();
    handover_sent_ = false;
    // A witness tries again later; until then it serves.
    handover_deadline_ = now_ + 2 * patience;
    out_->handover_failed = true;
  }
  const Membership& membership = options_.membership;
  bool is_resigned = membership.is_witness(membership.self()) && commit_ >= epoch_start_;
  bool may_try = handover_deadline_ == never || now_ >= handover_deadline_;
  if (is_resigned && !handover_to_ && may_try) {
    if (std::optional<Member> to = successor()) begin_handover(*to);
  }
  membership.each_peer([&](Member member) {
    Peer& peer = peers_[member.value];
    bool is_lost = peer.progress.stage() == Progress::Stage::snapshot && now_ >= peer.part_due;
    if (is_lost) want_part(member);
  });
}

bool Replica::is_majority_silent() const {
  const Membership& membership = options_.membership;
  std::vector<Moment> heard;
  membership.each([&](Member member) {
    if (!membership.is_voter(member)) return;
    heard.push_back(member == membership.self() ? now_ : peers_[member.value].heard);
  });
  return now_ - reached_by_majority(std::span<Moment>{heard}) >= options_.timing.election_most;
}

bool Replica::may_take_over(Member member) const {
  const Peer& peer = peers_[member.value];
  return options_.membership.is_voter(member) && peer.progress.is_whole() &&
         now_ - peer.heard < options_.timing.election_least &&
         peer.progress.stage() == Progress::Stage::replicate;
}

// The voter that has most, of those heard lately and fit for it.
std::optional<Member> Replica::successor() const {
  std::optional<Member> best;
  options_.membership.each_peer([&](Member member) {
    if (options_.membership.is_witness(member) || !may_take_over(member)) return;
    const Peer& peer = peers_[member.value];
    if (!best || peer.progress.match() > peers_[best->value].progress.match()) best = member;
  });
  return best;
}

void Replica::begin_handover(Member to) {
  handover_to_ = to;
  handover_sent_ = false;
  handover_deadline_ = now_ + options_.timing.election_most;
}

// Nothing is appended meanwhile: soon the target has everything on disk, and a majority, so that
// nobody who asked is left without an answer.
void Replica::hand_over_if_ready() {
  if (!handover_to_ || handover_sent_ || commit_ < log_.last()) return;
  if (peers_[handover_to_->value].progress.match() < log_.last()) return;
  handover_sent_ = true;
  send(*handover_to_, message::Handover{});
}

}  // namespace pawl::replication
