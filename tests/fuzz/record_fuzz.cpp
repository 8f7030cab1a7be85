// SPDX-License-Identifier: Apache-2.0
//
// Bytes as records of the log. Each record stands behind its length in a byte. What decodes encodes
// to bytes that decode to the same, and nothing is read past the end.
#include <string>
#include <string_view>

#include "base/ensure.hpp"
#include "draws.hpp"
#include "locks/record_codec.hpp"
#include "replay_corpus.hpp"

namespace pawl::locks {
namespace {

// A record has no ==, its bytes have: there is one form of each but for numbers, of which a longer
// one is read too.
void check(std::string_view bytes) {
  const std::string alone(bytes);  // in a block of its own length: a read past it is seen
  RecordDecoder decoder;
  const auto record = decoder.decode(alone);
  if (!record) return;
  std::string once;
  encode_record(once, *record);
  ensure(once.size() <= alone.size());
  RecordDecoder again;
  const auto same = again.decode(once);
  ensure(same && same->index() == record->index());
  std::string twice;
  encode_record(twice, *same);
  ensure(twice == once);
}

}  // namespace
}  // namespace pawl::locks

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  pawl::fuzz::Draws draws(data, size);
  while (!draws.at_end()) pawl::locks::check(draws.text(255));
  return 0;
}
