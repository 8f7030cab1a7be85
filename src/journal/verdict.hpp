// SPDX-License-Identifier: Apache-2.0
//
// What a log turned out to be. Torn: never acknowledged, may be cut. Damaged: acknowledged records
// are lost for certain. Suspect: they may be. Corrupt is never taken for empty.
#pragma once

#include <cstdint>
#include <string>
#include <variant>

#include "journal/record.hpp"

namespace pawl::journal {

// What was found wrong where the log could not be read on.
enum class Flaw : std::uint8_t {
  segment_missing,
  segment_header,
  batch_header,
  batch_body,
  batch_records,  // a right checksum over records no writer makes
  unreadable,     // the disk would not give the bytes
  sequence,       // batches are missing
  chain,          // does not follow the batch before
  index_gap,
  epoch,       // fell, or an override without a newer epoch
  ends_early,  // before what was known to be durable
};

struct Clean {};

struct Torn {
  SegmentNumber segment;
  std::uint64_t offset = 0;
};

// `first` is the first index that cannot be read, `last` the last one known to be lost (0:
// unknown).
struct Damaged {
  SegmentNumber segment;
  std::uint64_t offset = 0;
  LogIndex first;
  LogIndex last;
  Flaw flaw = Flaw::batch_body;
};

struct Suspect {
  SegmentNumber segment;
  std::uint64_t offset = 0;
  LogIndex first;
  LogIndex last;
  Flaw flaw = Flaw::batch_body;
};

struct NewerFormat {
  SegmentNumber segment;
  std::uint32_t version = 0;
};

using Verdict = std::variant<Clean, Torn, Damaged, Suspect, NewerFormat>;

[[nodiscard]] const char* to_string(Flaw flaw);

// One line for an operator, without the file's name: "damaged at offset 512: …".
[[nodiscard]] std::string describe(const Verdict& verdict);

// The log may be continued behind what was read: nothing acknowledged is missing.
[[nodiscard]] inline bool is_usable(const Verdict& verdict) {
  return std::holds_alternative<Clean>(verdict) || std::holds_alternative<Torn>(verdict);
}

}  // namespace pawl::journal
