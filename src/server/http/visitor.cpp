// SPDX-License-Identifier: Apache-2.0
#include "server/http/visitor.hpp"

#include <openssl/evp.h>

#include <algorithm>
#include <cctype>
#include <vector>

namespace pawl::server::http {
namespace {

constexpr std::string_view scheme = "basic ";

bool begins_with_scheme(std::string_view header) {
  return header.size() > scheme.size() &&
         std::equal(scheme.begin(), scheme.end(), header.begin(), [](char wanted, char given) {
           return wanted == std::tolower(static_cast<unsigned char>(given));
         });
}

std::optional<std::string> decode_base64(std::string_view text) {
  if (text.size() % 4 != 0) return std::nullopt;
  std::vector<unsigned char> bytes(text.size() / 4 * 3 + 1);
  const auto* const input = reinterpret_cast<const unsigned char*>(text.data());
  const int size = EVP_DecodeBlock(bytes.data(), input, static_cast<int>(text.size()));
  if (size < 0) return std::nullopt;
  std::string decoded(bytes.begin(), bytes.begin() + size);
  // OpenSSL counts what stands for the padding, of which there are two bytes at most.
  const std::size_t end = text.find_last_not_of('=');
  const std::size_t padding = end == text.npos ? text.size() : text.size() - end - 1;
  if (padding > 2) return std::nullopt;
  decoded.resize(decoded.size() - padding);
  return decoded;
}

}  // namespace

std::optional<Credentials> parse_basic(std::string_view header) {
  constexpr std::size_t longest = 4'096;
  if (!begins_with_scheme(header) || header.size() > longest) return std::nullopt;
  header.remove_prefix(scheme.size());
  while (header.starts_with(' ')) header.remove_prefix(1);
  while (header.ends_with(' ')) header.remove_suffix(1);
  const auto both = decode_base64(header);
  const std::size_t colon = both ? both->find(':') : std::string::npos;
  if (colon == std::string::npos) return std::nullopt;
  return Credentials{both->substr(0, colon), both->substr(colon + 1)};
}

}  // namespace pawl::server::http
