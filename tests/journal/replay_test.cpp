// SPDX-License-Identifier: Apache-2.0
#include "journal/replay.hpp"

#include <catch2/catch.hpp>
#include <random>

#include "journal/log_builder.hpp"
#include "journal/preamble.hpp"

namespace pawl::journal {
namespace {

std::vector<std::uint64_t> indices(const Replayed& replayed) {
  std::vector<std::uint64_t> found;
  for (const Written& written : replayed.records) found.push_back(written.index);
  return found;
}

using Indices = std::vector<std::uint64_t>;

}  // namespace

TEST_CASE("a log gives back its records, in order, over all its segments") {
  LogBuilder log;
  log.batch(1, {{1, 1, "a"}, {2, 1, std::string(3000, 'b')}});
  log.entry("");
  log.begin_segment();
  log.batch(4, {{0, 4, "vote"}, {4, 3, "d"}});

  const Replayed replayed = replay(log.segments);

  CHECK(outcome(replayed.result.verdict) == "clean");
  CHECK(replayed.records == records_of(log, 3));
  CHECK(replayed.result.end == log.end);
  CHECK(replayed.result.segment == SegmentNumber{2});
  CHECK(replayed.result.offset == log.segments[1].bytes.size());
  CHECK(replayed.result.salt == log.segments[1].salt);
}

TEST_CASE("any records come back as they went in") {
  const auto seed = GENERATE(range(1U, 30U));
  CAPTURE(seed);
  std::mt19937_64 random(seed);
  LogBuilder log;
  for (int i = 0; i < 40; ++i) {
    if (random() % 8 == 0) log.begin_segment();
    std::vector<Written> records;
    for (std::uint64_t k = 0; k <= random() % 5; ++k) {
      std::string payload(random() % (random() % 10 == 0 ? 20'000 : 200), '\0');
      if (random() % 2 == 0) {
        for (char& c : payload) c = static_cast<char>(random());
      }
      const bool local = random() % 7 == 0;
      const std::uint64_t entries = static_cast<std::uint64_t>(
          std::count_if(records.begin(), records.end(), [](auto& r) { return r.index != 0; }));
      records.push_back({local ? 0 : log.end.index.value + 1 + entries, 1, std::move(payload)});
    }
    log.batch(1, records, random() % 3);
  }

  const Replayed replayed = replay(log.segments);

  CHECK(outcome(replayed.result.verdict) == "clean");
  CHECK(replayed.records == records_of(log, log.batches.size()));
  CHECK(replayed.result.end == log.end);
}

TEST_CASE("records that the snapshot holds are not handed out") {
  LogBuilder log;
  log.batch(1, {{1, 1, "a"}, {2, 1, "b"}, {3, 1, "c"}});
  log.entry("d");

  CHECK(indices(replay(log.segments, {LogIndex{2}, {}})) == Indices{3, 4});
  CHECK(indices(replay(log.segments, {LogIndex{4}, {}})).empty());
}

TEST_CASE("behind a snapshot only a log counts that leads up to it") {
  LogBuilder log;
  log.batch(1, {{1, 1, "a"}, {2, 1, "b"}, {3, 1, "c"}, {4, 1, "d"}});
  const auto behind = [&](std::uint64_t index, std::uint64_t epoch) {
    return replay(log.segments, {LogIndex{index}, {}, Epoch{epoch}});
  };

  CHECK(indices(behind(3, 1)) == Indices{4});
  CHECK_FALSE(behind(3, 1).result.misses_snapshot);
  SECTION("not one with another record in its place") {
    CHECK(indices(behind(3, 2)).empty());
    CHECK(behind(3, 2).result.misses_snapshot);
    CHECK(outcome(behind(3, 2).result.verdict) == "clean");
    CHECK(behind(3, 2).result.end == log.end);
  }
  SECTION("not one that ends before it") {
    CHECK(behind(4, 1).result.misses_snapshot == false);
    CHECK(behind(5, 1).result.misses_snapshot);
  }
  SECTION("one whose override brought that record") {
    log.batch(2, {{2, 2, "B"}, {3, 2, "C"}});
    CHECK(behind(3, 1).result.misses_snapshot);
    CHECK_FALSE(behind(3, 2).result.misses_snapshot);
    CHECK(indices(behind(3, 2)).empty());
    log.batch(2, {{4, 2, "D"}});
    CHECK(indices(behind(3, 2)) == Indices{4});
    CHECK(indices(behind(3, 1)).empty());
  }
  SECTION("one that goes on from it in a segment of its own") {
    log.end = {LogIndex{9}, Epoch{5}, Epoch{5}, log.end.sequence, log.end.checksum};
    log.begin_segment();
    log.batch(5, {{10, 5, "j"}});
    log.segments.erase(log.segments.begin());
    CHECK(indices(behind(9, 5)) == Indices{10});
    CHECK(indices(behind(9, 4)).empty());
  }
}

TEST_CASE("after any overrides over any segments the log is the one of the last primary") {
  const auto seed = GENERATE(range(1U, 60U));
  CAPTURE(seed);
  std::mt19937_64 random(seed);
  LogBuilder log;
  std::vector<Written> model;
  std::uint64_t epoch = 1;
  for (int i = 0; i < 40; ++i) {
    if (random() % 6 == 0) log.begin_segment();
    if (!model.empty() && random() % 5 == 0) {
      model.resize(model.size() - 1 - random() % std::min<std::size_t>(model.size(), 6));
      ++epoch;
    }
    const std::size_t from = model.size();
    const std::uint64_t least = model.empty() ? 1 : model.back().epoch;
    // A primary also hands on what others made before.
    const std::uint64_t made = least + random() % (epoch - least + 1);
    for (std::uint64_t k = 0; k <= random() % 4; ++k) {
      model.push_back({model.size() + 1, made, std::to_string(random() % 1000)});
    }
    log.batch(epoch, {model.begin() + static_cast<std::ptrdiff_t>(from), model.end()});
  }

  for (std::uint64_t snapshot = 0; snapshot <= model.size() + 2; ++snapshot) {
    for (std::uint64_t at = 0; at <= epoch; ++at) {
      std::vector<BuiltSegment> segments = log.segments;
      std::size_t first = 0;
      for (std::size_t i = 0; i < segments.size(); ++i) {
        if (segments[i].name.first_index.value <= snapshot + 1) first = i;
      }
      segments.erase(segments.begin(), segments.begin() + static_cast<std::ptrdiff_t>(first));
      const Replayed replayed = replay(segments, {LogIndex{snapshot}, {}, Epoch{at}});

      const bool leads_up = snapshot == 0 ? true
                            : snapshot > model.size()
                                ? false
                                : model[static_cast<std::size_t>(snapshot) - 1].epoch == at;
      const auto behind = static_cast<std::ptrdiff_t>(leads_up ? snapshot : model.size());
      CAPTURE(snapshot, at);
      REQUIRE(outcome(replayed.result.verdict) == "clean");
      REQUIRE(replayed.result.misses_snapshot == !leads_up);
      REQUIRE(replayed.records == std::vector<Written>(model.begin() + behind, model.end()));
      REQUIRE(replayed.result.end == log.end);
    }
  }
}

TEST_CASE("a newer primary's batch overrides what was not committed") {
  LogBuilder log;
  log.batch(1, {{1, 1, "a"}, {2, 1, "b"}, {3, 1, "c"}});
  log.batch(4, {{2, 2, "B"}});
  log.batch(4, {{3, 4, "C"}});

  const Replayed replayed = replay(log.segments);

  CHECK(outcome(replayed.result.verdict) == "clean");
  CHECK(replayed.records == std::vector<Written>{{1, 1, "a"}, {2, 2, "B"}, {3, 4, "C"}});
}

TEST_CASE("an override in the same epoch is damage, two primaries cannot be") {
  LogBuilder log;
  log.batch(2, {{1, 1, "a"}, {2, 1, "b"}});
  log.end.index = LogIndex{1};
  log.batch(2, {{2, 2, "B"}});

  const Replayed replayed = replay(log.segments);

  CHECK(outcome(replayed.result.verdict) == "damaged 1 1024");
  CHECK(std::get<Damaged>(replayed.result.verdict).flaw == Flaw::epoch);
  CHECK(indices(replayed) == Indices{1, 2});
}

TEST_CASE("an epoch that falls is damage") {
  LogBuilder log;
  log.batch(3, {{1, 3, "a"}});
  log.batch(2, {{2, 2, "b"}});

  CHECK(outcome(replay(log.segments).result.verdict) == "damaged 1 1024");
}

TEST_CASE("a gap in the indices is damage") {
  LogBuilder log;
  log.entry("a");
  log.batch(1, {{4, 1, "d"}});

  const auto damaged = std::get<Damaged>(replay(log.segments).result.verdict);

  CHECK(damaged.flaw == Flaw::index_gap);
  CHECK(damaged.first == LogIndex{2});
  CHECK(damaged.last == LogIndex{3});
}

TEST_CASE("a missing segment is damage, first, middle or last") {
  LogBuilder log;
  for (int i = 0; i < 3; ++i) {
    if (i > 0) log.begin_segment();
    log.entry("x");
    log.entry("y");
  }
  const ReplayStart known{{}, BatchSequence{6}};

  SECTION("first") {
    log.segments.erase(log.segments.begin());
    const Replayed replayed = replay(log.segments);
    CHECK(outcome(replayed.result.verdict) == "damaged 2 0");
    CHECK(replayed.records.empty());
  }
  SECTION("middle") {
    log.segments.erase(log.segments.begin() + 1);
    const Replayed replayed = replay(log.segments);
    CHECK(std::get<Damaged>(replayed.result.verdict).flaw == Flaw::segment_missing);
    CHECK(indices(replayed) == Indices{1, 2});
  }
  SECTION("last, if the log was known to reach further") {
    log.segments.pop_back();
    CHECK(outcome(replay(log.segments).result.verdict) == "clean");
    const auto damaged = std::get<Damaged>(replay(log.segments, known).result.verdict);
    CHECK(damaged.flaw == Flaw::ends_early);
    CHECK(damaged.first == LogIndex{5});
  }
  SECTION("all") {
    CHECK(outcome(replay({}).result.verdict) == "clean");
    CHECK(outcome(replay({}, known).result.verdict) == "damaged 0 0");
    CHECK(outcome(replay({}, {LogIndex{2}, {}}).result.verdict) == "damaged 0 0");
  }
}

TEST_CASE("a segment under another segment's name is damage") {
  LogBuilder log;
  log.entry("a");
  log.begin_segment();
  log.entry("b");
  std::swap(log.segments[0].bytes, log.segments[1].bytes);

  CHECK(outcome(replay(log.segments).result.verdict) == "damaged 1 0");
}

TEST_CASE("a batch from another segment is not believed") {
  LogBuilder log;
  log.entry("a");
  log.begin_segment();
  log.entry("b");
  log.begin_segment();
  std::vector<std::byte>& first = log.segments[0].bytes;
  std::vector<std::byte>& second = log.segments[1].bytes;
  std::copy(first.begin() + 512, first.begin() + 1024, second.begin() + 512);

  CHECK(outcome(replay(log.segments).result.verdict) == "damaged 2 512");
}

TEST_CASE("a newer format is named, not read") {
  LogBuilder log;
  log.entry("a");
  log.begin_segment();
  std::vector<std::byte>& bytes = log.segments[1].bytes;
  store32(bytes, 8, 2);
  store32(bytes, 12, static_cast<std::uint32_t>(checksum(Bytes(bytes).first(12), 0)));

  const Replayed replayed = replay(log.segments);

  CHECK(outcome(replayed.result.verdict) == "newer 2");
  CHECK(std::get<NewerFormat>(replayed.result.verdict).version == 2);
}

TEST_CASE("a segment begun after an accepted loss starts sequence and chain anew, not the index") {
  LogBuilder log;
  log.entry("a");
  log.end.sequence = BatchSequence{900};
  log.end.checksum = 77;
  log.begin_segment(true);
  log.entry("b");
  CHECK(indices(replay(log.segments)) == Indices{1, 2});

  log.end.index = LogIndex{9};
  log.begin_segment(true);
  CHECK(std::get<Damaged>(replay(log.segments).result.verdict).flaw == Flaw::index_gap);
}

TEST_CASE("a batch cannot claim to have known itself durable") {
  LogBuilder log;
  log.entry("a");
  BatchHeader header =
      *decode_batch_header(Bytes(log.segments[0].bytes).subspan(512), log.segments[0].salt);
  header.durable = header.sequence;
  encode_batch_header(header, MutableBytes(log.segments[0].bytes).subspan(512));

  CHECK(outcome(replay(log.segments).result.verdict) == "damaged 1 512");
}

}  // namespace pawl::journal
