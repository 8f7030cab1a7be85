// SPDX-License-Identifier: Apache-2.0
#include "journal/names.hpp"

#include <charconv>
#include <utility>

namespace pawl::journal {
namespace {

constexpr std::string_view segment_prefix = "wal-";
constexpr std::string_view snapshot_prefix = "snap-";
constexpr std::size_t digits = 20;

std::string format_pair(std::string_view prefix, std::uint64_t first, std::uint64_t second) {
  std::string name(prefix);
  for (const std::uint64_t number : {first, second}) {
    const std::string text = std::to_string(number);
    name.append(digits - text.size(), '0').append(text).push_back('-');
  }
  name.pop_back();
  return name;
}

std::optional<std::uint64_t> parse_number(std::string_view text) {
  std::uint64_t number = 0;
  for (const char c : text) {
    if (c < '0' || c > '9') return std::nullopt;
  }
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return number;
}

std::optional<std::pair<std::uint64_t, std::uint64_t>> parse_pair(std::string_view prefix,
                                                                  std::string_view text) {
  if (text.size() != prefix.size() + 2 * digits + 1 || !text.starts_with(prefix))
    return std::nullopt;
  text.remove_prefix(prefix.size());
  if (text[digits] != '-') return std::nullopt;
  const auto first = parse_number(text.substr(0, digits));
  const auto second = parse_number(text.substr(digits + 1));
  if (!first || !second) return std::nullopt;
  return std::pair{*first, *second};
}

}  // namespace

std::string format_name(const SegmentName& name) {
  return format_pair(segment_prefix, name.number.value, name.first_index.value);
}

std::string format_name(const SnapshotName& name) {
  return format_pair(snapshot_prefix, name.index.value, name.epoch.value);
}

std::optional<SegmentName> parse_segment_name(std::string_view text) {
  const auto pair = parse_pair(segment_prefix, text);
  if (!pair) return std::nullopt;
  return SegmentName{SegmentNumber{pair->first}, LogIndex{pair->second}};
}

std::optional<SnapshotName> parse_snapshot_name(std::string_view text) {
  const auto pair = parse_pair(snapshot_prefix, text);
  if (!pair) return std::nullopt;
  return SnapshotName{LogIndex{pair->first}, Epoch{pair->second}};
}

}  // namespace pawl::journal
