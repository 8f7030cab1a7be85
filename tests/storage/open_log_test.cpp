// SPDX-License-Identifier: Apache-2.0
//
// The log of one of several nodes: records are overridden, a snapshot of another node comes in, the
// log begins anew behind it; and the power may go at any moment.
#include <functional>

#include "storage/catch_result.hpp"
#include "storage/storage_builder.hpp"

namespace pawl::storage {
namespace {

using Texts = std::vector<std::string>;

journal::Meta of_cluster() {
  journal::Meta meta;
  meta.cluster = 7;
  return meta;
}

Result<Log> reopen_in_cluster(SimulatedDisk& disk) {
  const auto back = read_back(disk, of_cluster());
  if (!back) return back.error();
  return open_log(disk, back->recovered, options_with());
}

// One entry as a batch of its own, flushed.
Result<void> write(Log& log, std::uint64_t index, std::uint64_t epoch, const std::string& payload) {
  const journal::Record record = entry(index, payload, epoch);
  journal::BatchEpoch order(log.end());
  journal::BatchWriter batch;
  batch.add(order.next(record), record);
  if (const auto done = log.write(batch); !done) return done.error();
  return log.sync();
}

Result<void> rotate(SimulatedDisk& disk, Log& log) {
  if (const auto done = prepare_segment(disk, small_segment); !done) return done.error();
  return log.rotate();
}

// What a start finds: the snapshot's text, if any, then the records behind it.
struct State {
  std::string snapshot;
  Texts records;
  bool operator==(const State&) const = default;
};

State found_on(SimulatedDisk& disk) {
  const auto back = read_back(disk, of_cluster());
  REQUIRE(back);
  REQUIRE(journal::is_usable(back->recovered.log.verdict));
  return {back->chunks.empty() ? "" : back->chunks[0], back->records};
}

struct Step {
  std::function<Result<void>(SimulatedDisk&, Log&)> run;
  State after;
};

Step append_step(std::uint64_t index, std::uint64_t epoch, const std::string& payload,
                 State after) {
  return {[=](SimulatedDisk&, Log& log) { return write(log, index, epoch, payload); },
          std::move(after)};
}

Step rotate_step(State after) { return {rotate, std::move(after)}; }

// Records 1 to 5, of which another primary replaces 4 and 5; a snapshot up to `upto` that does not
// follow from them; two records behind it, of which the second is replaced again.
std::vector<Step> life(std::uint64_t upto) {
  std::vector<Step> steps;
  Texts texts;
  for (std::uint64_t i = 1; i <= 5; ++i) {
    texts.push_back("old" + std::to_string(i));
    steps.push_back(append_step(i, 1, texts.back(), {"", texts}));
    if (i == 2) steps.push_back(rotate_step({"", texts}));
  }
  texts = {"old1", "old2", "old3", "other4"};
  steps.push_back(append_step(4, 2, "other4", {"", texts}));
  steps.push_back(rotate_step({"", texts}));
  for (std::uint64_t i = 5; i <= 8; ++i) {
    texts.push_back("other" + std::to_string(i));
    steps.push_back(append_step(i, 2, texts.back(), {"", texts}));
  }
  const auto install = [upto](SimulatedDisk& disk, Log&) {
    return save_snapshot(disk, upto, "given", 0, 3);
  };
  steps.push_back({install, {"given", {}}});
  const auto restart = [upto](SimulatedDisk& disk, Log& log) -> Result<void> {
    if (const auto done = prepare_segment(disk, small_segment); !done) return done.error();
    return log.restart_behind(LogIndex{upto}, Epoch{3});
  };
  steps.push_back({restart, {"given", {}}});
  steps.push_back(append_step(upto + 1, 3, "a", {"given", {"a"}}));
  steps.push_back(append_step(upto + 2, 3, "b", {"given", {"a", "b"}}));
  steps.push_back(rotate_step({"given", {"a", "b"}}));
  steps.push_back(append_step(upto + 2, 5, "B", {"given", {"a", "B"}}));
  steps.push_back(append_step(upto + 3, 5, "c", {"given", {"a", "B", "c"}}));
  return steps;
}

}  // namespace

TEST_CASE("at every moment of a standby's life the power may go, and a durable state is found") {
  const auto seed = GENERATE(range(1U, 9U));
  const std::uint64_t upto = GENERATE(7U, 8U, 20U);  // below, at, behind the end of the old log
  const bool power = GENERATE(true, false);
  CAPTURE(seed, upto, power);
  const std::vector<Step> steps = life(upto);
  std::size_t done = 0;
  for (std::uint64_t moment = 0; done < steps.size(); ++moment) {
    CAPTURE(moment);
    SimulatedDisk disk(seed * 1000 + moment);
    auto log = reopen_in_cluster(disk);
    REQUIRE(log);
    disk.stop_after(moment);
    for (done = 0; done < steps.size() && steps[done].run(disk, *log); ++done) {
    }
    if (power) {
      disk.cut_power();
    } else {
      disk.kill_process();
    }

    State found = found_on(disk);
    const State before = done == 0 ? State{} : steps[done - 1].after;
    const State next = done == steps.size() ? before : steps[done].after;
    if (found != before) REQUIRE(found == next);

    // It can be gone on with, behind what was found.
    auto opened = reopen_in_cluster(disk);
    REQUIRE(opened);
    REQUIRE(found_on(disk) == found);
    const std::uint64_t last = (found.snapshot.empty() ? 0 : upto) + found.records.size();
    REQUIRE(opened->end().index == LogIndex{last});
    REQUIRE(write(*opened, last + 1, 6, "more"));
    disk.cut_power();
    found.records.emplace_back("more");
    REQUIRE(found_on(disk) == found);
  }
}

TEST_CASE("one node alone goes on from its snapshot, whatever epoch that names") {
  SimulatedDisk disk;
  {
    auto log = reopen(disk);
    REQUIRE(append(disk, *log, "one"));
    REQUIRE(append(disk, *log, "two"));
  }
  REQUIRE(save_snapshot(disk, 1, "snapshot", 0, 2));

  CHECK(read_back(disk)->records == Texts{"two"});
  CHECK(reopen(disk)->end().index == LogIndex{2});
  CHECK(read_back(disk, of_cluster())->records.empty());
}

TEST_CASE("a damaged log that does not lead up to the snapshot is given up for it") {
  SimulatedDisk disk;
  {
    auto log = reopen_in_cluster(disk);
    for (std::uint64_t i = 1; i <= 3; ++i) REQUIRE(write(*log, i, 1, "old"));
    REQUIRE(rotate(disk, *log));
    REQUIRE(write(*log, 4, 1, "old"));
  }
  REQUIRE(save_snapshot(disk, 2, "given", 0, 3));
  disk.rot(wal(1, 1), 512 + 200, std::byte{1});
  const auto back = read_back(disk, of_cluster());
  REQUIRE(std::holds_alternative<journal::Damaged>(back->recovered.log.verdict));
  {
    auto log = open_log(disk, back->recovered, options_with(false, OnLoss::keep_prefix));
    REQUIRE(log);
    REQUIRE(log->end().index == LogIndex{2});
    REQUIRE(write(*log, 3, 3, "new"));
  }

  CHECK(found_on(disk) == State{"given", {"new"}});
}

}  // namespace pawl::storage
