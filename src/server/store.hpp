// SPDX-License-Identifier: Apache-2.0
//
// The disk of one pawld: opens the data directory, recovers what it has, and carries out what the
// node asks for: append and flush, META, snapshots. Decides nothing about locks. File work runs on
// its two threads; what comes of it is posted to the io thread. An error there ends the process.
#pragma once

#include <chrono>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/histogram.hpp"
#include "base/moment.hpp"
#include "journal/meta.hpp"
#include "node/event.hpp"
#include "node/node.hpp"
#include "node/recovered.hpp"
#include "server/config/config.hpp"
#include "server/log.hpp"
#include "server/loop.hpp"
#include "server/start_failure.hpp"
#include "storage/data_directory.hpp"
#include "storage/log_writer.hpp"
#include "storage/meta_file.hpp"
#include "storage/recovery.hpp"
#include "storage/snapshot_saver.hpp"
#include "storage/snapshot_transfer.hpp"
#include "storage/worker.hpp"

namespace pawl::server {

// What other nodes are told of this one's directory.
struct Identity {
  std::uint64_t cluster = 0;  // 0: a node alone
  std::uint64_t incarnation = 0;
  std::uint64_t disk = 0;
};

class Store {
 public:
  // Everything is read and made safe to go on with; META says that this process has begun.
  // `progress`, if any, is called for each piece read.
  [[nodiscard]] static Started<std::unique_ptr<Store>> open(
      const Config& config, const Log& log, const std::function<void()>& progress = {});

  // What the node starts with; once.
  [[nodiscard]] node::Recovered take_recovered() { return std::move(recovered_); }

  // From here on events come, on the io thread.
  void start(Loop& loop, std::function<void(const node::Event&)> deliver, Moment now);

  // A step's wishes; and at the end of a turn the records that its steps made.
  void want(const node::Actions& actions);
  void append(node::Node& node);

  // --- among others; io thread ---
  [[nodiscard]] Identity identity() const { return identity_; }
  // With which disk a member was met last, durable.
  [[nodiscard]] std::optional<std::uint64_t> bound_disk(replication::Member member) const;
  // `done` once it is durable.
  void bind_disk(replication::Member member, std::uint64_t disk, std::function<void()> done);
  // A new disk takes up the incarnation that the others have; `done` once it is durable.
  void adopt_incarnation(std::uint64_t incarnation, std::function<void()> done);

  // Records were handed over then, and since then the disk has said nothing; never: none are.
  [[nodiscard]] Moment silent_since() const { return silent_since_; }

  [[nodiscard]] const Histogram& flushes() const { return flushes_; }
  [[nodiscard]] const Histogram& snapshots() const { return snapshots_; }
  // Of the disk of the log; nothing without a log, and before it was first looked at.
  [[nodiscard]] std::optional<std::uint64_t> disk_free_bytes() const {
    return writer_ ? writer_->free_bytes() : std::nullopt;
  }
  [[nodiscard]] std::uint64_t log_bytes() const { return writer_ ? writer_->bytes_written() : 0; }

  // About once a second.
  void look_after(Moment now);

  // Flushes what was handed over and says in META that nothing is missing.
  void close();

 private:
  Store(const Config& config, const Log& log, storage::DataDirectory directory);

  // store_open.cpp
  [[nodiscard]] Started<void> read_meta();
  [[nodiscard]] Started<void> make_meta();
  [[nodiscard]] Started<void> check_owner() const;
  [[nodiscard]] Started<void> recover(const std::function<void()>& progress);
  [[nodiscard]] Started<void> note_loss(const storage::Recovered& found);
  [[nodiscard]] Started<void> refuse_forgetting() const;
  [[nodiscard]] Started<void> say_begun(const Config& config);
  void begin_epoch();
  [[nodiscard]] bool is_clustered() const { return cluster_ != 0; }
  // The only voter: of one, or by an operator's word.
  [[nodiscard]] bool is_alone() const { return names_.size() < 2 || meta_.promoted; }

  // store_peers.cpp
  void store_vote(const replication::Ballot& ballot, std::optional<replication::Joined> joined);
  void log_joined(replication::Joined joined) const;
  void store_repaired();
  void store_promotion(Token floor);
  void read_part(const replication::PartWanted& wanted);
  void take_part(const replication::message::SnapshotPart& part);
  void read_back();
  void answer_part(bool ok);
  // Changes META in its turn, then does `then` on the io thread.
  void change_meta(std::function<void(journal::Meta&)> change, std::function<void()> then);

  void store_meta(const node::MetaStored& wanted);
  void end_grace();
  void save(const node::SnapshotPart& part);
  void on_log(const storage::LogEvent& event);
  void on_snapshot(const storage::SnapshotEvent& event);
  void post(node::Event event);
  [[nodiscard]] std::uint64_t truncations_at(std::uint64_t ticket);
  [[noreturn]] void end_process(const storage::Failure& failure) const;

  const Log& log_;
  Durability durability_;
  std::string node_;
  std::uint64_t cluster_ = 0;
  std::string cluster_id_;
  std::vector<std::string> names_;  // of the members; empty: a node alone
  replication::Member self_;
  storage::DataDirectory directory_;
  storage::MetaFile meta_file_{directory_.files()};
  journal::Meta meta_;     // the worker's once started
  bool is_new_ = false;    // the directory had no META
  bool has_lost_ = false;  // durable records are not all here
  node::Recovered recovered_;
  std::optional<storage::Log> opened_;
  Milliseconds grace_left_{0};
  Moment grace_ends_ = never;  // META says until then that grants are held back
  Identity identity_;
  std::vector<std::optional<std::uint64_t>> bound_;  // by member

  // How often the log had been cut short, by the first ticket handed over since.
  struct Truncations {
    std::uint64_t ticket = 0;
    std::uint64_t count = 0;
  };
  std::deque<Truncations> truncations_{{}};
  std::uint64_t ticket_ = 0;  // of the records handed over last
  Moment silent_since_ = never;
  Moment snapshot_began_;
  Histogram flushes_{std::chrono::microseconds{100}};
  Histogram snapshots_{std::chrono::milliseconds{1}};
  bool saving_ = false;  // a snapshot of the node's own

  Loop* loop_ = nullptr;
  std::function<void(const node::Event&)> deliver_;
  std::unique_ptr<storage::Worker> worker_;
  std::unique_ptr<storage::LogWriter> writer_;
  std::unique_ptr<storage::SnapshotSaver> saver_;
  // The worker's.
  storage::SnapshotSource source_{directory_.files()};
  storage::IncomingSnapshot incoming_{directory_.files()};
};

}  // namespace pawl::server
