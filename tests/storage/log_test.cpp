// SPDX-License-Identifier: Apache-2.0
#include "storage/log.hpp"

#include "storage/catch_result.hpp"
#include "storage/storage_builder.hpp"

namespace pawl::storage {
namespace {

const std::string large(300'000, 'x');
const std::string larger(500'000, 'x');

}  // namespace

TEST_CASE("a log goes on in the prepared segment when one is full") {
  SimulatedDisk disk;
  {
    auto log = reopen(disk);
    REQUIRE(log);
    for (int i = 0; i < 8; ++i) REQUIRE(append(disk, *log, large));
  }

  const auto back = read_back(disk);

  REQUIRE(back);
  CHECK(back->records == std::vector<std::string>(8, large));
  CHECK(std::holds_alternative<journal::Clean>(back->recovered.log.verdict));
  CHECK(back->recovered.inventory.segments.size() == 3);
  CHECK_FALSE(disk.exists("next-segment.tmp"));
}

TEST_CASE("rotation without a prepared segment fails and leaves the log as it is") {
  SimulatedDisk disk;
  auto log = reopen(disk);
  REQUIRE(append(disk, *log, "a"));

  CHECK(log->rotate().error().kind == FailureKind::missing);

  CHECK(read_back(disk)->records == std::vector<std::string>{"a"});
}

TEST_CASE("a segment that does not fit is not begun, and nothing of it stays") {
  SimulatedDisk disk;
  auto log = reopen(disk);
  disk.set_capacity(small_segment + small_segment / 2);

  CHECK(prepare_segment(disk, small_segment).error().kind == FailureKind::no_space);

  CHECK_FALSE(disk.exists("next-segment.tmp"));
  CHECK(append(disk, *log, "a"));
}

// The heart of it: power is cut at every step of a run over several segments, and again while it is
// made good. Whatever was reported flushed is there; nothing else but what was being written is.
TEST_CASE("no power cut at any step loses a flushed record or invents one") {
  const auto seed = GENERATE(range(1U, 4U));
  constexpr std::size_t count = 4;  // of two records to a segment
  for (std::uint64_t steps = 0;; ++steps) {
    CAPTURE(seed, steps);
    SimulatedDisk disk(seed * 1000 + steps);
    std::size_t flushed = 0;
    disk.stop_after(steps);
    if (auto log = reopen(disk)) {
      while (flushed < count && append(disk, *log, std::to_string(flushed) + larger)) ++flushed;
    }
    const bool done = !disk.stopped();
    disk.cut_power();

    disk.stop_after(steps % 13);  // and in the middle of the restart
    static_cast<void>(reopen(disk));
    disk.cut_power();

    std::vector<std::string> found;
    auto log = reopen(disk, &found);
    if (!log) FAIL(log.error().message);
    if (found.size() < flushed || found.size() > flushed + 1) FAIL("lost or invented");
    for (std::size_t i = 0; i < found.size(); ++i) {
      if (found[i] != std::to_string(i) + larger) FAIL("not the record that was written");
    }
    if (!append(disk, *log, "after")) FAIL("the log does not go on");
    disk.cut_power();
    if (read_back(disk)->records.size() != found.size() + 1) FAIL("lost after the restart");
    if (done) break;
  }
}

TEST_CASE("what a failed flush left in memory is not believed after the process died") {
  SimulatedDisk disk;
  {
    auto log = reopen(disk);
    REQUIRE(append(disk, *log, "a"));
    disk.fail_sync_in(0);
    REQUIRE(append(disk, *log, "b").error().kind == FailureKind::sync);
  }
  disk.kill_process();

  std::vector<std::string> found;
  auto log = reopen(disk, &found);
  REQUIRE(log);
  REQUIRE(append(disk, *log, "c"));
  disk.cut_power();

  const auto back = read_back(disk);
  found.emplace_back("c");
  CHECK(back->records == found);  // what this start saw is on the disk, or it was not seen
  CHECK(journal::is_usable(back->recovered.log.verdict));
}

TEST_CASE("after a clean shutdown the log goes on in its place without being copied") {
  SimulatedDisk disk;
  {
    auto log = reopen(disk);
    REQUIRE(append(disk, *log, "a"));
  }
  const std::uint64_t before = disk.syncs();

  auto log = reopen(disk, nullptr, options_with(true));

  REQUIRE(log);
  CHECK(disk.syncs() == before);
  REQUIRE(append(disk, *log, "b"));
  CHECK(read_back(disk)->records == std::vector<std::string>{"a", "b"});
}

}  // namespace pawl::storage
