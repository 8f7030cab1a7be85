// SPDX-License-Identifier: Apache-2.0
#include "server/store.hpp"

#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <span>
#include <string_view>
#include <utility>

#include "base/overloaded.hpp"

namespace pawl::server {
namespace {

constexpr int exit_io = 74;

journal::Bytes bytes_of(std::string_view text) { return std::as_bytes(std::span{text}); }

}  // namespace

void Store::start(Loop& loop, std::function<void(const node::Event&)> deliver, Moment now) {
  loop_ = &loop;
  if (grace_left_ > Milliseconds{0}) grace_ends_ = now + grace_left_;
  deliver_ = std::move(deliver);
  worker_ = std::make_unique<storage::Worker>();
  if (durability_ == Durability::none) return;
  writer_ = std::make_unique<storage::LogWriter>(
      directory_.files(), std::move(opened_), storage::LogWriterOptions{.durability = durability_},
      *worker_, [this](const storage::LogEvent& event) { on_log(event); });
  saver_ = std::make_unique<storage::SnapshotSaver>(
      directory_.files(), *worker_,
      [this](const storage::SnapshotEvent& event) { on_snapshot(event); });
}

void Store::want(const node::Actions& actions) {
  if (actions.store_meta) store_meta(*actions.store_meta);
  if (actions.snapshot) save(*actions.snapshot);
  if (!is_clustered()) return;
  if (actions.store_vote) store_vote(*actions.store_vote, actions.joined);
  if (actions.repaired) store_repaired();
  if (actions.restart_log) {
    writer_->restart_behind(actions.restart_log->index, actions.restart_log->epoch);
  }
  for (const replication::PartWanted& wanted : actions.parts_wanted) read_part(wanted);
  if (actions.store_part) take_part(*actions.store_part);
  if (actions.store_promotion) store_promotion(*actions.store_promotion);
}

void Store::append(node::Node& node) {
  if (!writer_) return;
  const replication::Replica& replica = node.replica();
  node.hand_over([&](const replication::Entry& entry) {
    // What lies between came with a snapshot before it was handed over.
    if (entry.index.value > writer_->last_index().value + 1) {
      const LogIndex before{entry.index.value - 1};
      writer_->restart_behind(before, replica.log().epoch_at(before));
    }
    writer_->append({.kind = journal::RecordKind::entry,
                     .epoch = entry.epoch,
                     .index = entry.index,
                     .payload = bytes_of(entry.bytes)});
  });
  const std::uint64_t ticket = writer_->flush();
  const bool is_new = ticket > ticket_;
  ticket_ = ticket;
  if (is_new && silent_since_ == never) silent_since_ = loop_->now();
  // Without a record since, the reports to come are of what was handed over before the cut.
  if (is_new && replica.truncations() != truncations_.back().count) {
    truncations_.push_back({ticket, replica.truncations()});
  }
}

// A report may be of a part of a turn: then it has the ticket of the turn before, and if records
// were cut between the two it counts for nothing.
std::uint64_t Store::truncations_at(std::uint64_t ticket) {
  while (truncations_.size() > 1 && truncations_[1].ticket <= ticket) truncations_.pop_front();
  return truncations_.front().count;
}

void Store::look_after(Moment now) {
  if (writer_) writer_->check_space();
  if (now >= grace_ends_) end_grace();
}

void Store::end_grace() {
  grace_ends_ = never;
  log_.info("new grants are no longer held back", {});
  worker_->post([this] {
    meta_.hold_grants = false;
    if (auto written = meta_file_.write(meta_); !written) end_process(written.error());
  });
}

void Store::close() {
  if (writer_ && !writer_->close()) return;
  saver_.reset();
  journal::BatchSequence durable = writer_ ? writer_->durable() : journal::BatchSequence{};
  worker_->post([this, durable] {
    meta_.clean = true;
    if (writer_) meta_.durable = durable;
    if (auto written = meta_file_.write(meta_); !written) end_process(written.error());
  });
  worker_->drain();
}

void Store::store_meta(const node::MetaStored& wanted) {
  worker_->post([this, wanted] {
    meta_.token_ceiling = std::max(meta_.token_ceiling, wanted.ceiling);
    meta_.longest_ttl = std::max(meta_.longest_ttl, wanted.longest_ttl);
    if (writer_) meta_.durable = writer_->durable();
    if (auto written = meta_file_.write(meta_); !written) end_process(written.error());
    post(node::MetaStored{meta_.token_ceiling, meta_.longest_ttl});
  });
}

void Store::save(const node::SnapshotPart& part) {
  if (part.first) {
    // The one under way was of a table that a snapshot from another node has replaced.
    if (saving_) saver_->abandon();
    saving_ = true;
    snapshot_began_ = loop_->now();
    saver_->begin({.index = part.index, .epoch = part.epoch, .durable = writer_->durable()},
                  bytes_of(part.head));
  }
  // A lock with all its waiters comes in one piece, however long.
  for (std::string_view rest = part.bytes; !rest.empty();) {
    const std::string_view chunk = rest.substr(0, journal::max_chunk_bytes);
    saver_->chunk(bytes_of(chunk));
    rest.remove_prefix(chunk.size());
  }
  if (part.last) {
    saving_ = false;
    saver_->finish();
    return;  // room for the next snapshot when this one stands
  }
  // In its turn behind the chunk: so at most one chunk waits to be written.
  worker_->post_later([this] { post(node::SnapshotPartTaken{}); });
}

void Store::on_log(const storage::LogEvent& event) {
  std::visit(Overloaded{
                 [&](const storage::Flushed& flushed) {
                   loop_->post([this, flushed] {
                     silent_since_ = flushed.ticket == ticket_ ? never : loop_->now();
                     if (flushed.took != Span{0}) flushes_.add(flushed.took);
                     deliver_(node::Flushed{flushed.index, truncations_at(flushed.ticket)});
                   });
                 },
                 [&](const storage::Synced& synced) {
                   loop_->post([this, synced] { flushes_.add(synced.took); });
                 },
                 [&](const storage::LogFailed& failed) { end_process(failed.failure); },
                 [&](const storage::SpaceChanged& space) {
                   if (space.low) {
                     log_.warn("disk full", {{"effect", "no new locks; renew and unlock go on"}});
                   } else {
                     log_.info("disk has room again", {});
                   }
                   post(node::DiskSpace{space.low});
                 },
             },
             event);
}

void Store::on_snapshot(const storage::SnapshotEvent& event) {
  if (const auto* failed = std::get_if<storage::SnapshotFailed>(&event)) {
    if (failed->fatal) end_process(failed->failure);
    log_.warn("snapshot not saved", {{"why", failed->failure.message}});
  } else {
    const auto& saved = std::get<storage::SnapshotSaved>(event);
    log_.info("snapshot saved", {{"file", saved.name}, {"bytes", saved.whole.bytes}});
    loop_->post([this, saved = node::SnapshotSaved{saved.whole.header.index}] {
      snapshots_.add(loop_->now() - snapshot_began_);
      deliver_(saved);
    });
  }
  post(node::SnapshotPartTaken{});
}

void Store::post(node::Event event) {
  loop_->post([this, event = std::move(event)] { deliver_(event); });
}

// After an error of the disk nobody knows what it holds: the next start reads it anew.
void Store::end_process(const storage::Failure& failure) const {
  // Not through the log, whose own thread may never get to it.
  std::fprintf(stderr, "pawld: the disk failed, ending: %s\n", failure.message.c_str());
  ::_exit(exit_io);
}

}  // namespace pawl::server
