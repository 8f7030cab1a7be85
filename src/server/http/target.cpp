// SPDX-License-Identifier: Apache-2.0
#include "server/http/target.hpp"

#include <algorithm>
#include <cstddef>

#include "wire/text.hpp"
#include "wire/values.hpp"

namespace pawl::server::http {
namespace {

std::optional<unsigned> hex_digit(char digit) {
  if (digit >= '0' && digit <= '9') return static_cast<unsigned>(digit - '0');
  if (digit >= 'a' && digit <= 'f') return static_cast<unsigned>(digit - 'a' + 10);
  if (digit >= 'A' && digit <= 'F') return static_cast<unsigned>(digit - 'A' + 10);
  return std::nullopt;
}

std::optional<std::string> decode(std::string_view text) {
  std::string out;
  for (std::size_t at = 0; at < text.size(); ++at) {
    if (text[at] != '%') {
      out += text[at];  // a + too: no lock name has blanks, but it may have that
    } else {
      if (text.size() - at < 3) return std::nullopt;
      const auto high = hex_digit(text[at + 1]);
      const auto low = hex_digit(text[at + 2]);
      if (!high || !low) return std::nullopt;
      out += static_cast<char>(*high << 4U | *low);
      at += 2;
    }
  }
  if (!wire::is_text(out)) return std::nullopt;
  return out;
}

}  // namespace

std::optional<Target> Target::parse(std::string_view text) {
  // As one asks a proxy for it: who that is for, the Host says.
  if (constexpr std::string_view scheme = "http://"; text.starts_with(scheme)) {
    text.remove_prefix(std::min(text.find('/', scheme.size()), text.size()));
    if (text.empty()) text = "/";
  }
  if (!text.starts_with('/')) return std::nullopt;
  const std::size_t question = text.find('?');
  Target target;
  target.path_ = text.substr(0, question);
  if (question == text.npos) return target;
  std::string_view query = text.substr(question + 1);
  while (!query.empty()) {
    const std::string_view one = query.substr(0, query.find('&'));
    query.remove_prefix(std::min(query.size(), one.size() + 1));
    if (one.empty()) continue;
    const std::size_t equals = one.find('=');
    auto name = decode(one.substr(0, equals));
    auto value = decode(equals == one.npos ? std::string_view{} : one.substr(equals + 1));
    if (!name || !value) return std::nullopt;
    target.parameters_.emplace_back(std::move(*name), std::move(*value));
  }
  return target;
}

const std::string* Target::find(std::string_view name) const {
  const auto found = std::find_if(parameters_.begin(), parameters_.end(),
                                  [&](const auto& one) { return one.first == name; });
  return found == parameters_.end() ? nullptr : &found->second;
}

std::string_view Target::text(std::string_view name) const {
  const std::string* value = find(name);
  return value == nullptr ? std::string_view{} : *value;
}

std::optional<std::uint32_t> Target::number(std::string_view name, std::uint32_t otherwise,
                                            std::uint32_t least, std::uint32_t most) const {
  const std::string* value = find(name);
  if (value == nullptr) return otherwise;
  const auto number = wire::parse_integer(*value);
  if (!number || *number < least || *number > most) return std::nullopt;
  return static_cast<std::uint32_t>(*number);
}

std::string_view Target::stranger(std::initializer_list<std::string_view> known) const {
  for (const auto& [name, value] : parameters_) {
    if (std::find(known.begin(), known.end(), name) == known.end()) return name;
    if (find(name) != &value) return name;
  }
  return {};
}

}  // namespace pawl::server::http
