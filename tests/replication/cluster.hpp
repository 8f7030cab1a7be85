// SPDX-License-Identifier: Apache-2.0
//
// Replicas under a seeded network, disks and crashes, in virtual time. What every replica does is
// compared with what any of them ever did: the laws are checked after every step, and a broken one
// throws. Phase 1 hurts; phase 2 heals and requires progress.
#pragma once

#include <deque>
#include <functional>
#include <map>
#include <optional>
#include <ostream>
#include <queue>
#include <string>
#include <vector>

#include "replication/replica.hpp"
#include "simulation/random.hpp"

namespace pawl::replication {

// Drawn from the seed.
struct Hardship {
  std::vector<MemberKind> kinds;
  std::uint64_t drop = 0;          // permille of messages
  std::uint64_t duplicate = 0;     // likewise
  Span latency{0};                 // the longest
  bool is_ordered = true;          // each link delivers in order
  Span flush{0};                   // the longest, usually
  std::uint64_t stuck = 0;         // permille of flushes that take seconds
  Span mishaps{0};                 // one about every so often
  std::uint64_t vote_crashes = 0;  // permille of votes during whose writing the node crashes
  Span election_most{0};
  bool damages = false;     // a crash may lose what was durable
  bool keeps_links = true;  // what a process sent may arrive after its end
  std::size_t kept_bytes = 0;
  std::size_t append_bytes = 0;
  Span lasts{0};
};

[[nodiscard]] Hardship draw_hardship(simulation::Random& random);
[[nodiscard]] std::string to_text(const Hardship& hardship);

struct BrokenPromise {
  std::string text;
};

struct Summary {
  std::uint64_t steps = 0;
  std::uint64_t committed = 0;
  std::uint64_t elections = 0;
  std::uint64_t confirmed = 0;
  std::uint64_t snapshots = 0;
  std::uint64_t repairs = 0;
  std::uint64_t handovers = 0;
  Span simulated{0};
};

class Cluster {
 public:
  explicit Cluster(std::uint64_t seed, std::ostream* trace = nullptr);

  // Throws BrokenPromise, or BrokenLaw from an ensure() of the core.
  Summary run();

 private:
  struct Stored {
    Epoch epoch;
    std::string bytes;
  };
  // The disk's log: entries behind `base`, which a snapshot covers.
  struct DiskLog {
    EntryId base;
    std::vector<Stored> entries;
    void put(LogIndex index, Stored entry);
    [[nodiscard]] LogIndex last() const { return {base.index.value + entries.size()}; }
    [[nodiscard]] Epoch epoch_at(LogIndex index) const;
  };
  struct Write {
    std::optional<EntryId> restart;  // the log begins anew behind it
    std::vector<std::pair<LogIndex, Stored>> entries;
    LogIndex last;
    std::uint64_t truncations = 0;
  };
  struct Snapshot {
    EntryId upto;
    std::vector<Stored> state;
  };
  struct Read {
    Round round;
    LogIndex read_index;  // the commit index when it came
    std::uint64_t must_see = 0;
    Epoch newest;  // committed anywhere by then
  };
  struct Node {
    Member member;
    std::uint32_t life = 0;
    std::optional<Replica> replica;
    Moment timer = never;
    bool is_paused = false;
    std::vector<std::function<void()>> missed;  // while paused
    // Durable.
    DiskLog log;
    Ballot ballot;
    Snapshot snapshot;
    bool is_damaged = false;
    // Under way.
    std::deque<Write> writes;
    bool is_flushing = false;
    std::optional<Ballot> vote;
    bool is_voting = false;
    std::string receiving;
    // The owner's.
    std::vector<Stored> applied;
    LogIndex commit;
    std::vector<Read> reads;
    std::deque<std::uint32_t> pending;  // requests in the log, not applied
    Epoch serving;
  };

  void note(Member node, const std::string& text) const;
  void at(Moment when, std::function<void()> what);
  void for_life(Node& node, Span after, std::function<void()> what);
  void start(Node& node);
  void crash(Node& node);
  void pause(Node& node, Span span);
  void step(Node& node, const Event& event);
  void perform(Node& node, Actions& actions);
  void arm(Node& node);
  void apply(Node& node);
  void check(Node& node);
  void check_elected(Node& node, Epoch epoch);
  void check_reads(Node& node);
  void transmit(Member from, const Outgoing& outgoing);
  void deliver(Member from, Member to, const Message& message);
  void hand_over(Node& node);
  void pump(Node& node);
  void store_vote(Node& node);
  void read_part(Node& node, const PartWanted& wanted);
  void store_part(Node& node, const message::SnapshotPart& part);
  void load_snapshot(Node& node, const LoadSnapshot& load);
  void take_snapshot(Node& node);
  void ask();
  void read(Node& node);
  void crash_soon(Node& node, Span within);
  void mishap();
  void heal();
  void run_until(Moment end);
  [[nodiscard]] bool is_well() const;
  [[nodiscard]] std::size_t damaged() const;
  [[noreturn]] void fail(const Node& node, const std::string& what) const;

  std::ostream* trace_;
  simulation::Random random_;
  Hardship hardship_;
  Moment now_{};
  struct Due {
    Moment when;
    std::uint64_t sequence;
    std::function<void()> what;
    bool operator>(const Due& other) const {
      return std::pair{when, sequence} > std::pair{other.when, other.sequence};
    }
  };
  std::priority_queue<Due, std::vector<Due>, std::greater<>> queue_;
  std::uint64_t sequence_ = 0;
  std::vector<Node> nodes_;
  std::vector<std::vector<bool>> cut_;     // from, to
  std::vector<std::vector<Moment>> link_;  // the last delivery, for order
  bool is_healing_ = false;
  std::uint32_t next_request_ = 0;
  Summary summary_;
  // What any replica ever did.
  std::vector<Stored> ledger_;  // committed, from index 1
  std::map<Epoch, Member> primaries_;
  struct Known {
    Epoch before;
    std::string bytes;
  };
  std::map<EntryId, Known> entries_;
};

}  // namespace pawl::replication
