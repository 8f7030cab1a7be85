// SPDX-License-Identifier: Apache-2.0
#include "wire/resp/sha1.hpp"

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>

namespace pawl::wire::resp {
namespace {

using State = std::array<std::uint32_t, 5>;
constexpr std::size_t block_size = 64;

std::uint32_t word_at(std::string_view block, std::size_t index) {
  std::uint32_t word = 0;
  for (std::size_t i = 0; i < 4; ++i) {
    word = word << 8U | static_cast<unsigned char>(block[index * 4 + i]);
  }
  return word;
}

struct Round {
  std::uint32_t chosen;
  std::uint32_t constant;
};

Round round_of(std::size_t step, std::uint32_t b, std::uint32_t c, std::uint32_t d) {
  if (step < 20) return {(b & c) | (~b & d), 0x5A827999};
  if (step < 40) return {b ^ c ^ d, 0x6ED9EBA1};
  if (step < 60) return {(b & c) | (b & d) | (c & d), 0x8F1BBCDC};
  return {b ^ c ^ d, 0xCA62C1D6};
}

void take_block(State& state, std::string_view block) {
  std::array<std::uint32_t, 80> words{};
  for (std::size_t i = 0; i < 16; ++i) words[i] = word_at(block, i);
  for (std::size_t i = 16; i < words.size(); ++i) {
    words[i] = std::rotl(words[i - 3] ^ words[i - 8] ^ words[i - 14] ^ words[i - 16], 1);
  }
  auto [a, b, c, d, e] = state;
  for (std::size_t i = 0; i < words.size(); ++i) {
    const Round round = round_of(i, b, c, d);
    const std::uint32_t next = std::rotl(a, 5) + round.chosen + e + round.constant + words[i];
    e = d;
    d = c;
    c = std::rotl(b, 30);
    b = a;
    a = next;
  }
  state = {state[0] + a, state[1] + b, state[2] + c, state[3] + d, state[4] + e};
}

// The end of the text, a one bit, zeros, and the size in bits.
std::string last_blocks(std::string_view end, std::uint64_t bits) {
  std::string blocks(end);
  blocks += '\x80';
  while (blocks.size() % block_size != block_size - 8) blocks += '\0';
  for (unsigned shift = 64; shift > 0; shift -= 8) {
    blocks += static_cast<char>(bits >> (shift - 8) & 0xFFU);
  }
  return blocks;
}

}  // namespace

std::string sha1(std::string_view text) {
  State state{0x67452301, 0xEFCDAB89, 0x98BADCFE, 0x10325476, 0xC3D2E1F0};
  const std::uint64_t bits = std::uint64_t{text.size()} * 8;
  for (; text.size() >= block_size; text.remove_prefix(block_size)) take_block(state, text);
  const std::string last = last_blocks(text, bits);
  for (std::size_t at = 0; at < last.size(); at += block_size) {
    take_block(state, std::string_view(last).substr(at, block_size));
  }
  std::string digits;
  for (const std::uint32_t word : state) {
    for (unsigned shift = 32; shift > 0; shift -= 4) {
      digits += "0123456789abcdef"[word >> (shift - 4) & 0xFU];
    }
  }
  return digits;
}

}  // namespace pawl::wire::resp
