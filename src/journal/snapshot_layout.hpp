// SPDX-License-Identifier: Apache-2.0
//
// Sizes and words that the encoder and the decoder of snapshots share. FORMAT.md has the picture.
#pragma once

#include <string_view>

#include "journal/bytes.hpp"

namespace pawl::journal::layout {

inline constexpr std::size_t snapshot_header_bytes = 64;
inline constexpr std::size_t item_header_bytes = 32;  // before a chunk; the trailer
inline constexpr std::string_view chunk_magic = "CHNK";
inline constexpr std::string_view trailer_magic = "TAIL";

}  // namespace pawl::journal::layout
