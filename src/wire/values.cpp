// SPDX-License-Identifier: Apache-2.0
#include "wire/values.hpp"

#include <charconv>
#include <system_error>

namespace pawl::wire {
namespace {

// Milliseconds in one of the unit, 0 for an unknown one.
std::uint64_t unit_milliseconds(std::string_view unit) {
  if (unit == "s") return 1'000;
  if (unit == "ms" || unit.empty()) return 1;
  if (unit == "m") return 60'000;
  if (unit == "h") return 3'600'000;
  return 0;
}

}  // namespace

std::optional<std::uint64_t> parse_integer(std::string_view text) {
  std::uint64_t value = 0;
  const char* const end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, value);
  if (error != std::errc{} || stop != end) return std::nullopt;
  return value;
}

std::optional<Milliseconds> parse_duration(std::string_view text) {
  std::uint64_t count = 0;
  const char* const end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, count);
  if (error != std::errc{}) return std::nullopt;
  const std::uint64_t unit = unit_milliseconds({stop, static_cast<std::size_t>(end - stop)});
  constexpr auto most = static_cast<std::uint64_t>(longest_duration.count());
  if (unit == 0 || count > most / unit) return std::nullopt;
  return Milliseconds{static_cast<Milliseconds::rep>(count * unit)};
}

std::optional<SessionId> parse_handle(std::string_view text) {
  if (!text.starts_with('s')) return std::nullopt;
  const auto number = parse_integer(text.substr(1));
  if (!number || *number == 0) return std::nullopt;
  return SessionId{*number};
}

}  // namespace pawl::wire
