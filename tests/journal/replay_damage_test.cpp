// SPDX-License-Identifier: Apache-2.0
//
// Every cut and every flip of a small log. What must come of each is derived here from where the
// batches were laid, by the rules of FORMAT.md ("Verdicts"), without asking the reader.
#include <catch2/catch.hpp>

#include "journal/log_builder.hpp"

namespace pawl::journal {
namespace {

std::string at(const char* word, const BuiltBatch& batch) {
  return std::string(word) + ' ' + std::to_string(batch.segment + 1) + ' ' +
         std::to_string(batch.offset);
}

// A log of three batches over two segments and a last batch of several sectors.
LogBuilder small_log() {
  LogBuilder log;
  log.entry("first");
  log.batch(1, {{2, 1, std::string(600, 'x')}, {3, 1, "third"}});
  log.begin_segment();
  log.entry("fourth");
  log.batch(1, {{5, 1, std::string(1500, 'y')}, {6, 1, std::string(100, '\0')}});
  return log;
}

// The verdict on a batch that was cut at `kept` bytes, all behind it being zero.
std::string expect_cut(const BuiltBatch& last, std::size_t kept) {
  if (kept == 0) return "clean";
  if (kept == last.length) return "clean";
  if (kept < batch_header_bytes) return at("suspect", last);  // how long it was is not known
  const std::size_t written_sectors = (kept + sector_bytes - 1) / sector_bytes;
  return at(written_sectors * sector_bytes < last.length ? "torn" : "suspect", last);
}

// Cutting within the padding or where the scrambled bytes end in zeros changes nothing.
bool changes(const BuiltSegment& segment, const BuiltBatch& batch, std::size_t kept) {
  return !all_zero(Bytes(segment.bytes).subspan(batch.offset + kept, batch.length - kept));
}

void check_prefix(const LogBuilder& log, const Replayed& replayed, std::size_t batches) {
  if (replayed.records != records_of(log, batches)) FAIL("not the records of the whole batches");
}

}  // namespace

TEST_CASE("a log cut at every byte of its last batch is clean, torn or suspect as the rules say") {
  const LogBuilder log = small_log();
  const BuiltBatch& last = log.batches.back();
  const bool truncated = GENERATE(false, true);

  for (std::size_t kept = 0; kept <= last.length; ++kept) {
    CAPTURE(kept, truncated);
    std::vector<BuiltSegment> segments = log.segments;
    std::vector<std::byte>& bytes = segments.back().bytes;
    bytes.resize(last.offset + kept);
    if (!truncated) bytes.resize(bytes.size() + 4096);

    const Replayed replayed = replay(segments);

    const bool whole = !changes(log.segments.back(), last, kept);
    const std::string expected = whole ? "clean" : expect_cut(last, kept);
    if (outcome(replayed.result.verdict) != expected) {
      FAIL(outcome(replayed.result.verdict) << " instead of " << expected);
    }
    check_prefix(log, replayed, whole ? 4 : 3);
  }
}

TEST_CASE("every lost or kept sector of the last batch: torn unless all of it is there") {
  const LogBuilder log = small_log();
  const BuiltBatch& last = log.batches.back();
  const std::size_t sectors = last.length / sector_bytes;
  REQUIRE(sectors == 4);

  for (std::size_t kept = 0; kept < (std::size_t{1} << sectors); ++kept) {
    CAPTURE(kept);
    std::vector<BuiltSegment> segments = log.segments;
    for (std::size_t i = 0; i < sectors; ++i) {
      if ((kept >> i & 1) != 0) continue;
      const auto start = segments.back().bytes.begin() +
                         static_cast<std::ptrdiff_t>(last.offset + i * sector_bytes);
      std::fill(start, start + sector_bytes, std::byte{0});
    }

    const Replayed replayed = replay(segments);

    const bool all = kept + 1 == std::size_t{1} << sectors;
    CHECK(outcome(replayed.result.verdict) == (kept == 0 || all ? "clean" : at("torn", last)));
    check_prefix(log, replayed, all ? 4 : 3);
  }
}

TEST_CASE("every flipped byte of a small log is found and judged as the rules say") {
  const LogBuilder log = small_log();
  const auto flip = GENERATE(std::byte{0x01}, std::byte{0x80}, std::byte{0xFF});
  const bool known = GENERATE(false, true);  // that the last batch was durable

  for (std::size_t s = 0; s < log.segments.size(); ++s) {
    std::vector<BuiltSegment> segments = log.segments;
    segments[s].bytes.resize(segments[s].bytes.size() + 1024);  // untouched ground
    for (std::size_t i = 0; i < segments[s].bytes.size(); ++i) {
      CAPTURE(s, i, known);
      std::byte& flipped = segments[s].bytes[i];
      flipped ^= flip;

      const Replayed replayed = replay(segments, {{}, BatchSequence{known ? 4U : 0U}});

      std::string expected = "clean";
      std::size_t whole = 4;
      if (i < segment_header_bytes) {
        expected = "damaged " + std::to_string(s + 1) + " 0";
        whole = s == 0 ? 0 : 2;
      }
      for (const BuiltBatch& batch : log.batches) {
        if (batch.segment != s || i < batch.offset || i >= batch.offset + batch.length) continue;
        whole = batch.sequence - 1;
        expected = at(batch.sequence < 4 || known ? "damaged" : "suspect", batch);
      }
      if (s == 1 && i >= log.segments[1].bytes.size()) {  // behind the log's end
        const std::size_t end = log.segments[1].bytes.size();
        expected = (i < end + sector_bytes ? "suspect 2 " : "torn 2 ") + std::to_string(end);
      }
      if (outcome(replayed.result.verdict) != expected) {
        FAIL(outcome(replayed.result.verdict) << " instead of " << expected);
      }
      check_prefix(log, replayed, whole);
      flipped ^= flip;
    }
  }
}

TEST_CASE("a later batch proves damage only if it knew the damaged one durable") {
  const std::uint64_t lag = GENERATE(0U, 1U);
  const bool zero_sector = GENERATE(false, true);
  LogBuilder log;
  log.entry("a");
  log.entry(std::string(700, 'b'), 0);
  log.entry("c", lag);
  std::vector<std::byte>& bytes = log.segments[0].bytes;
  const BuiltBatch& middle = log.batches[1];
  if (zero_sector) {
    const auto start = bytes.begin() + static_cast<std::ptrdiff_t>(middle.offset + sector_bytes);
    std::fill(start, start + sector_bytes, std::byte{0});
  } else {
    bytes[middle.offset + 700] ^= std::byte{1};
  }

  const Replayed replayed = replay(log.segments);

  const char* unproven = zero_sector ? "torn" : "suspect";
  CHECK(outcome(replayed.result.verdict) == at(lag == 0 ? "damaged" : unproven, middle));
  CHECK(replayed.records == records_of(log, 1));
}

TEST_CASE("damage names the indices that are lost") {
  LogBuilder log;
  log.entry("a");
  log.batch(1, {{2, 1, "b"}, {3, 1, "c"}});
  log.entry("d");
  std::vector<std::byte>& bytes = log.segments[0].bytes;

  SECTION("from the batch's own header") { bytes[log.batches[1].offset + 200] ^= std::byte{1}; }
  SECTION("from the batch behind it") { bytes[log.batches[1].offset + 20] ^= std::byte{1}; }

  const auto damaged = std::get<Damaged>(replay(log.segments).result.verdict);
  CHECK(damaged.first == LogIndex{2});
  CHECK(damaged.last == LogIndex{3});
}

TEST_CASE("a read error is never taken for a torn write") {
  LogBuilder log = small_log();
  const BuiltBatch& last = log.batches.back();
  const auto unreadable = [&](std::size_t segment, std::uint64_t begin, std::uint64_t end) {
    log.segments[segment].unreadable = {{begin, end}};
    std::vector<std::byte>& bytes = log.segments[segment].bytes;
    if (bytes.size() < end) bytes.resize(end);
    std::fill(bytes.begin() + static_cast<std::ptrdiff_t>(begin),
              bytes.begin() + static_cast<std::ptrdiff_t>(end), std::byte{0});
    return outcome(replay(log.segments).result.verdict);
  };

  SECTION("in a segment header") { CHECK(unreadable(1, 0, 512) == "damaged 2 0"); }
  SECTION("in the last batch") {
    CHECK(unreadable(1, last.offset, last.offset + 512) == at("suspect", last));
  }
  SECTION("in its body") {
    CHECK(unreadable(1, last.offset + 1024, last.offset + 1536) == at("suspect", last));
  }
  SECTION("in all of it") {
    CHECK(unreadable(1, last.offset, last.offset + last.length) == at("suspect", last));
  }
  SECTION("in a batch that was durable") {
    CHECK(unreadable(1, 512, 1024) == at("damaged", log.batches[2]));
  }
  SECTION("behind the log's end") {
    const std::size_t end = log.segments[1].bytes.size();
    CHECK(unreadable(1, end + 512, end + 1024) == "suspect 2 " + std::to_string(end));
  }
  SECTION("behind the end of a segment that is not the last") {
    const std::size_t end = log.segments[0].bytes.size();
    CHECK(unreadable(0, end, end + 512) == "clean");
  }
}

}  // namespace pawl::journal
