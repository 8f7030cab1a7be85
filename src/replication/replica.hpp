// SPDX-License-Identifier: Apache-2.0
//
// One node's part in the primary-backup log: step(now, event) → actions. Knows nothing of locks;
// records are opaque. Laws: nothing is promised before it is on the own disk; committed is what a
// majority has under the epoch's first record, and never taken back; one primary per epoch. Rules
// R1–R20 by number. One voter is a majority of one, by the same code.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "base/ensure.hpp"
#include "base/ids.hpp"
#include "base/moment.hpp"
#include "base/reply.hpp"
#include "replication/election.hpp"
#include "replication/event.hpp"
#include "replication/log.hpp"
#include "replication/membership.hpp"
#include "replication/progress.hpp"
#include "replication/rounds.hpp"

namespace pawl::replication {

struct ReplicaOptions {
  Membership membership;
  Timing timing;
  Window window;
  std::size_t append_bytes = std::size_t{256} << 10;  // of records in one message
  std::size_t kept_bytes = std::size_t{4} << 20;      // of applied records, for those who lag
  // … and as long as one of them takes in a snapshot, and what lies behind it, at most so much:
  // else what comes next would be gone each time that a snapshot has arrived.
  std::size_t held_bytes = std::size_t{64} << 20;
  std::uint64_t seed = 0;  // of the election timeouts
};

// What a start finds on the disk.
struct Restored {
  Ballot ballot;
  Log log{};        // all of it durable
  LogIndex commit;  // known to be committed, and applied
  RepairId repair;  // durable records were lost: stores and answers, but does not vote
  // Has never taken part, or not with this disk: it may have promised something that it does not
  // know any more. Takes part once it has met every other voter. If all of them are blank too, this
  // is how a cluster begins; if not, it joins as a damaged replica in an epoch no older than any of
  // theirs, having no vote in it: what it may have promised before lies behind it. `repair` is set.
  bool blank = false;
};

enum class Stage : std::uint8_t { standby, pre_candidate, candidate, primary };

class Replica {
 public:
  Replica(ReplicaOptions options, Restored restored, Moment now);
  // One voter, in a new epoch above the newest there was; up to `last` all is durable and applied.
  explicit Replica(Epoch newest = {}, EntryId last = {});

  void step(Moment now, const Event& event, Actions& out);
  // The owner calls again at the latest then.
  [[nodiscard]] Moment next_deadline() const;

  // Answers Actions::elected with the first record of the epoch (R7).
  template <class Encode>
  void start_epoch(Encode encode_epoch_start) {
    ensure(awaits_epoch_start());
    epoch_start_ = log_.append(epoch(), {}, encode_epoch_start);
    note_append();
  }
  // One voter: elects itself and starts its epoch. Its vote becomes durable with that record.
  template <class Encode>
  void become_primary(Encode encode_epoch_start) {
    elect_alone();
    start_epoch(encode_epoch_start);
  }

  template <class Encode>
  LogIndex append(Origin origin, Encode encode) {
    ensure(epoch_start_.value != 0);
    LogIndex index = log_.append(epoch(), origin, encode);
    note_append();
    return index;
  }
  [[nodiscard]] bool may_append() const { return epoch_start_.value != 0 && !handover_to_; }

  // Visits the records that the own disk was not handed yet, in order. A record whose index was
  // handed over before replaces that one and all behind it.
  template <class Visit>
  void hand_over(Visit visit) {
    for (; handed_over_ < log_.last(); ++handed_over_.value) {
      visit(log_.at(LogIndex{handed_over_.value + 1}));
    }
  }
  [[nodiscard]] std::uint64_t truncations() const { return truncations_; }
  // The own disk has everything up to `index` (R5), as handed over last.
  void on_flushed(LogIndex index);

  // The record at the next index to apply, once committed.
  [[nodiscard]] bool has_committed() const { return applied_ < commit_; }
  [[nodiscard]] Entry next_committed() const { return log_.at(LogIndex{applied_.value + 1}); }
  // Keeps the entry until the flush has handed its bytes on.
  void on_applied();

  // A round that starts after now; `is_confirmed` once a majority answered it (R9, R19).
  [[nodiscard]] Round begin_round() {
    ensure(stage_ == Stage::primary);
    return rounds_.begin(options_.membership);
  }
  [[nodiscard]] bool is_confirmed(Round round) const { return rounds_.is_confirmed(round); }
  // Primary, and since its last stall a majority has said so: it may decide by its clock (R11c).
  [[nodiscard]] bool may_decide() const {
    return role() == Role::primary && (gap_round_.value == 0 || is_confirmed(gap_round_));
  }

  // `primary` not before the first record of its epoch is committed and applied (R7).
  [[nodiscard]] Role role() const;
  [[nodiscard]] Stage stage() const { return stage_; }
  [[nodiscard]] std::optional<Member> primary() const { return primary_; }
  [[nodiscard]] bool is_handing_over() const { return handover_to_.has_value(); }
  [[nodiscard]] bool is_damaged() const { return repair_.value != 0; }
  [[nodiscard]] bool is_blank() const { return newcomer_.has_value(); }
  // Blank: whom it has still to meet.
  [[nodiscard]] bool has_met(Member peer) const { return newcomer_->met[peer.value]; }
  // Of a standby: when it last heard its primary.
  [[nodiscard]] Moment heard_primary() const { return heard_; }
  [[nodiscard]] Epoch epoch() const { return ballot_.epoch; }
  [[nodiscard]] LogIndex last() const { return log_.last(); }
  [[nodiscard]] LogIndex flushed() const { return flushed_; }
  [[nodiscard]] LogIndex commit() const { return commit_; }
  // What the primary has said is committed, whether it is here yet or not.
  [[nodiscard]] LogIndex told_commit() const { return std::max(told_commit_, commit_); }
  [[nodiscard]] LogIndex applied() const { return applied_; }
  [[nodiscard]] std::uint64_t in_flight() const { return log_.last().value - applied_.value; }
  [[nodiscard]] const Log& log() const { return log_; }
  [[nodiscard]] const Membership& membership() const { return options_.membership; }
  // Primary: how far a peer is, and when it was last heard.
  [[nodiscard]] const Progress& progress(Member peer) const { return peers_[peer.value].progress; }
  [[nodiscard]] Moment last_heard(Member peer) const { return peers_[peer.value].heard; }
  // Primary: that peer was heard lately, keeps up, and may vote.
  [[nodiscard]] bool may_take_over(Member peer) const;

 private:
  struct Peer {
    Progress progress;
    Moment heard;
    // Of a snapshot: the part to send now, and where the one on its way ends.
    EntryId part_of;
    std::uint64_t part_offset = 0;
    std::uint64_t part_end = 0;
    Moment part_due = never;  // it is asked for again then
    // It is sent a snapshot, or has not caught up behind it: what it needs next is kept.
    std::optional<LogIndex> needs_behind;
  };

  // Events (replica.cpp).
  void on(const Tick&);
  void on(const Received& event);
  void on(const Flushed& event);
  void on(const VoteStored& event);
  void on(const PeerLost& event);
  void on(const LoopGap&);
  void on(const HandOver& event);
  void on(const PromoteAlone&);
  void on(const PartRead& event);
  void on(const PartStored& event);
  void on(const Met& event);
  void join();
  void send(Member to, MessageBody body);
  void refuse_old_epoch(Member from, const MessageBody& body);

  // Who is primary (replica_election.cpp).
  void on(Member from, const message::PreVote& ask);
  void on(Member from, const message::PreVoteReply& reply);
  void on(Member from, const message::RequestVote& ask);
  void on(Member from, const message::Vote& vote);
  void on(Member from, const message::Handover&);
  void stand();
  void campaign(bool handover);
  void win();
  void lose();
  void elect_alone();
  void adopt(Epoch epoch);
  void set_ballot(Ballot ballot);
  void step_down(StepDownReason reason);
  [[nodiscard]] bool may_vote() const;
  [[nodiscard]] bool clings_to_primary() const;
  [[nodiscard]] bool is_stuck(Span span) const;

  // Following (replica_standby.cpp).
  void on(Member from, const message::Append& append);
  void on(Member from, const message::SnapshotPart& part);
  void follow(Member primary);
  [[nodiscard]] bool agrees_at(EntryId previous) const;
  LogIndex store(const message::Append& append);
  void truncate(LogIndex from);
  void answer(Round round);
  void notice_whole();
  void install(EntryId upto);

  // Leading (replica_primary.cpp).
  void on(Member from, const message::AppendReply& reply);
  void on(Member from, const message::SnapshotReply& reply);
  [[nodiscard]] LogIndex agrees_with(EntryId hint) const;
  void lead();
  void look_after();
  void advance_commit();
  [[nodiscard]] LogIndex flushed_by_majority();
  void replicate(Member to, bool heartbeat);
  void send_append(Member to, bool with_records);
  void want_part(Member to);
  [[nodiscard]] LogIndex releasable(LogIndex upto);
  [[nodiscard]] bool is_majority_silent() const;
  [[nodiscard]] std::optional<Member> successor() const;
  void begin_handover(Member to);
  void hand_over_if_ready();

  [[nodiscard]] bool may_lead() const { return epoch_start_.value != 0; }
  [[nodiscard]] bool awaits_epoch_start() const {
    return stage_ == Stage::primary && epoch_start_.value == 0;
  }
  [[nodiscard]] LogIndex acknowledged() const { return std::min(flushed_, verified_); }
  void note_append() {
    if (flush_since_ == never) flush_since_ = now_;
  }
  void release();

  ReplicaOptions options_;
  ElectionTimer timer_;
  Moment now_;
  Actions* out_ = nullptr;  // during a step

  Ballot ballot_;
  Ballot stored_;                   // durable
  std::vector<Outgoing> withheld_;  // until ballot_ is

  Log log_;
  LogIndex flushed_;
  LogIndex commit_;
  LogIndex told_commit_;
  LogIndex applied_;
  LogIndex handed_over_;
  std::uint64_t truncations_ = 0;
  Moment flush_since_ = never;  // the disk owes something since then

  Stage stage_ = Stage::standby;
  std::optional<Member> primary_;
  Moment heard_ = Moment::min();  // from primary_
  Moment deadline_;               // to stand, or to stand again
  Ballots ballots_;
  unsigned campaigns_ = 0;    // since there was a primary
  bool has_yielded_ = false;  // to another that stands, likewise

  // Until a blank one takes part.
  struct Newcomer {
    std::vector<bool> met;  // by member
    bool others_took_part = false;
    Epoch newest;
    RepairId repair;
    bool is_joining = false;  // that it takes part is on its way to the disk
  };
  std::optional<Newcomer> newcomer_;

  // Of a standby, in this epoch.
  LogIndex verified_;  // agrees with the primary up to here
  Round round_;        // the newest it was asked
  RepairId repair_;
  std::optional<LogIndex> whole_at_;
  // The snapshot that comes in, without its bytes: what comes next, and what the owner is storing.
  std::optional<message::SnapshotPart> receiving_;
  std::optional<message::SnapshotPart> at_owner_;

  // Of a primary.
  LogIndex epoch_start_;
  std::vector<Peer> peers_;  // by member
  std::vector<LogIndex> reached_;
  Rounds rounds_;
  Moment heartbeat_due_ = never;
  Round gap_round_;
  Moment gap_deadline_ = never;
  std::optional<Member> handover_to_;
  bool handover_sent_ = false;
  Moment handover_deadline_ = never;
};

}  // namespace pawl::replication
