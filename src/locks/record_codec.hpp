// SPDX-License-Identifier: Apache-2.0
//
// A record's bytes: one byte of kind (never reused for another meaning), then its fields in the
// order of record.hpp, but what few LOCKs have comes last, if they have it. A kind may gain fields
// at its end only under a new kind number.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "locks/record.hpp"

namespace pawl::locks {

// Appends to `out`.
void encode_record(std::string& out, const Record& record);

// Reusable: its lists keep their storage. A record's views point into the bytes given and into
// those lists, and last until the next decode.
class RecordDecoder {
 public:
  // Nothing: these are not the bytes of one whole record.
  [[nodiscard]] std::optional<Record> decode(std::string_view bytes);

 private:
  std::vector<std::string_view> names_;
  std::vector<HoldName> holds_;
  std::vector<ClaimNumber> waits_;
};

}  // namespace pawl::locks
