// SPDX-License-Identifier: Apache-2.0
//
// How bytes between members are framed: length, protocol version, kind, checksum, body. The first
// frame on a connection is a hello; the checksum of those after it depends on the cluster and its
// incarnation, so that a frame of another cluster is not valid here. Reading never trusts a length.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "base/ids.hpp"

namespace pawl::replication {

inline constexpr std::uint8_t protocol_version = 1;
// Body length (4), version (1), kind (1), zero (2), checksum of these eight bytes and the body (8);
// little endian. The place of length and version is the same in every version.
inline constexpr std::size_t frame_header_bytes = 16;
inline constexpr std::size_t max_frame_body_bytes = std::size_t{2} << 20;
inline constexpr std::size_t max_node_name_bytes = 63;

enum class FrameKind : std::uint8_t { hello = 1, message = 2 };

struct Frame {
  FrameKind kind = FrameKind::hello;
  std::string_view body;
  std::size_t size = 0;  // with the header
};
struct FrameIncomplete {
  std::size_t size = 0;  // so many bytes are needed, or more
};
enum class FrameFlaw : std::uint8_t { other_version, too_long, unknown_kind, damaged };

// The first frame in `bytes`. `seed`: 0 for a hello, link_seed() after it.
[[nodiscard]] std::variant<Frame, FrameIncomplete, FrameFlaw> read_frame(std::string_view bytes,
                                                                         std::uint64_t seed);
void write_frame(std::string& out, FrameKind kind, std::string_view body, std::uint64_t seed);

// Who is calling.
struct Hello {
  std::uint64_t cluster = 0;
  std::uint64_t incarnation = 0;
  std::string node;
  // Kinds of record that this node can apply, by the version that brought them.
  std::uint32_t oldest_records = 0;
  std::uint32_t newest_records = 0;
  // Which data directory this is: another one under the same name is a replaced disk.
  std::uint64_t disk = 0;
  Epoch epoch;         // of its ballot
  bool blank = false;  // has never taken part: its disk is new
  // Of whom its configuration makes the cluster. Where two differ, each counts majorities of its
  // own, and members go by other numbers.
  std::uint64_t members = 0;
  bool operator==(const Hello&) const = default;
};

[[nodiscard]] std::string encode_hello(const Hello& hello);
[[nodiscard]] std::optional<Hello> decode_hello(std::string_view body);
[[nodiscard]] std::uint64_t link_seed(const Hello& hello);

enum class HelloFlaw : std::uint8_t {
  other_cluster,
  other_incarnation,  // of this cluster, before or after an operator promoted one node alone
  own_name,           // two nodes go by one name, or this one called itself
  other_members,      // its configuration makes the cluster of others
  records_apart,      // there is no record version that both can apply
};
// Why we do not talk to them, if so. Whether the node is a member is for the caller to say.
[[nodiscard]] std::optional<HelloFlaw> judge_hello(const Hello& ours, const Hello& theirs);

}  // namespace pawl::replication
