// SPDX-License-Identifier: Apache-2.0
//
// The scripts by which Redis clients handle locks, recognised and never run: by the SHA-1 of their
// text, or of its normal form where libraries lay the same script out differently. The table holds
// what a script does, not its text.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "wire/resp/task.hpp"

namespace pawl::wire::resp {

struct Script {
  enum class Extra : std::uint8_t {
    none,
    adds_if_zero,  // ARGV[3] is "0": the TTL is added to what is left
    takes_if_yes,  // ARGV[3] is "yes": may acquire, not only extend
    may_lack_ttl,  // a TTL of 0 or less means none
  };

  Act act = Act::release;
  Say yes = Say::one;
  Say no = Say::zero;
  Say missing = Say::zero;
  std::uint8_t owner_at = 1;  // which of ARGV is the owner; 0: none
  std::uint8_t ttl_at = 0;    // which of ARGV is the TTL; 0: none
  std::int64_t ttl_unit_ms = 1;
  Extra extra = Extra::none;
  bool all_keys = false;  // acts on all of KEYS; else on KEYS[1]

  bool operator==(const Script&) const = default;
};

// Comments gone, white space folded and gone beside punctuation, one kind of quote, no semicolons,
// names of commands in lower case: what is left differs only where the script does.
[[nodiscard]] std::string normal_form(std::string_view text);

// Which scripts clients may call by SHA-1: those of the table, and those that were sent as a text
// of its normal form. Bounded: of more spellings than it remembers it forgets all but the table's.
class Scripts {
 public:
  // 40 hexadecimal digits, in any case.
  [[nodiscard]] const Script* find(std::string_view digest) const;
  // Nothing: an unknown text. Otherwise `digest` is how to call it.
  [[nodiscard]] const Script* learn(std::string_view text, std::string& digest);

 private:
  static constexpr std::size_t most_learned = 256;

  std::map<std::string, const Script*, std::less<>> learned_;
};

}  // namespace pawl::wire::resp
