// SPDX-License-Identifier: Apache-2.0
//
// The disk of one node among others: its vote and whom it knows, in META; snapshots in and out.
// META is written in the order asked for, ahead of all that belongs to snapshots.
#include <utility>

#include "server/store.hpp"

namespace pawl::server {

void Store::change_meta(std::function<void(journal::Meta&)> change, std::function<void()> then) {
  worker_->post([this, change = std::move(change), then = std::move(then)] {
    change(meta_);
    if (auto written = meta_file_.write(meta_); !written) end_process(written.error());
    loop_->post(then);
  });
}

void Store::store_vote(const replication::Ballot& ballot,
                       std::optional<replication::Joined> joined) {
  const std::string voted_for = ballot.voted_for ? names_[ballot.voted_for->value] : std::string();
  change_meta(
      [epoch = ballot.epoch, voted_for, joined](journal::Meta& meta) {
        meta.epoch = epoch;
        meta.voted_for = voted_for;
        if (!joined) return;
        meta.blank = false;
        meta.recovering = joined->damaged;
      },
      [this, ballot, joined] {
        if (joined) log_joined(*joined);
        deliver_(replication::VoteStored{ballot});
      });
}

// That every disk is new nobody can tell from all having been wiped at once.
void Store::log_joined(replication::Joined joined) const {
  if (joined.damaged) {
    log_.info("joins", {{"effect", "gets everything from the others, votes once it has it"}});
  } else {
    log_.warn("begins a new cluster",
              {{"why", "the data_dir of every node is empty"},
               {"effect", "every lock is free, tokens start at 1"},
               {"otherwise", "were there locks before, stop all nodes and restore a backup"}});
  }
}

void Store::store_repaired() {
  change_meta([](journal::Meta& meta) { meta.recovering = false; },
              [this] {
                log_.info("whole again", {{"effect", "votes"}});
              });
}

// Were both halves of a pair promoted, each is of an incarnation of its own: what they granted
// apart cannot become one log again, and they must refuse each other.
void Store::store_promotion(Token floor) {
  const std::uint64_t incarnation = identity_.incarnation + 1 + self_.value;
  change_meta(
      [incarnation, floor](journal::Meta& meta) {
        meta.promoted = true;
        meta.incarnation = incarnation;
        meta.token_ceiling = std::max(meta.token_ceiling, std::min(floor, last_token));
      },
      [this, incarnation] {
        identity_.incarnation = incarnation;
        deliver_(node::PromotionStored{});
      });
}

void Store::adopt_incarnation(std::uint64_t incarnation, std::function<void()> done) {
  change_meta([incarnation](journal::Meta& meta) { meta.incarnation = incarnation; },
              [this, incarnation, done = std::move(done)] {
                identity_.incarnation = incarnation;
                done();
              });
}

std::optional<std::uint64_t> Store::bound_disk(replication::Member member) const {
  return bound_[member.value];
}

void Store::bind_disk(replication::Member member, std::uint64_t disk, std::function<void()> done) {
  change_meta([name = names_[member.value],
               disk](journal::Meta& meta) { journal::bind_disk(meta, name, disk); },
              [this, member, disk, done = std::move(done)] {
                bound_[member.value] = disk;
                done();
              });
}

void Store::read_part(const replication::PartWanted& wanted) {
  worker_->post_later([this, wanted] {
    auto read =
        source_.read(wanted.to.value, {wanted.upto.index, wanted.upto.epoch}, wanted.offset);
    if (!read) {
      log_.warn("snapshot not read", {{"why", read.error().message}});
      return;
    }
    if (!*read) return;
    storage::SnapshotPart& part = **read;
    post(replication::PartRead{wanted.to,
                               {.upto = {part.upto.epoch, part.upto.index},
                                .offset = part.offset,
                                .last = part.last,
                                .bytes = std::move(part.bytes)}});
  });
}

void Store::take_part(const replication::message::SnapshotPart& part) {
  storage::SnapshotPart taken{
      {part.upto.index, part.upto.epoch}, part.offset, part.last, part.bytes};
  worker_->post_later([this, taken = std::move(taken)] {
    using Taken = storage::IncomingSnapshot::Taken;
    const auto result = incoming_.take(taken);
    if (!result && result.error().kind == storage::FailureKind::sync) end_process(result.error());
    if (!result) log_.warn("snapshot not stored", {{"why", result.error().message}});
    if (result && *result == Taken::all) return read_back();
    answer_part(result && *result == Taken::part);
  });
}

// A piece, and behind whatever else is to be done the next one.
void Store::read_back() {
  worker_->post_later([this] {
    const auto whole = incoming_.read_back_piece();
    if (whole && !*whole) return read_back();
    if (!whole) {
      if (whole.error().kind == storage::FailureKind::sync) end_process(whole.error());
      log_.warn("snapshot not stored", {{"why", whole.error().message}});
      incoming_.abandon();
      return answer_part(false);
    }
    log_.info("snapshot received",
              {{"index", (*whole)->header.index.value}, {"bytes", (*whole)->bytes}});
    answer_part(true);
    const auto deleted = storage::delete_superseded(directory_.files());
    if (!deleted && deleted.error().kind == storage::FailureKind::sync) {
      end_process(deleted.error());
    }
  });
}

void Store::answer_part(bool ok) { post(replication::PartStored{ok}); }

}  // namespace pawl::server
