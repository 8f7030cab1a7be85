// SPDX-License-Identifier: Apache-2.0
#include "storage/log_writer.hpp"

#include <condition_variable>

#include "storage/catch_result.hpp"
#include "storage/storage_builder.hpp"

namespace pawl::storage {
namespace {

using Texts = std::vector<std::string>;

// What the writer reports, to wait for without a clock.
class Reports {
 public:
  void add(const LogEvent& event) {
    const std::lock_guard lock(mutex_);
    events_.push_back(event);
    changed_.notify_all();
  }
  LogWriter::Notify notify() {
    return [this](const LogEvent& event) { add(event); };
  }
  void wait_for_ticket(std::uint64_t ticket) {
    wait([ticket](const LogEvent& event) {
      const auto* flushed = std::get_if<Flushed>(&event);
      return flushed != nullptr && flushed->ticket >= ticket;
    });
  }
  Failure wait_for_failure() {
    return std::get<LogFailed>(
               wait([](const LogEvent& event) { return std::holds_alternative<LogFailed>(event); }))
        .failure;
  }
  void wait_for_space(bool low) {
    wait([low](const LogEvent& event) {
      const auto* space = std::get_if<SpaceChanged>(&event);
      return space != nullptr && space->low == low;
    });
  }
  std::vector<LogEvent> all() {
    const std::lock_guard lock(mutex_);
    return events_;
  }

 private:
  LogEvent wait(const std::function<bool(const LogEvent&)>& wanted) {
    std::unique_lock lock(mutex_);
    auto found = events_.end();
    changed_.wait(lock, [&] {
      found = std::find_if(events_.begin(), events_.end(), wanted);
      return found != events_.end();
    });
    return *found;
  }

  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<LogEvent> events_;
};

std::uint64_t hand_over(LogWriter& writer, std::uint64_t index, std::string_view payload,
                        std::uint64_t epoch = 1) {
  writer.append(entry(index, payload, epoch));
  return writer.flush();
}

struct Setup {
  explicit Setup(LogWriterOptions options = {}, std::uint64_t seed = 1)
      : disk(seed), writer(disk, std::move(*reopen(disk)), options, worker, reports.notify()) {}

  SimulatedDisk disk;
  Worker worker;
  Reports reports;
  LogWriter writer;
};

}  // namespace

TEST_CASE("what is reported flushed survives a power cut in the same moment") {
  const auto seed = GENERATE(range(1U, 9U));
  Setup setup({}, seed);
  setup.worker.drain();
  setup.writer.append(entry(1, "a"));
  setup.writer.append(entry(2, "b"));
  CHECK(setup.writer.flush() == 1);
  CHECK(setup.writer.flush() == 1);
  CHECK(hand_over(setup.writer, 3, "c") == 2);
  setup.reports.wait_for_ticket(2);

  setup.disk.cut_power();

  CHECK(read_back(setup.disk)->records == Texts{"a", "b", "c"});
}

TEST_CASE("closing writes what was appended, and then the log is clean") {
  Setup setup;
  setup.writer.append(entry(1, "a"));

  REQUIRE(setup.writer.close());
  setup.disk.cut_power();

  CHECK(setup.writer.durable() == journal::BatchSequence{1});
  CHECK(read_back(setup.disk)->records == Texts{"a"});
}

TEST_CASE("many turns, batches and segments are reported in order and read back in order") {
  Setup setup;
  Texts expected;
  std::uint64_t ticket = 0;
  for (std::uint64_t i = 1; i <= 60; ++i) {
    expected.push_back(std::to_string(i) + std::string(i % 7 * 20'000, 'x'));
    setup.writer.append(entry(i, expected.back()));
    if (i % 3 == 0) ticket = setup.writer.flush();
  }
  setup.reports.wait_for_ticket(ticket);
  REQUIRE(setup.writer.close());

  std::uint64_t last_ticket = 0;
  LogIndex last_index;
  for (const LogEvent& event : setup.reports.all()) {
    const auto* flushed = std::get_if<Flushed>(&event);
    if (flushed == nullptr) continue;
    CHECK(flushed->ticket >= last_ticket);
    CHECK(flushed->index > last_index);
    last_ticket = flushed->ticket;
    last_index = flushed->index;
  }
  CHECK(last_index == LogIndex{60});
  const auto back = read_back(setup.disk);
  CHECK(back->records == expected);
  CHECK(back->recovered.inventory.segments.size() > 2);
}

TEST_CASE("what a newer primary sends overrides what was handed over, flushed or not") {
  const bool is_flushed = GENERATE(true, false);
  const bool in_next_segment = GENERATE(true, false);
  CAPTURE(is_flushed, in_next_segment);
  Setup setup;
  const std::string rest(in_next_segment ? 900'000 : 1, 'x');
  setup.writer.append(entry(1, "a", 1));
  setup.writer.append(entry(2, "b" + rest, 3));
  std::uint64_t ticket = hand_over(setup.writer, 3, "c", 3);
  if (is_flushed) setup.reports.wait_for_ticket(ticket);
  hand_over(setup.writer, 2, "B" + rest, 2);  // made before those that it replaces
  hand_over(setup.writer, 3, "C", 2);
  hand_over(setup.writer, 3, "see", 4);
  ticket = hand_over(setup.writer, 4, "d", 4);
  setup.reports.wait_for_ticket(ticket);
  REQUIRE(setup.writer.close());

  CHECK(setup.writer.last_index() == LogIndex{4});
  const auto back = read_back(setup.disk);
  CHECK(std::holds_alternative<journal::Clean>(back->recovered.log.verdict));
  CHECK(back->records == Texts{"a", "B" + rest, "see", "d"});
}

TEST_CASE("a log begins anew behind a snapshot, whatever was pending") {
  const bool is_pending = GENERATE(true, false);
  const bool goes_on = GENERATE(true, false);
  CAPTURE(is_pending, goes_on);
  Setup setup;
  const std::uint64_t ticket = hand_over(setup.writer, 1, "a");
  setup.writer.append(entry(2, "void"));
  if (!is_pending) setup.reports.wait_for_ticket(ticket);
  REQUIRE(save_snapshot(setup.disk, 10, "given", 0, 5));

  setup.writer.restart_behind(LogIndex{10}, Epoch{5});
  CHECK(setup.writer.last_index() == LogIndex{10});
  if (goes_on) {
    setup.reports.wait_for_ticket(hand_over(setup.writer, 11, "b", 5));
    hand_over(setup.writer, 11, "B", 6);
  }
  REQUIRE(setup.writer.close());
  setup.disk.cut_power();

  journal::Meta meta;
  meta.cluster = 7;
  const auto back = read_back(setup.disk, meta);
  CHECK(std::holds_alternative<journal::Clean>(back->recovered.log.verdict));
  CHECK(back->recovered.log.misses_snapshot == false);
  CHECK(back->chunks == Texts{"given"});
  CHECK(back->records == (goes_on ? Texts{"B"} : Texts{}));
  CHECK(setup.disk.exists(wal(2, 11)));
}

TEST_CASE("a turn larger than a batch is flushed whole before its ticket is reported") {
  Setup setup;
  const std::string large(400'000, 'x');
  for (std::uint64_t i = 1; i <= 5; ++i) setup.writer.append(entry(i, large));
  const std::uint64_t ticket = setup.writer.flush();

  setup.reports.wait_for_ticket(ticket);

  for (const LogEvent& event : setup.reports.all()) {
    const auto* flushed = std::get_if<Flushed>(&event);
    if (flushed != nullptr) CHECK((flushed->ticket == ticket) == (flushed->index == LogIndex{5}));
  }
}

TEST_CASE("a failed flush is reported once, and nothing after it") {
  Setup setup;
  hand_over(setup.writer, 1, "a");
  setup.reports.wait_for_ticket(1);
  setup.worker.drain();
  setup.disk.fail_sync_in(0);

  hand_over(setup.writer, 2, "b");
  const Failure failure = setup.reports.wait_for_failure();
  hand_over(setup.writer, 3, "c");
  hand_over(setup.writer, 4, "d");

  CHECK(failure.kind == FailureKind::sync);
  CHECK_FALSE(setup.writer.close());
  const auto events = setup.reports.all();
  CHECK(std::holds_alternative<LogFailed>(events.back()));
  CHECK(std::count_if(events.begin(), events.end(), [](const LogEvent& event) {
          return std::holds_alternative<LogFailed>(event);
        }) == 1);
}

TEST_CASE("a full disk is told, and what fits into the segment in hand is still written") {
  Setup setup;
  setup.worker.drain();
  setup.disk.set_capacity(3 * small_segment);

  setup.writer.check_space();
  setup.reports.wait_for_space(true);
  setup.reports.wait_for_ticket(hand_over(setup.writer, 1, "a"));

  setup.disk.set_capacity(20 * small_segment);
  setup.writer.check_space();
  setup.reports.wait_for_space(false);
  CHECK(setup.writer.close());
}

TEST_CASE("a log that ran out of room entirely fails only when it is closed") {
  Setup setup;
  setup.worker.drain();
  setup.disk.set_capacity(3 * small_segment);
  const std::string large(700'000, 'x');
  for (std::uint64_t i = 1; i <= 4; ++i) hand_over(setup.writer, i, large);
  setup.reports.wait_for_ticket(3);  // the segment in hand, the prepared one, the ballast's room

  CHECK_FALSE(setup.writer.close());
  CHECK(setup.reports.wait_for_failure().kind == FailureKind::no_space);
  CHECK(read_back(setup.disk)->records.size() == 3);
}

TEST_CASE("a directory that vanished is a failure") {
  Setup setup;
  setup.disk.vanish();
  setup.writer.check_space();
  CHECK(setup.reports.wait_for_failure().kind == FailureKind::missing);
  CHECK_FALSE(setup.writer.close());
}

TEST_CASE("relaxed reports what is written, flushes in its time, and in any case at the end") {
  Setup setup({Durability::relaxed, std::chrono::hours(1)});
  setup.worker.drain();
  setup.reports.wait_for_ticket(hand_over(setup.writer, 1, "a"));
  setup.reports.wait_for_ticket(hand_over(setup.writer, 2, "b"));
  const std::uint64_t before = setup.disk.syncs();
  for (std::uint64_t i = 3; i < 20; ++i) {
    setup.reports.wait_for_ticket(hand_over(setup.writer, i, "c"));
  }
  CHECK(setup.disk.syncs() <= before + 1);  // the first one is due at once

  REQUIRE(setup.writer.close());
  setup.disk.cut_power();
  CHECK(read_back(setup.disk)->records.size() == 19);
}

TEST_CASE("relaxed flushes while nothing more comes") {
  Setup setup({Durability::relaxed, std::chrono::milliseconds(1)});
  setup.reports.wait_for_ticket(hand_over(setup.writer, 1, "a"));
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(20);
  while (setup.writer.durable() < journal::BatchSequence{1} &&
         std::chrono::steady_clock::now() < deadline) {
    std::this_thread::yield();
  }
  setup.disk.cut_power();
  CHECK(read_back(setup.disk)->records.size() == 1);
}

TEST_CASE("a power cut in relaxed leaves a prefix of what was written") {
  const auto seed = GENERATE(range(1U, 30U));
  SimulatedDisk disk(seed);
  Texts written;
  auto log = reopen(disk);
  for (std::uint64_t i = 1; i <= 12; ++i) {
    journal::BatchWriter batch;
    written.push_back(std::string(i * 100, 'x'));
    batch.add(Epoch{1}, entry(i, written.back()));
    REQUIRE(log->write(batch));
    if (i == 4) REQUIRE(log->sync());
    if (i != 9) continue;
    REQUIRE(prepare_segment(disk, small_segment));
    REQUIRE(log->rotate());
  }
  disk.cut_power();

  Texts found;
  REQUIRE(reopen(disk, &found));

  CHECK(found.size() >= 9);  // to begin a segment is to have flushed the one before
  CHECK(std::equal(found.begin(), found.end(), written.begin()));
}

TEST_CASE("none reports at once and writes nothing") {
  SimulatedDisk disk;
  Worker worker;
  Reports reports;
  LogWriter writer(disk, std::nullopt, {Durability::none, {}}, worker, reports.notify());
  CHECK_FALSE(writer.free_bytes());

  CHECK(hand_over(writer, 1, "a") == 1);

  REQUIRE(reports.all().size() == 1);
  CHECK(std::get<Flushed>(reports.all()[0]).index == LogIndex{1});
  CHECK(writer.close());
  CHECK(disk.list()->empty());
}

}  // namespace pawl::storage
