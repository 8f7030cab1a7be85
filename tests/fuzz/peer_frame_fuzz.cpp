// SPDX-License-Identifier: Apache-2.0
//
// Bytes as a peer sends them. First byte: bit 0, make the checksum right first (else no mutation
// would get past it). Whatever they are, nothing is read past their end, and what decodes comes out
// again as it went in.
#include <string>
#include <string_view>
#include <variant>

#include "base/ensure.hpp"
#include "replay_corpus.hpp"
#include "replication/frame.hpp"
#include "replication/message_codec.hpp"

namespace pawl::replication {
namespace {

void check_body(FrameKind kind, std::string_view body) {
  if (kind == FrameKind::hello) {
    if (auto hello = decode_hello(body)) ensure(decode_hello(encode_hello(*hello)) == hello);
    return;
  }
  if (auto message = decode_message(body)) {
    std::string again;
    encode_message(again, *message);
    ensure(decode_message(again) == message);
  }
}

void check(std::string_view bytes, std::uint64_t seed) {
  for (;;) {
    auto read = read_frame(bytes, seed);
    const auto* frame = std::get_if<Frame>(&read);
    if (frame == nullptr) return;
    ensure(frame->size <= bytes.size());
    check_body(frame->kind, frame->body);
    bytes.remove_prefix(frame->size);
  }
}

}  // namespace
}  // namespace pawl::replication

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace pawl::replication;
  if (size == 0) return 0;
  std::string bytes(reinterpret_cast<const char*>(data), size);
  std::string_view rest = std::string_view{bytes}.substr(1);
  if ((data[0] & 1U) == 0) {
    check(rest, 0);
    return 0;
  }
  std::string framed;
  auto kind = (data[0] & 2U) != 0 ? FrameKind::hello : FrameKind::message;
  write_frame(framed, kind, rest.substr(0, max_frame_body_bytes), 5);
  check(framed, 5);
  return 0;
}
