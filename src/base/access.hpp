// SPDX-License-Identifier: Apache-2.0
//
// Who may do what: users, each with rules that give rights on the names beginning with a prefix.
// Values and small questions; node/authorise asks them for every request, server/ knows secrets.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace pawl::access {

// As bits, so that a rule gives several.
enum class Right : std::uint8_t {
  lock = 1,        // lock, share, renew, unlock
  shared = 2,      // the same, with mode=shared only
  observe = 4,     // see who holds and who waits
  break_lock = 8,  // take a lock away, change its slots, unlock and renew for its holder
  admin = 16,      // all of it, and what concerns the whole server
};

class Rights {
 public:
  constexpr Rights() = default;
  constexpr Rights(Right one) : bits_(static_cast<std::uint8_t>(one)) {}  // NOLINT(*-explicit-*)

  [[nodiscard]] constexpr Rights operator|(Rights other) const {
    Rights both;
    both.bits_ = static_cast<std::uint8_t>(bits_ | other.bits_);
    return both;
  }
  [[nodiscard]] constexpr bool has_any_of(Rights wanted) const {
    return (bits_ & wanted.bits_) != 0;
  }
  bool operator==(const Rights&) const = default;

 private:
  std::uint8_t bits_ = 0;
};

[[nodiscard]] constexpr Rights operator|(Right one, Right other) {
  return Rights{one} | Rights{other};
}

inline constexpr Rights every_right =
    Right::lock | Right::shared | Rights{Right::observe} | Right::break_lock | Right::admin;

struct Rule {
  std::string prefix;  // empty: every name
  Rights rights;
  bool operator==(const Rule&) const = default;
};

using Digest = std::array<unsigned char, 32>;  // SHA-256 of a secret

struct User {
  std::string name;
  std::vector<Digest> secrets;  // any of them will do: one that comes, one that goes
  std::vector<Rule> rules;
  bool operator==(const User&) const = default;
};

// On a name: some rule covers it. On a prefix: some rule covers every name that begins with it.
[[nodiscard]] inline bool covers(const std::vector<Rule>& rules, Rights any_of,
                                 std::string_view name) {
  return std::any_of(rules.begin(), rules.end(), [&](const Rule& rule) {
    return rule.rights.has_any_of(any_of) && name.starts_with(rule.prefix);
  });
}

[[nodiscard]] inline bool covers_something(const std::vector<Rule>& rules, Rights any_of) {
  return std::any_of(rules.begin(), rules.end(),
                     [&](const Rule& rule) { return rule.rights.has_any_of(any_of); });
}

struct Access {
  std::vector<User> users;      // none: everybody may do everything
  std::vector<Rule> anonymous;  // of whoever has not said who it is

  [[nodiscard]] bool is_on() const { return !users.empty(); }
  [[nodiscard]] const User* find(std::string_view name) const {
    const auto found = std::find_if(users.begin(), users.end(),
                                    [&](const User& user) { return user.name == name; });
    return found == users.end() ? nullptr : &*found;
  }
  bool operator==(const Access&) const = default;
};

}  // namespace pawl::access
