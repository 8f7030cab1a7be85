// SPDX-License-Identifier: Apache-2.0
//
// Conversations with a server whose clients may do everything.
#include "conversation.hpp"
#include "replay_corpus.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  pawl::fuzz::Draws draws(data, size);
  pawl::fuzz::LoneServer server(pawl::fuzz::settings(draws));
  pawl::fuzz::converse(server, draws, [] { return false; });
  return 0;
}
