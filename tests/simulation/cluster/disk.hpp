// SPDX-License-Identifier: Apache-2.0
//
// The disk of one node of a cluster, as a model: what is written becomes durable later, what is not
// durable a crash may lose. Log, META and snapshots, the last as the bytes of the real file.
// What the real storage does with real files is the business of machine.hpp.
#pragma once

#include <deque>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "journal/snapshot.hpp"
#include "node/event.hpp"
#include "node/node.hpp"
#include "node/recovered.hpp"
#include "options.hpp"
#include "random.hpp"
#include "schedule.hpp"

namespace pawl::simulation {

class ClusterDisk {
 public:
  struct Surroundings {
    std::function<void(const node::Event&)> deliver;
    std::function<void()> vote_crash;  // the process is to end in the midst of writing a vote
  };
  ClusterDisk(Schedule& schedule, const Options& options, std::uint64_t seed,
              Surroundings surroundings);

  [[nodiscard]] node::Recovered start();
  void want(const node::Actions& actions, const node::Node& node);
  struct Appended {
    replication::EntryId id;
    std::string bytes;
  };
  void append(std::vector<Appended> records, std::uint64_t truncations);

  void end();     // the process, at any moment
  void damage();  // a suffix of what was durable is lost, while no process runs
  void wipe();
  void stick(Span length);
  void calm() { calm_ = true; }

  [[nodiscard]] bool has(replication::EntryId id) const;  // durable
  [[nodiscard]] bool is_stuck() const { return schedule_.now() < stuck_until_; }
  [[nodiscard]] Moment stuck_until() const { return stuck_until_; }
  // May count for less than what it once acknowledged, until it is whole again.
  [[nodiscard]] bool is_impaired() const { return meta_.blank || meta_.recovering; }
  [[nodiscard]] bool is_damageable() const;
  [[nodiscard]] const replication::Ballot& ballot() const { return meta_.ballot; }
  [[nodiscard]] bool is_blank() const { return meta_.blank; }
  // The log as a process finds it: what lies behind the snapshot.
  [[nodiscard]] replication::EntryId base() const { return log_base_; }
  [[nodiscard]] std::vector<Epoch> epochs() const;
  [[nodiscard]] std::uint64_t snapshots_taken_in() const { return taken_in_; }

 private:
  struct Stored {
    Epoch epoch;
    std::string bytes;
  };
  struct Write {
    std::optional<replication::EntryId> restart;
    std::vector<Appended> records;
    std::uint64_t truncations = 0;
  };
  struct Meta {
    replication::Ballot ballot;
    bool blank = true;
    bool recovering = false;
    Token ceiling;
    Milliseconds longest_ttl{0};
  };
  struct Snapshot {
    replication::EntryId upto;
    std::string bytes;
  };

  void later(Span span, std::function<void()> what);
  [[nodiscard]] Span latency();
  void pump();
  void apply(Write& write, std::size_t records);
  void post(std::function<void()> what);  // what META and snapshots need, one after the other
  void run_next();
  void store_vote(const replication::Ballot& ballot, std::optional<replication::Joined> joined);
  void save(const node::SnapshotPart& part);
  void take_in(const replication::message::SnapshotPart& part);
  void read_part(const replication::PartWanted& wanted);
  void keep(Snapshot snapshot);
  [[nodiscard]] bool log_has(replication::EntryId id) const;
  void feed_snapshot(node::Recovery& recovery) const;

  Schedule& schedule_;
  const Options& options_;
  Random random_;
  Surroundings surroundings_;
  std::uint64_t life_ = 0;
  bool calm_ = false;
  Moment stuck_until_{};
  std::uint64_t taken_in_ = 0;

  // Durable.
  Meta meta_;
  replication::EntryId log_base_;
  std::deque<Stored> log_;
  std::vector<Snapshot> snapshots_;  // at most two, the newest last

  // Of one life.
  std::deque<Write> writes_;
  bool writing_ = false;
  std::deque<std::function<void()>> tasks_;
  journal::SnapshotEncoder encoder_;
  Snapshot saving_;
  Snapshot receiving_;
};

}  // namespace pawl::simulation
