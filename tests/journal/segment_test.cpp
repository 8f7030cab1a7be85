// SPDX-License-Identifier: Apache-2.0
#include "journal/segment.hpp"

#include <catch2/catch.hpp>

#include "journal/hex.hpp"
#include "journal/log_builder.hpp"

namespace pawl::journal {
namespace {

constexpr std::string_view old_segment =
    "5041574c2d57414c010000009021edf9efcdab907856341201[8]0210[13]06000000000000000200000000000"
    "0000300000000000000050000000000000063[423]fe9eac5a600483635041574c425443480002000003000000"
    "efcdab9078563412060000000000000005000000000000000300000000000000070000000000000008[15]6300"
    "0000000000000a1614a021e9a92e1d0abc4d4f48269e34a1b2080f8ca2a4319c55e8a35a5e51b4709b88016f29"
    "54bd66c17ca0c0f8cdd750d12916ee0fda61842822d30e476dfcc2789fb6bd61da321d960b92b7b8d1e78d00fc"
    "a8cb4a24427ee0f64a23b57c3af39cbcc402b6553d1359537bb0100f8a43572b88e640ef1e6c6bed2be4ec9dc1"
    "5e2cdffc436d27e8327c57076e4946fb7bf4b4a8b8629b10d7c7cbef9af7bb81e8ddb6603c191910f9f8e865ac"
    "b535d8b5738f8757c585f6c3ec4f52ebbb46bf95838426caea97090fdfbe78f0e737dcbacbdb58dc3fcd06cfb3"
    "299ba1e9a24c6d8d3100784582f2d8502944dc02ca66323106619e9b5e5fc3c6481b9f989447dd4c2c1567c12a"
    "9455c116232d7675d132af985123d0b5d1684bdcfcd0f5df3dec50eef61c06464147385ffe4293fb7acad6ad6c"
    "b86f2f071d2674c52c49dabd63c91a82c5ad6a01fb5e62add7deb140bb49d11261e9980038e8e3211441fedd1d"
    "3fb07e9af429073411d2ff9f7521b3cd76ec9b2f9c2438dfd32629edcbed210dea12be6ece94ba7a23c6f457cb"
    "4c40417700e1286b3cc5871ef980ddf6c1c376deb02ccf14b14ff11c9025351917";

std::vector<BuiltSegment> one_segment(std::vector<std::byte> bytes) {
  return {{{SegmentNumber{1}, LogIndex{7}}, 0, std::move(bytes), {}}};
}

}  // namespace

TEST_CASE("a segment header comes back as it was written") {
  const LogEnd end{LogIndex{6}, Epoch{2}, Epoch{3}, BatchSequence{5}, 99};
  std::vector<std::byte> bytes(segment_header_bytes);
  encode_segment_header({SegmentNumber{4}, 17, default_segment_bytes, true, end}, bytes);

  const auto header = std::get<SegmentHeader>(decode_segment_header(bytes));

  CHECK(header.number == SegmentNumber{4});
  CHECK(header.salt == 17);
  CHECK(header.capacity == default_segment_bytes);
  CHECK(header.after_loss);
  CHECK(header.before == end);
}

TEST_CASE("a segment of a size no writer makes is not a segment") {
  const std::uint64_t capacity =
      GENERATE(0U, 513U, min_segment_bytes - 512, max_segment_bytes + 512, ~std::uint64_t{0});
  std::vector<std::byte> bytes(segment_header_bytes);
  encode_segment_header({SegmentNumber{4}, 17, capacity, false, {}}, bytes);
  CHECK(std::holds_alternative<NotASegment>(decode_segment_header(bytes)));
}

TEST_CASE("a segment of format 1 is these bytes, for ever") {
  LogBuilder log({LogIndex{6}, Epoch{2}, Epoch{3}, BatchSequence{5}, 99});
  log.batch(3, {{7, 2, "seven"}, {0, 3, "vote"}, {8, 3, ""}});
  CHECK(to_hex(log.segments[0].bytes) == old_segment);

  const Replayed replayed = replay(one_segment(from_hex(old_segment)), {LogIndex{6}, {}});
  CHECK(outcome(replayed.result.verdict) == "clean");
  CHECK(replayed.records == std::vector<Written>{{7, 2, "seven"}, {0, 3, "vote"}, {8, 3, ""}});
}

}  // namespace pawl::journal
