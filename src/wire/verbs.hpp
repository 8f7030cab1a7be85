// SPDX-License-Identifier: Apache-2.0
//
// The verbs of the protocol, with what each takes. One table for the parser, for HELP and for the
// test that holds PROTOCOL.md against the code.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

namespace pawl::wire {

enum class Verb : std::uint8_t {
  hello,
  help,
  ping,
  auth,
  events,
  open,
  resume,
  keepalive,
  close,
  lock,
  unlock,
  renew,
  verify,
  cancel,
  show,
  list,
  sessions,
  status,
  watch,
  unwatch,
  break_lock,
  slots,
  promote,
  handover,
  quit,
};

enum class Option : std::uint8_t {
  ttl,
  token,
  wait,
  id,
  note,
  mode,
  slots,
  delay,
  max_hold,
  on_disconnect,
  name,
  deadlock,
  after,
  limit,
  prefix,
  reason,
  by,
};
inline constexpr std::size_t option_count = 17;
inline constexpr std::size_t any_number = SIZE_MAX;

using OptionSet = std::uint32_t;
[[nodiscard]] constexpr OptionSet set_of(Option option) {
  return OptionSet{1} << static_cast<unsigned>(option);
}

struct VerbRule {
  std::string_view word;
  Verb verb;
  std::size_t least_words;  // positional ones
  std::size_t most_words;
  std::string_view takes;  // the options, by name
  std::string_view needs;  // those of them that must be given
  std::string_view usage;  // for a person
  OptionSet taken = 0;
  OptionSet needed = 0;

  [[nodiscard]] bool takes_option(Option option) const { return (taken & set_of(option)) != 0; }
};

[[nodiscard]] std::span<const VerbRule> verb_rules();

// In any case; nullptr: no such verb.
[[nodiscard]] const VerbRule* find_verb(std::string_view word);

[[nodiscard]] std::string_view option_name(Option option);
[[nodiscard]] std::optional<Option> find_option(std::string_view name);

}  // namespace pawl::wire
