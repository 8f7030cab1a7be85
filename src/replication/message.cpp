// SPDX-License-Identifier: Apache-2.0
#include "replication/message.hpp"

namespace pawl::replication {

bool EntryBlock::parse(std::uint64_t count, std::string_view bytes, EntryBlock& block) {
  ByteReader in{bytes};
  std::uint64_t epoch = 0;
  for (std::uint64_t i = 0; i < count && in.ok(); ++i) {
    std::uint64_t next = in.number();
    static_cast<void>(in.text());
    if (next < epoch) return false;
    epoch = next;
  }
  if (!in.ok() || !in.at_end()) return false;
  block.count_ = count;
  block.bytes_ = bytes;
  return true;
}

}  // namespace pawl::replication
