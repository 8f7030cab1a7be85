// SPDX-License-Identifier: Apache-2.0
#include "replication/frame.hpp"

#include <array>

#include "base/bytes.hpp"
#include "base/ensure.hpp"

#define XXH_INLINE_ALL
#include <xxhash.h>

namespace pawl::replication {

namespace {

constexpr std::size_t summed_header_bytes = 8;

template <class Unsigned>
Unsigned load(std::string_view bytes, std::size_t at) {
  Unsigned value = 0;
  for (std::size_t i = sizeof(Unsigned); i-- > 0;) {
    value = static_cast<Unsigned>(value << 8 | static_cast<std::uint8_t>(bytes[at + i]));
  }
  return value;
}

template <class Unsigned>
void store(std::string& out, Unsigned value) {
  for (std::size_t i = 0; i < sizeof(Unsigned); ++i) {
    out.push_back(static_cast<char>(static_cast<std::uint64_t>(value) >> (8 * i) & 0xFF));
  }
}

// The header's seed goes into the body's sum: neither can be exchanged.
std::uint64_t checksum(std::string_view header, std::string_view body, std::uint64_t seed) {
  std::uint64_t of_header = XXH3_64bits_withSeed(header.data(), summed_header_bytes, seed);
  return XXH3_64bits_withSeed(body.data(), body.size(), of_header);
}

}  // namespace

std::variant<Frame, FrameIncomplete, FrameFlaw> read_frame(std::string_view bytes,
                                                           std::uint64_t seed) {
  if (bytes.size() < frame_header_bytes) return FrameIncomplete{frame_header_bytes};
  if (load<std::uint8_t>(bytes, 4) != protocol_version) return FrameFlaw::other_version;
  std::size_t length = load<std::uint32_t>(bytes, 0);
  if (length > max_frame_body_bytes) return FrameFlaw::too_long;
  auto kind = static_cast<FrameKind>(bytes[5]);
  if (kind != FrameKind::hello && kind != FrameKind::message) return FrameFlaw::unknown_kind;
  std::size_t size = frame_header_bytes + length;
  if (bytes.size() < size) return FrameIncomplete{size};
  std::string_view body = bytes.substr(frame_header_bytes, length);
  bool is_right = load<std::uint16_t>(bytes, 6) == 0 &&
                  load<std::uint64_t>(bytes, 8) == checksum(bytes, body, seed);
  if (!is_right) return FrameFlaw::damaged;
  return Frame{kind, body, size};
}

void write_frame(std::string& out, FrameKind kind, std::string_view body, std::uint64_t seed) {
  ensure(body.size() <= max_frame_body_bytes);
  std::size_t start = out.size();
  store(out, static_cast<std::uint32_t>(body.size()));
  store(out, protocol_version);
  store(out, static_cast<std::uint8_t>(kind));
  store(out, std::uint16_t{0});
  store(out, checksum(std::string_view{out}.substr(start), body, seed));
  out.append(body);
}

std::string encode_hello(const Hello& hello) {
  ensure(hello.node.size() <= max_node_name_bytes);
  std::string body;
  ByteWriter out{body};
  out.number(hello.cluster);
  out.number(hello.incarnation);
  out.text(hello.node);
  out.number(hello.oldest_records);
  out.number(hello.newest_records);
  out.number(hello.disk);
  out.number(hello.epoch.value);
  out.number(hello.blank ? 1 : 0);
  out.number(hello.members);
  return body;
}

std::optional<Hello> decode_hello(std::string_view body) {
  ByteReader in{body};
  Hello hello;
  hello.cluster = in.number();
  hello.incarnation = in.number();
  hello.node = in.text();
  hello.oldest_records = in.number32();
  hello.newest_records = in.number32();
  hello.disk = in.number();
  hello.epoch = Epoch{in.number()};
  const std::uint64_t blank = in.number();
  hello.blank = blank == 1;
  hello.members = in.number();
  bool is_sound = in.ok() && in.at_end() && !hello.node.empty() &&
                  hello.node.size() <= max_node_name_bytes && blank <= 1 &&
                  hello.oldest_records <= hello.newest_records;
  if (!is_sound) return std::nullopt;
  return hello;
}

std::uint64_t link_seed(const Hello& hello) {
  std::array<std::uint64_t, 2> of{hello.cluster, hello.incarnation};
  return XXH3_64bits_withSeed(of.data(), sizeof of, protocol_version) | 1;
}

std::optional<HelloFlaw> judge_hello(const Hello& ours, const Hello& theirs) {
  if (theirs.cluster != ours.cluster) return HelloFlaw::other_cluster;
  if (theirs.incarnation != ours.incarnation) return HelloFlaw::other_incarnation;
  if (theirs.node == ours.node) return HelloFlaw::own_name;
  if (theirs.members != ours.members) return HelloFlaw::other_members;
  bool meet =
      theirs.oldest_records <= ours.newest_records && ours.oldest_records <= theirs.newest_records;
  if (!meet) return HelloFlaw::records_apart;
  return std::nullopt;
}

}  // namespace pawl::replication
