// SPDX-License-Identifier: Apache-2.0
//
// A machine with its disk: what src/server/store.* is to the daemon, the same calls in the same
// order, in events instead of threads. Its process ends at any of them, its power goes at any step
// of file work; start() then goes on from what the disk has.
#pragma once

#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <variant>

#include "journal/batch_writer.hpp"
#include "journal/meta.hpp"
#include "node/event.hpp"
#include "node/node.hpp"
#include "node/recovered.hpp"
#include "options.hpp"
#include "random.hpp"
#include "schedule.hpp"
#include "storage/meta_file.hpp"
#include "storage/recovery.hpp"
#include "storage/simulated_disk.hpp"
#include "storage/snapshot_file.hpp"

namespace pawl::simulation {

enum class EndOfProcess : std::uint8_t { killed, power_cut, in_order };

class Machine {
 public:
  struct Surroundings {
    std::function<void(const node::Event&)> deliver;
    std::function<void()> ended;  // the process has, by itself: an error of the disk, a power cut
  };
  struct Ended {};  // in the midst of its start; it may be started again
  struct Refused {  // for good
    std::string why;
  };
  using Started = std::variant<node::Recovered, Ended, Refused>;

  Machine(Schedule& schedule, const Options& options, std::uint64_t seed,
          Surroundings surroundings);

  [[nodiscard]] Started start();
  // A step's wishes; and at the end of a turn the records that its steps made.
  void want(const node::Actions& actions);
  void append(node::Node& node);

  void end(EndOfProcess how);
  void cut_power_soon();  // after some more steps of file work
  void fail_flush_soon();
  void fill_up(Span length);
  void damage();  // something on the disk, while nobody looks
  void calm() { calm_ = true; }

  [[nodiscard]] bool is_damaged() const { return damaged_; }
  // Since the last call: what was acknowledged may be lost, as `durability` allows.
  [[nodiscard]] bool take_forgot() { return std::exchange(forgot_, false); }

 private:
  using Task = std::function<storage::Result<void>()>;

  [[nodiscard]] storage::Result<node::Recovered> open();
  [[nodiscard]] storage::Result<void> read_meta();
  [[nodiscard]] storage::Result<node::Recovered> recover();
  [[nodiscard]] storage::Result<void> say_begun(node::Recovered& recovered);
  void post(Task task);
  void run_next();
  void later(Span span, std::function<void()> what);  // unless the process ends before
  void fail();
  void pump();
  void finish_write(LogIndex last);
  void prepare();
  [[nodiscard]] storage::Result<void> save(const node::SnapshotPart& part,
                                           journal::BatchSequence durable);
  [[nodiscard]] storage::Result<void> store(const node::MetaStored& wanted);
  [[nodiscard]] Span latency();

  Schedule& schedule_;
  const Options& options_;
  Random random_;
  Surroundings surroundings_;
  storage::SimulatedDisk disk_;
  std::uint64_t life_ = 0;
  std::uint64_t boot_ = 0;
  bool power_goes_ = false;  // when the disk stops
  bool damaged_ = false;
  bool forgot_ = false;
  bool calm_ = false;

  // Of one life.
  std::unique_ptr<storage::MetaFile> meta_file_;
  journal::Meta meta_;
  bool is_new_ = false;
  std::optional<storage::Log> log_;
  std::unique_ptr<storage::SnapshotFile> snapshot_;
  std::deque<journal::BatchWriter> batches_;
  Epoch epoch_;
  bool writing_ = false;
  bool flush_due_ = false;  // in `relaxed`
  bool prepared_ = false;
  bool full_ = false;
  std::deque<Task> tasks_;
};

}  // namespace pawl::simulation
