// SPDX-License-Identifier: Apache-2.0
//
// Following: records come in, are compared, stored, and acknowledged once they are on the disk.
#include <algorithm>
#include <utility>

#include "base/mutant.hpp"
#include "replication/replica.hpp"

namespace pawl::replication {

void Replica::follow(Member primary) {
  // Two primaries in one epoch cannot be (R20).
  ensure(stage_ != Stage::primary && (!primary_ || *primary_ == primary));
  stage_ = Stage::standby;
  primary_ = primary;
  heard_ = now_;
  campaigns_ = 0;
  has_yielded_ = false;
  deadline_ = now_ + timer_.patience(options_.membership);
}

void Replica::on(Member from, const message::Append& append) {
  follow(from);
  told_commit_ = append.commit;
  if (!agrees_at(append.previous)) {
    EntryId before{append.previous.epoch, LogIndex{append.previous.index.value - 1}};
    LogIndex agree = log_.may_agree_at(before);
    return send(from, message::AppendReply{.round = append.round,
                                           .refused = append.previous.index,
                                           .hint = {log_.epoch_at(agree), agree},
                                           .repair = repair_});
  }
  LogIndex held = store(append);
  verified_ = std::max(verified_, held);
  // Only what this very message verified: behind it may stand what an older primary left (R4).
  LogIndex known = is_mutant(Mutant::commits_unverified) ? log_.last() : held;
  commit_ = std::max(commit_, std::min(append.commit, known));
  if (append.repair == repair_ && is_damaged()) whole_at_ = append.whole_at;
  notice_whole();
  // What waits for the disk is answered when it is there, unless a round waits for an answer.
  bool is_new_round = append.round > round_;
  round_ = std::max(round_, append.round);
  if (is_new_round || acknowledged() == verified_) answer(append.round);
}

// What is committed agrees with every primary from now on, whether it is kept or not.
bool Replica::agrees_at(EntryId previous) const {
  if (previous.index > log_.last()) return false;
  if (previous.index < log_.released()) return true;
  bool agrees = log_.epoch_at(previous.index) == previous.epoch;
  ensure(agrees || previous.index > commit_);
  return agrees;
}

// The last index that this message verified.
LogIndex Replica::store(const message::Append& append) {
  LogIndex index = append.previous.index;
  append.entries.each([&](Epoch epoch, std::string_view record) {
    ++index.value;
    if (index <= log_.released()) return;
    if (index <= log_.last()) {
      bool agrees = log_.epoch_at(index) == epoch;
      if (is_mutant(Mutant::overlap_not_compared)) agrees = true;
      if (agrees) return;
      truncate(index);
    }
    log_.append(epoch, {}, [&](std::string& out) { out += record; });
    note_append();
  });
  return index;
}

// Only a record that no majority has can be replaced.
void Replica::truncate(LogIndex from) {
  ensure(from > commit_);
  log_.truncate(from);
  ++truncations_;
  LogIndex before{from.value - 1};
  flushed_ = std::min(flushed_, before);
  verified_ = std::min(verified_, before);
  if (handed_over_ > before) {
    handed_over_ = before;
    out_->truncate_from = std::min(out_->truncate_from.value_or(from), from);
  }
}

void Replica::answer(Round round) {
  bool lies = is_mutant(Mutant::acks_before_flush);
  send(*primary_, message::AppendReply{.round = round,
                                       .accepted = true,
                                       .held = verified_,
                                       .flushed = lies ? verified_ : acknowledged(),
                                       .repair = repair_});
}

// Damaged no more: all that a majority may ever have counted this replica for is on its disk again.
void Replica::notice_whole() {
  if (!is_damaged() || !whole_at_ || acknowledged() < *whole_at_) return;
  repair_ = {};
  out_->repaired = true;
}

void Replica::on(Member from, const message::SnapshotPart& part) {
  follow(from);
  if (at_owner_) return;
  if (part.upto.index <= std::min(commit_, flushed_)) {
    return send(from, message::SnapshotReply{part.upto, 0, true});
  }
  // It is here and awaits only its flush, or it is no more than what is applied.
  if (part.upto.index <= commit_) return;
  bool goes_on = receiving_ && receiving_->upto == part.upto && receiving_->offset == part.offset;
  if (!goes_on && part.offset != 0) {
    bool is_same = receiving_ && receiving_->upto == part.upto;
    return send(from, message::SnapshotReply{part.upto, is_same ? receiving_->offset : 0, false});
  }
  receiving_ = message::SnapshotPart{part.upto, part.offset + part.bytes.size(), part.last, {}};
  at_owner_ = receiving_;
  out_->store_part = part;
}

void Replica::on(const PartStored& event) {
  ensure(at_owner_.has_value());
  message::SnapshotPart taken = *std::exchange(at_owner_, std::nullopt);
  if (!event.ok) {
    receiving_.reset();
    if (primary_) send(*primary_, message::SnapshotReply{taken.upto, 0, false});
    return;
  }
  // Whole, it counts in whatever epoch: it is of committed records only.
  if (taken.last) install(taken.upto);
  // In an epoch that began meanwhile it is sent anew.
  if (!receiving_ || !primary_) return;
  if (taken.last) receiving_.reset();
  send(*primary_, message::SnapshotReply{taken.upto, taken.offset, taken.last});
}

void Replica::install(EntryId upto) {
  if (upto.index <= applied_) return;
  bool keeps_tail = upto.index <= log_.last() && log_.epoch_at(upto.index) == upto.epoch;
  ensure(keeps_tail || upto.index > commit_);
  log_.restart_behind(upto);
  // What the disk was not handed of it leaves a gap there, whatever is in memory.
  bool leads_up = keeps_tail && upto.index <= handed_over_;
  if (!leads_up) {
    ++truncations_;
    flushed_ = handed_over_ = upto.index;
    flush_since_ = log_.last() > upto.index ? now_ : never;
  }
  flushed_ = std::max(flushed_, upto.index);
  // What the disk owed of it came with the snapshot: the report to come says nothing new.
  if (flushed_ == log_.last()) flush_since_ = never;
  commit_ = std::max(commit_, upto.index);
  verified_ = std::max(verified_, upto.index);
  applied_ = upto.index;
  out_->load_snapshot = LoadSnapshot{upto, !leads_up};
  notice_whole();
}

}  // namespace pawl::replication
