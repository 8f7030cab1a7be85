// SPDX-License-Identifier: Apache-2.0
#include "wire/resp/interpreter.hpp"

#include <algorithm>
#include <charconv>
#include <optional>

#include "wire/resp/handshake.hpp"
#include "wire/resp/letters.hpp"
#include "wire/resp/own_words.hpp"
#include "wire/resp/sha1.hpp"
#include "wire/text.hpp"
#include "wire/values.hpp"

namespace pawl::wire::resp {
namespace {

constexpr std::size_t most_keys = 64;  // as names in a LOCK
constexpr std::size_t longest_value = 512;
constexpr std::size_t longest_shown = 200;
constexpr std::int64_t millisecond = 1;
constexpr std::int64_t second = 1'000;

std::optional<std::int64_t> parse_signed(std::string_view text) {
  std::int64_t value = 0;
  const char* const end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, value);
  if (error != std::errc{} || stop != end) return std::nullopt;
  return value;
}

// A TTL as a command or a script has it; below zero stays below.
std::optional<Milliseconds> parse_ttl(std::string_view text, std::int64_t unit_ms) {
  const auto count = parse_signed(text);
  if (!count || *count > longest_duration.count() / unit_ms) return std::nullopt;
  return Milliseconds{std::max<std::int64_t>(*count, -1) * unit_ms};
}

Refusal check_keys(Arguments keys) {
  if (keys.empty()) return refuse("a lock needs a name: no key was given");
  if (keys.size() > most_keys) return refuse("at most 64 keys at once");
  for (std::size_t i = 0; i < keys.size(); ++i) {
    if (!is_text(keys[i]) || !is_name(keys[i])) {
      return refuse(
          "a key is a lock name: 1-255 bytes of UTF-8 without blanks, control characters, \" = ,");
    }
  }
  return {};
}

Refusal check_new(const Task& task) {
  if (task.act != Act::acquire && task.act != Act::take) return {};
  for (std::size_t i = 1; i < task.keys.size(); ++i) {
    const auto end = task.keys.begin() + static_cast<std::ptrdiff_t>(i);
    if (std::find(task.keys.begin(), end, task.keys[i]) != end) {
      return refuse("a key stands twice: each lock once");
    }
  }
  if (task.owner.size() > longest_value) return refuse("a lock's value is at most 512 bytes");
  if (!is_text(task.owner)) return refuse("a lock's value is UTF-8 text without NUL bytes");
  return {};
}

Refusal unknown_command(Arguments command) {
  std::string text = "unknown command '" + std::string(command.front().substr(0, 128)) +
                     "', with args beginning with: ";
  for (const std::string_view word : command.subspan(1)) {
    if (text.size() > longest_shown) break;
    text.append("'").append(word.substr(0, 128)) += "' ";
  }
  return refuse(std::move(text));
}

// Commands that only look, or act without the owner's name: keys are all that follows.
std::optional<Task> plain_task(std::string_view word) {
  if (word == "GET") return Task{.act = Act::look, .yes = Say::value, .missing = Say::nil};
  if (word == "EXISTS") return Task{.act = Act::look, .yes = Say::count};
  if (word == "PTTL") {
    return Task{.act = Act::look, .yes = Say::milliseconds, .missing = Say::minus_two};
  }
  if (word == "TTL") return Task{.act = Act::look, .yes = Say::seconds, .missing = Say::minus_two};
  if (word == "DEL" || word == "UNLINK") return Task{.act = Act::remove, .yes = Say::count};
  return std::nullopt;
}

bool takes_many_keys(std::string_view word) {
  return word == "EXISTS" || word == "DEL" || word == "UNLINK";
}

// DELEX key IFEQ value, DELIFEQ key value, FENCE key owner.
std::optional<Task> owner_task(std::string_view word, Arguments command) {
  if (word == "DELEX" && command.size() == 4 && is_word(command[2], "IFEQ")) {
    return Task{.act = Act::release, .owner = std::string(command[3])};
  }
  if (word == "DELIFEQ" && command.size() == 3) {
    return Task{.act = Act::release, .owner = std::string(command[2])};
  }
  if (word == "FENCE" && command.size() == 3) {
    return Task{.act = Act::look_own,
                .yes = Say::token,
                .no = Say::nil,
                .missing = Say::nil,
                .owner = std::string(command[2])};
  }
  return std::nullopt;
}

std::size_t arguments_of(const Script& script) {
  const bool reads_third =
      script.extra == Script::Extra::adds_if_zero || script.extra == Script::Extra::takes_if_yes;
  return std::max({std::size_t{script.owner_at}, std::size_t{script.ttl_at},
                   std::size_t{reads_third ? 3U : 0U}});
}

Refusal no_integer() { return refuse("value is not an integer or out of range"); }

// NX, XX and IFEQ exclude each other: the first says what a SET that fails answers.
Refusal take_condition(std::string_view option, Arguments command, std::size_t& at, Task& task) {
  task.no = option == "XX" ? Say::is_taken : Say::nil;
  if (option == "NX") return {};
  task.act = Act::extend;
  task.missing = Say::nil;
  const bool other_value = option == "IFEQ" && command[++at] != task.owner;
  return other_value ? refuse("a lock keeps its value: SET the same one") : Refusal{};
}

// The option of SET that stands at `at`, which is moved to its last word.
Refusal take_set_option(Arguments command, std::size_t& at, Task& task,
                        std::optional<Milliseconds>& ttl) {
  const std::string option = upper(command[at]);
  const bool has_value = at + 1 < command.size();
  const bool is_first = task.act == Act::acquire && task.no == Say::is_taken;
  if (is_first && (option == "NX" || option == "XX" || (option == "IFEQ" && has_value))) {
    return take_condition(option, command, at, task);
  }
  if (!ttl && (option == "PX" || option == "EX") && has_value) {
    ttl = parse_ttl(command[++at], option == "EX" ? second : millisecond);
    return ttl ? Refusal{} : no_integer();
  }
  return refuse("syntax error: SET key value [NX|XX|IFEQ value] [PX ms|EX s] is understood");
}

}  // namespace

std::unique_ptr<Exchange> Interpreter::interpret(Arguments command, Speaker& speaker,
                                                 std::string& out) {
  const std::string word = upper(command.front().substr(0, 64));
  const auto exchange = [&](auto what) {
    return std::make_unique<Exchange>(std::move(what), speaker.version, policy_, counts_);
  };
  if ((word == "HELLO" || word == "AUTH") && !speaker.in_multi) {
    Task task;
    const Refusal refusal =
        word == "AUTH" ? take_auth(command, task) : take_hello(command, speaker, task);
    if (!refusal) return exchange(std::move(task));
    Writer(out, speaker.version).error(refusal.code, refusal.text);
    return nullptr;
  }
  const Writer writer(out, speaker.version);
  if (answer_handshake(word, command, speaker, writer)) return nullptr;
  if (word == "SCRIPT") {
    answer_script(command, writer);
    return nullptr;
  }
  if (is_own_word(word)) {
    std::string line;
    const Refusal refusal = line_of(command, line);
    if (!refusal) return exchange(std::move(line));
    writer.error(refusal.code, refusal.text);
    return nullptr;
  }
  Task task;
  const Refusal refusal = task_of(word, command, task);
  if (!refusal) return exchange(std::move(task));
  writer.error(refusal.code, refusal.text);
  return nullptr;
}

Refusal Interpreter::task_of(std::string_view word, Arguments command, Task& task) {
  Refusal refusal;
  if (word == "INFO" || word == "ROLE") {
    task = {.act = Act::ask_role, .yes = word == "INFO" ? Say::info : Say::role};
    return {};
  }
  if (word == "SET" || word == "SETNX" || word == "SETEX" || word == "PSETEX") {
    refusal = set(command, task);
  } else if (word == "PEXPIRE" || word == "EXPIRE") {
    refusal = expire(command, word == "EXPIRE" ? second : millisecond, task);
  } else if (word == "EVAL" || word == "EVALSHA") {
    refusal = run_script(word, command, task);
  } else if (auto owned = owner_task(word, command)) {
    task = *std::move(owned);
    task.keys = {std::string(command[1])};
  } else if (auto plain = plain_task(word)) {
    if (command.size() < 2 || (command.size() > 2 && !takes_many_keys(word))) {
      return wrong_number(lower(word));
    }
    task = *std::move(plain);
    task.keys.assign(command.begin() + 1, command.end());
  } else {
    return unknown_command(command);
  }
  if (refusal) return refusal;
  const std::vector<std::string_view> keys(task.keys.begin(), task.keys.end());
  refusal = check_keys(keys);
  return refusal ? refusal : check_new(task);
}

// SET key value [NX | XX | IFEQ value] [PX ms | EX s], and its three short forms. Without NX it is
// the same where the key is free; where it is held it is refused, but by its owner.
Refusal Interpreter::set(Arguments command, Task& task) {
  const std::string word = upper(command.front());
  const bool has_ttl_first = word == "SETEX" || word == "PSETEX";
  if (command.size() < 3 || (has_ttl_first && command.size() != 4)) {
    return wrong_number(lower(word));
  }
  task = {.act = Act::acquire, .yes = Say::ok, .no = Say::is_taken};
  task.keys = {std::string(command[1])};
  task.owner = command[has_ttl_first ? 3 : 2];
  std::optional<Milliseconds> ttl;
  if (word == "SETNX") {
    if (command.size() != 3) return wrong_number("setnx");
    task.yes = Say::one;
    task.no = Say::zero;
  }
  if (has_ttl_first) {
    ttl = parse_ttl(command[2], word == "SETEX" ? second : millisecond);
    if (!ttl) return no_integer();
    command = command.first(3);
  }
  for (std::size_t at = 3; at < command.size(); ++at) {
    if (Refusal refusal = take_set_option(command, at, task, ttl)) return refusal;
  }
  if (!ttl) return take_missing_ttl(task);
  if (*ttl <= Milliseconds{0}) return refuse("invalid expire time in 'set' command");
  task.ttl = *ttl;
  return {};
}

Refusal Interpreter::expire(Arguments command, std::int64_t unit_ms, Task& task) {
  if (command.size() != 3) return wrong_number(lower(command.front()));
  const auto ttl = parse_ttl(command[2], unit_ms);
  if (!ttl) return no_integer();
  task = {.act = *ttl > Milliseconds{0} ? Act::expire : Act::remove};
  task.keys = {std::string(command[1])};
  task.ttl = *ttl;
  return {};
}

// EVAL text numkeys key… argument…
Refusal Interpreter::run_script(std::string_view word, Arguments command, Task& task) {
  if (command.size() < 3) return wrong_number(lower(word));
  const auto count = parse_integer(command[2]);
  if (!count || *count > command.size() - 3) {
    return refuse("Number of keys can't be greater than number of args");
  }
  std::string digest;
  const bool by_text = word == "EVAL";
  const Script* const script =
      by_text ? scripts_.learn(command[1], digest) : scripts_.find(command[1]);
  if (script == nullptr) {
    if (!by_text) return {"NOSCRIPT", "No matching script. Please use EVAL."};
    return unknown_script(command[1], digest);
  }
  const auto keys = static_cast<std::size_t>(*count);
  return task_of(*script, command.subspan(3, keys), command.subspan(3 + keys), task);
}

Refusal Interpreter::task_of(const Script& script, Arguments keys, Arguments arguments,
                             Task& task) {
  if (arguments.size() < arguments_of(script)) return refuse("this script takes more arguments");
  if (!script.all_keys && !keys.empty()) keys = keys.first(1);
  task = {.act = script.act, .yes = script.yes, .no = script.no, .missing = script.missing};
  task.keys.assign(keys.begin(), keys.end());
  if (script.owner_at != 0) task.owner = arguments[script.owner_at - 1U];
  if (script.extra == Script::Extra::takes_if_yes && arguments[2] != "yes") {
    task.act = Act::extend;
  }
  task.ttl_is_more = script.extra == Script::Extra::adds_if_zero && arguments[2] == "0";
  if (script.ttl_at == 0) return {};
  const auto ttl = parse_ttl(arguments[script.ttl_at - 1U], script.ttl_unit_ms);
  if (!ttl) return no_integer();
  task.ttl = *ttl;
  if (*ttl > Milliseconds{0}) return {};
  const bool may_lack = script.extra == Script::Extra::may_lack_ttl;
  return may_lack ? take_missing_ttl(task) : refuse("invalid expire time in a script");
}

// A lock that nobody renews must end some day.
Refusal Interpreter::take_missing_ttl(Task& task) {
  if (policy_.missing_ttl == Milliseconds{0}) {
    return refuse("a lock needs a TTL: PX ms or EX s");
  }
  ++counts_.missing_ttl;
  task.ttl = policy_.missing_ttl;
  return {};
}

Refusal Interpreter::unknown_script(std::string_view text, std::string_view digest) {
  ++counts_.unknown_scripts;
  unknown_script_ = text.substr(0, longest_shown);
  return refuse(
      "unsupported script (sha " + std::string(digest) +
      "): this is a lock server, which knows the scripts of lock libraries and runs none; "
      "see REDIS.md");
}

void Interpreter::answer_script(Arguments command, const Writer& writer) {
  const std::string what = command.size() > 1 ? upper(command[1]) : std::string();
  if (what == "LOAD" && command.size() == 3) {
    std::string digest;
    if (scripts_.learn(command[2], digest) != nullptr) return writer.bulk(digest);
    const Refusal refusal = unknown_script(command[2], digest);
    return writer.error(refusal.code, refusal.text);
  }
  if (what == "EXISTS") {
    writer.array(command.size() - 2);
    for (const std::string_view digest : command.subspan(2)) {
      writer.integer(scripts_.find(digest) == nullptr ? 0 : 1);
    }
    return;
  }
  writer.error("ERR", "unknown subcommand '" + what + "' of SCRIPT");
}

}  // namespace pawl::wire::resp
