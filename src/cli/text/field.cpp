// SPDX-License-Identifier: Apache-2.0
#include "cli/text/field.hpp"

#include "cli/text/duration.hpp"

namespace pawl::cli::field {

std::string text(const Json& from, const char* key) {
  const auto found = from.find(key);
  return found != from.end() && found->is_string() ? found->get<std::string>() : std::string{};
}

std::optional<std::int64_t> number(const Json& from, const char* key) {
  const auto found = from.find(key);
  if (found == from.end() || !found->is_number_integer()) return std::nullopt;
  return found->get<std::int64_t>();
}

const Json& list(const Json& from, const char* key) {
  static const Json none = Json::array();
  const auto found = from.find(key);
  return found != from.end() && found->is_array() ? *found : none;
}

std::string number_text(const Json& from, const char* key) {
  const auto found = number(from, key);
  return found ? std::to_string(*found) : "-";
}

std::string span_text(const Json& from, const char* key) {
  const auto found = number(from, key);
  return found ? duration_text(Milliseconds{*found}) : "-";
}

}  // namespace pawl::cli::field
