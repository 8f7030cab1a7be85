// SPDX-License-Identifier: Apache-2.0
#include "server/config/digest.hpp"

#include <openssl/evp.h>

#include <cstddef>

#include "base/ensure.hpp"

namespace pawl::server {
namespace {

constexpr std::string_view digits = "0123456789abcdef";

}  // namespace

access::Digest digest_of(std::string_view text) {
  access::Digest digest{};
  unsigned int size = 0;
  const int done =
      EVP_Digest(text.data(), text.size(), digest.data(), &size, EVP_sha256(), nullptr);
  ensure(done == 1 && size == digest.size());
  return digest;
}

std::string format_digest(const access::Digest& digest) {
  std::string text;
  for (const unsigned char byte : digest) {
    text += digits[byte >> 4U];
    text += digits[byte & 15U];
  }
  return text;
}

Parsed<access::Digest> parse_digest(std::string_view text) {
  access::Digest digest{};
  const Wrong wrong{"a SHA-256 is 64 digits of 0-9 a-f (`pawl secret USER` makes one)"};
  if (text.size() != 2 * digest.size()) return wrong;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const std::size_t value = digits.find(text[i]);
    if (value == digits.npos) return wrong;
    digest[i / 2] = static_cast<unsigned char>(static_cast<unsigned>(digest[i / 2]) << 4U | value);
  }
  return digest;
}

}  // namespace pawl::server
