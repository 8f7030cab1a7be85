// SPDX-License-Identifier: Apache-2.0
#include "wire/verbs.hpp"

#include <array>

namespace pawl::wire {
namespace {

// In the order of Option.
constexpr std::array<std::string_view, option_count> option_names = {
    "ttl",           "token", "wait",     "id",    "note",  "mode",   "slots",  "delay", "max_hold",
    "on_disconnect", "name",  "deadlock", "after", "limit", "prefix", "reason", "by"};

constexpr VerbRule rules_as_written[] = {
    {"HELLO", Verb::hello, 0, 0, "", "", "HELLO"},
    {"HELP", Verb::help, 0, 0, "", "", "HELP"},
    {"PING", Verb::ping, 0, 0, "", "", "PING"},
    {"AUTH", Verb::auth, 2, 2, "", "", "AUTH user secret"},
    {"EVENTS", Verb::events, 1, 1, "", "", "EVENTS on|off"},
    {"OPEN", Verb::open, 0, 0, "ttl on_disconnect name id deadlock", "",
     "OPEN [ttl=10s] [on_disconnect=keep|release] [name=…] [id=…] [deadlock=on|off]"},
    {"RESUME", Verb::resume, 1, 1, "", "", "RESUME secret"},
    {"KEEPALIVE", Verb::keepalive, 0, any_number, "", "", "KEEPALIVE [secret…]"},
    {"CLOSE", Verb::close, 0, 0, "", "", "CLOSE"},
    {"LOCK", Verb::lock, 1, 64, "wait ttl id mode slots delay max_hold note", "",
     "LOCK name… [wait=0|10s|forever] [ttl=30s] [id=…] [mode=exclusive|shared|slot] [slots=N] "
     "[delay=10s] [max_hold=1h] [note=…]"},
    {"UNLOCK", Verb::unlock, 1, 64, "token", "token", "UNLOCK name… token=N"},
    {"RENEW", Verb::renew, 1, 1, "token ttl", "token", "RENEW name token=N [ttl=30s]"},
    {"VERIFY", Verb::verify, 1, 1, "token", "token", "VERIFY name token=N"},
    {"CANCEL", Verb::cancel, 1, 1, "id", "id", "CANCEL name id=…"},
    {"SHOW", Verb::show, 1, 1, "after limit", "", "SHOW name [after=N] [limit=100]"},
    {"LIST", Verb::list, 0, 0, "by prefix after limit", "",
     "LIST [by=name|waiters] [prefix=…] [after=name] [limit=100]"},
    {"SESSIONS", Verb::sessions, 0, 0, "after limit", "", "SESSIONS [after=s17] [limit=100]"},
    {"STATUS", Verb::status, 0, 0, "", "", "STATUS"},
    {"WATCH", Verb::watch, 0, 1, "", "", "WATCH [prefix]"},
    {"UNWATCH", Verb::unwatch, 0, 1, "", "", "UNWATCH [prefix]"},
    {"BREAK", Verb::break_lock, 1, 1, "token reason", "token reason",
     "BREAK name token=N reason=…"},
    {"SLOTS", Verb::slots, 2, 2, "", "", "SLOTS name N"},
    {"PROMOTE", Verb::promote, 1, 1, "", "", "PROMOTE lost-node"},
    {"HANDOVER", Verb::handover, 0, 1, "", "", "HANDOVER [node]"},
    {"QUIT", Verb::quit, 0, 0, "", "", "QUIT"},
};
constexpr std::size_t rule_count = std::size(rules_as_written);

constexpr std::optional<Option> option_named(std::string_view name) {
  for (std::size_t i = 0; i < option_count; ++i) {
    if (option_names[i] == name) return static_cast<Option>(i);
  }
  return std::nullopt;
}

// A name that is no option does not compile.
constexpr OptionSet set_named(std::string_view names) {
  OptionSet set = 0;
  while (!names.empty()) {
    const std::size_t end = names.find(' ');
    set |= set_of(option_named(names.substr(0, end)).value());
    names.remove_prefix(end == names.npos ? names.size() : end + 1);
  }
  return set;
}

constexpr auto rules = [] {
  std::array<VerbRule, rule_count> made{};
  for (std::size_t i = 0; i < rule_count; ++i) {
    made[i] = rules_as_written[i];
    made[i].taken = set_named(made[i].takes);
    made[i].needed = set_named(made[i].needs);
  }
  return made;
}();

// Written out, it is one load.
constexpr std::uint64_t four(std::string_view word, std::size_t at) {
  const auto letter = [&](std::size_t i) {
    return std::uint64_t{static_cast<unsigned char>(word[at + i])} << 8U * i;
  };
  return letter(0) | letter(1) | letter(2) | letter(3);
}

// A verb in any case as one number: its first four letters, its last four, its size. 0: no verb.
// Bit 5 is the case of a letter and nothing else's, where what it is compared with is a letter.
constexpr std::uint64_t packed(std::string_view word) {
  constexpr std::size_t most_letters = 9;
  if (word.size() < 4 || word.size() > most_letters) return 0;
  const std::uint64_t letters = four(word, 0) | four(word, word.size() - 4) << 32U;
  return (letters | 0x2020202020202020U) + word.size();
}

// A perfect hash found while compiling: verb v stands at places[packed(v) * multiplier >> 57].
struct PerfectTable {
  std::uint64_t multiplier = 0;
  std::array<std::uint8_t, 128> places{};  // index into `rules`
  std::array<std::uint64_t, rule_count> keys{};

  [[nodiscard]] constexpr std::size_t place_of(std::uint64_t key) const {
    return static_cast<std::size_t>(key * multiplier >> 57U);
  }
};

constexpr PerfectTable table = [] {
  PerfectTable made;
  for (std::size_t i = 0; i < rule_count; ++i) made.keys[i] = packed(rules[i].word);
  made.multiplier = 0x9E3779B97F4A7C15U;
  for (bool collided = true; collided;) {
    made.multiplier = made.multiplier * 6364136223846793005U + 1442695040888963407U;
    std::array<bool, 128> taken{};
    collided = false;
    for (std::size_t i = 0; i < rule_count && !collided; ++i) {
      const std::size_t place = made.place_of(made.keys[i]);
      collided = taken[place];
      taken[place] = true;
      made.places[place] = static_cast<std::uint8_t>(i);
    }
  }
  return made;
}();

}  // namespace

std::span<const VerbRule> verb_rules() { return rules; }

const VerbRule* find_verb(std::string_view word) {
  const std::uint64_t key = packed(word);
  const std::size_t index = table.places[table.place_of(key)];
  if (key == 0 || table.keys[index] != key) return nullptr;
  const VerbRule& rule = rules[index];
  // The one verb of nine letters has one in its midst that the number leaves out.
  const bool is_it = word.size() <= 8 || (word[4] | 0x20) == (rule.word[4] | 0x20);
  return is_it && word.size() == rule.word.size() ? &rule : nullptr;
}

std::string_view option_name(Option option) {
  return option_names[static_cast<std::size_t>(option)];
}

std::optional<Option> find_option(std::string_view name) { return option_named(name); }

}  // namespace pawl::wire
