// SPDX-License-Identifier: Apache-2.0
#include "cli/arguments.hpp"

#include <algorithm>
#include <functional>
#include <optional>

#include "cli/text/printable.hpp"
#include "wire/text.hpp"
#include "wire/values.hpp"

namespace pawl::cli {
namespace {

constexpr int most_names = 8'192;  // one request has no room for more

// Empty: well. Else what is wrong, for a person.
using Judge = std::function<std::string(const std::string&)>;

CLI::Validator validator(Judge judge) {
  return CLI::Validator([judge = std::move(judge)](std::string& value) { return judge(value); },
                        "");
}

std::string no_name(const std::string& value) {
  if (wire::is_text(value) && wire::is_name(value)) return {};
  return in_quotes(value) +
         " is no lock name: 1 to 255 bytes of UTF-8 without blanks, controls, quotes, = and ,";
}

std::string no_prefix(const std::string& value) {
  if (wire::is_text(value) && wire::has_name_characters(value)) return {};
  return in_quotes(value) + " begins no lock name";
}

std::string no_id(const std::string& value) {
  if (wire::is_text(value) && wire::is_id(value)) return {};
  return in_quotes(value) + " is no id: 1 to 64 of A-Z a-z 0-9 . _ : -";
}

std::string no_node(const std::string& value) {
  if (wire::is_text(value) && wire::is_node(value)) return {};
  return in_quotes(value) + " is no node: 1 to 63 of A-Z a-z 0-9 . _ -";
}

std::string no_plain_name(const std::string& value) {
  if (wire::is_text(value) && wire::is_node(value)) return {};
  return in_quotes(value) + " is no name: 1 to 63 of A-Z a-z 0-9 . _ -";
}

std::string no_days(const std::string& value) {
  const auto number = wire::parse_integer(value);
  if (number && *number >= 1 && *number <= 36'500) return {};
  return in_quotes(value) + " is no number from 1 to 36500";
}

std::string no_token(const std::string& value) {
  const auto token = wire::parse_integer(value);
  if (token && *token >= 1 && *token <= last_token.value) return {};
  return in_quotes(value) + " is no token: a number from 1 to " + std::to_string(last_token.value);
}

std::string no_number(const std::string& value) {
  return wire::parse_integer(value) ? "" : in_quotes(value) + " is no number";
}

std::string no_text(const std::string& value) {
  if (!wire::is_text(value)) return "the text is no UTF-8";
  if (value.size() > wire::longest_note) return "the text is longer than 1024 bytes";
  return {};
}

std::string no_ttl(const std::string& value) {
  const auto span = wire::parse_duration(value);
  if (span && span->count() > 0) return {};
  return in_quotes(value) + " is no duration above 0: 250ms, 30s, 5m, 2h";
}

std::string no_delay(const std::string& value) {
  if (wire::parse_duration(value)) return {};
  return in_quotes(value) + " is no duration: 0, 250ms, 30s, 5m, 2h";
}

std::string no_slots(const std::string& value) {
  const auto number = wire::parse_integer(value);
  if (number && *number >= 1 && *number <= 65'535) return {};
  return in_quotes(value) + " is no number from 1 to 65535";
}

std::string no_interval(const std::string& value) {
  const auto span = wire::parse_duration(value);
  if (span && span->count() >= 100) return {};
  return in_quotes(value) + " is no duration from 100ms on: 250ms, 30s, 5m, 2h";
}

std::string no_page(const std::string& value) {
  const auto number = wire::parse_integer(value);
  if (number && *number >= 1 && *number <= 1'000) return {};
  return in_quotes(value) + " is no number from 1 to 1000";
}

std::string no_wait(const std::string& value) {
  if (value == "forever" || wire::parse_duration(value)) return {};
  return in_quotes(value) + " is neither a duration (250ms, 30s, 5m, 2h) nor 0 nor forever";
}

// Not read by CLI11: to that, 010 is 8.
CLI::Option* add_number(CLI::App& command, const std::string& option, std::uint64_t& number,
                        const std::string& meaning, Judge judge) {
  return command
      .add_option_function<std::string>(
          option,
          [&number](const std::string& value) { number = wire::parse_integer(value).value_or(0); },
          meaning)
      ->type_name("N")
      ->check(validator(std::move(judge)));
}

// Judged first, so that what arrives here is well formed.
CLI::Option* add_span(CLI::App& command, const std::string& option, Milliseconds& span,
                      const std::string& meaning, Judge judge) {
  return command
      .add_option_function<std::string>(
          option,
          [&span](const std::string& value) {
            span = value == "forever" ? Milliseconds::max()
                                      : wire::parse_duration(value).value_or(Milliseconds{0});
          },
          meaning)
      ->check(validator(std::move(judge)));
}

}  // namespace

std::string joined(const std::vector<std::string>& words, std::string_view between) {
  std::string text;
  for (const std::string& word : words) {
    if (!text.empty()) text += between;
    text += word;
  }
  return text;
}

std::string named_twice(std::vector<std::string> names) {
  std::sort(names.begin(), names.end());
  const auto twice = std::adjacent_find(names.begin(), names.end());
  return twice == names.end() ? "" : *twice;
}

CLI::Option* add_lock(CLI::App& command, std::string& name) {
  return command.add_option("LOCK", name, "name of the lock")
      ->required()
      ->type_name("")
      ->check(validator(no_name));
}

CLI::Option* add_locks(CLI::App& command, std::vector<std::string>& names) {
  return command
      .add_option_function<std::vector<std::string>>(
          "LOCK",
          [&names](const std::vector<std::string>& given) {
            names = given;
            if (const std::string twice = named_twice(given); !twice.empty()) {
              throw CLI::ValidationError("LOCK", in_quotes(twice) + " is named twice");
            }
          },
          "name of the lock; several: all of them or none, with one token")
      ->required()
      ->type_name("")
      // So each word is one name: what takes "extra" ones reads [a] as a list, and a instead of it.
      ->expected(most_names, CLI::detail::expected_max_vector_size)
      ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll)
      ->allow_extra_args(false)
      ->check(validator(no_name));
}

CLI::Option* add_token(CLI::App& command, std::uint64_t& token) {
  return add_number(command, "--token", token, "fencing token of the holder that is meant",
                    no_token);
}

CLI::Option* add_prefix(CLI::App& command, std::string& prefix) {
  return command.add_option("PREFIX", prefix, "only names that begin so")
      ->type_name("")
      ->check(validator(no_prefix));
}

CLI::Option* add_id(CLI::App& command, std::string& id) {
  return command.add_option("--id", id, "names this acquisition: asked again, it is the same one")
      ->type_name("ID")
      ->check(validator(no_id));
}

CLI::Option* add_node(CLI::App& command, const std::string& place, std::string& node,
                      const std::string& meaning) {
  return command.add_option(place, node, meaning)->type_name("")->check(validator(no_node));
}

CLI::Option* add_name(CLI::App& command, const std::string& place, std::string& name,
                      const std::string& meaning) {
  return command.add_option(place, name, meaning)
      ->type_name(place.starts_with('-') ? "NAME" : "")
      ->check(validator(no_plain_name));
}

CLI::Option* add_names(CLI::App& command, const std::string& option,
                       std::vector<std::string>& names, const std::string& meaning) {
  return command.add_option(option, names, meaning)
      ->type_name("NAME")
      ->allow_extra_args(false)
      ->check(validator(no_plain_name));
}

CLI::Option* add_days(CLI::App& command, std::uint64_t& days, const std::string& meaning) {
  return add_number(command, "--days", days, meaning, no_days)->default_str(std::to_string(days));
}

CLI::Option* add_text(CLI::App& command, const std::string& option, std::string& text,
                      const std::string& meaning) {
  return command.add_option(option, text, meaning)->type_name("TEXT")->check(validator(no_text));
}

CLI::Option* add_ttl(CLI::App& command, Milliseconds& ttl) {
  return add_span(command, "--ttl", ttl, "the lease lasts so long unless renewed", no_ttl)
      ->type_name("SPAN");
}

void add_limits_of_hold(CLI::App& command, Milliseconds& delay, Milliseconds& max_hold) {
  add_span(command, "--delay", delay,
           "if it is lost uncleanly, nobody is granted it for so long afterwards", no_delay)
      ->type_name("SPAN");
  add_span(command, "--max-hold", max_hold, "taken back after so long, even if renewed", no_ttl)
      ->type_name("SPAN");
}

CLI::Option* add_wait(CLI::App& command, Milliseconds& wait) {
  return add_span(command, "--wait", wait, "queue so long if it is held; 0 tries once", no_wait)
      ->type_name("0|SPAN|forever");
}

void add_mode(CLI::App& command, Mode& mode, std::uint32_t& slots) {
  CLI::Option* shared = command.add_flag_callback(
      "--shared", [&mode] { mode = Mode::shared; },
      "share it with others who ask so; whoever asks otherwise has it alone");
  command
      .add_option_function<std::string>(
          "--slots",
          [&mode, &slots](const std::string& value) {
            mode = Mode::slot;
            slots = static_cast<std::uint32_t>(wire::parse_integer(value).value_or(0));
          },
          "be one of at most N; everybody says the same N")
      ->type_name("N")
      ->check(validator(no_slots))
      ->excludes(shared);
}

CLI::Option* add_limit(CLI::App& command, std::uint64_t& limit, const std::string& of) {
  return add_number(command, "--limit", limit, "at most so many " + of + "; 0: all", no_number)
      ->default_str(std::to_string(limit));
}

CLI::Option* add_page(CLI::App& command, std::uint64_t& limit, const std::string& of) {
  return add_number(command, "--limit", limit, "at most so many " + of, no_page)
      ->default_str(std::to_string(limit));
}

CLI::Option* add_interval(CLI::App& command, Milliseconds& interval) {
  return add_span(command, "--interval", interval, "look again after so long", no_interval)
      ->type_name("SPAN")
      ->default_str("1s");
}

}  // namespace pawl::cli
