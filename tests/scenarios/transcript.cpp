// SPDX-License-Identifier: Apache-2.0
#include "scenarios/transcript.hpp"

#include <algorithm>
#include <charconv>
#include <fstream>
#include <optional>
#include <stdexcept>

namespace pawl::testing {
namespace {

constexpr std::string_view anything = "…";

bool is_digit(char c) { return c >= '0' && c <= '9'; }

bool is_word(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || is_digit(c) || c == '_';
}

// Of a token, a secret, a handle, a number.
bool is_captured(char c) { return is_word(c) || c == '-' || c == '.' || c == ':'; }

std::string_view take_while(std::string_view& rest, bool (*wanted)(char)) {
  std::size_t end = 0;
  while (end < rest.size() && wanted(rest[end])) ++end;
  const std::string_view taken = rest.substr(0, end);
  rest.remove_prefix(end);
  return taken;
}

std::optional<std::uint64_t> number(std::string_view text, int base = 10) {
  std::uint64_t value = 0;
  const auto result = std::from_chars(text.data(), text.data() + text.size(), value, base);
  if (text.empty() || result.ec != std::errc{} || result.ptr != text.data() + text.size()) {
    return std::nullopt;
  }
  return value;
}

// {byte 0D} or {x*300}; anything else in braces is JSON and stays.
std::optional<std::string> expanded(std::string_view inside) {
  if (inside.starts_with("byte ")) {
    const auto value = number(inside.substr(5), 16);
    if (value && *value < 256) return std::string(1, static_cast<char>(*value));
  }
  const std::size_t star =
      inside.find_first_of("{\"") == inside.npos ? inside.rfind('*') : inside.npos;
  if (star == inside.npos || star == 0) return std::nullopt;
  const auto times = number(inside.substr(star + 1));
  if (!times) return std::nullopt;
  std::string out;
  for (std::uint64_t i = 0; i < *times; ++i) out += inside.substr(0, star);
  return out;
}

std::optional<std::string> take_expanded(std::string_view& rest) {
  const std::size_t end = rest.starts_with('{') ? rest.find('}') : rest.npos;
  if (end == rest.npos) return std::nullopt;
  auto bytes = expanded(rest.substr(1, end - 1));
  if (bytes) rest.remove_prefix(end + 1);
  return bytes;
}

std::chrono::milliseconds duration(std::string_view text) {
  const bool in_ms = text.ends_with("ms");
  const auto value = number(text.substr(0, text.size() - (in_ms ? 2 : 1)));
  if (!value || !text.ends_with('s')) throw std::runtime_error("not a duration in ms or s");
  return std::chrono::milliseconds{*value * (in_ms ? 1 : 1000)};
}

Step step_of(const std::string& text) {
  using Kind = Step::Kind;
  Step step;
  if (text.starts_with("set ")) {
    step.kind = Kind::set;
    step.text = text.substr(4);
    return step;
  }
  if (text.starts_with("after ")) {
    step.kind = Kind::wait;
    step.span = duration(std::string_view(text).substr(6));
    return step;
  }
  if (text.starts_with('$') || is_digit(text.front())) {
    step.kind = Kind::compare;
    step.text = text;
    return step;
  }
  std::string_view rest = text;
  step.who = take_while(rest, is_word);
  const std::string_view action = rest;
  if (rest.starts_with("> ") || rest == ">" || rest.starts_with("< ")) {
    step.kind = rest.front() == '>' ? Kind::send : Kind::expect;
    step.text = rest.size() > 2 ? rest.substr(2) : std::string_view{};
  } else if (rest.starts_with('.')) {
    step.kind = Kind::silence;
  } else if (action == " connects") {
    step.kind = Kind::connect;
  } else if (action == " disconnects") {
    step.kind = Kind::disconnect;
  } else if (action == " ends input") {
    step.kind = Kind::end_input;
  } else if (action == " is closed") {
    step.kind = Kind::closed;
  } else {
    throw std::runtime_error("not a line of a transcript: " + text);
  }
  if (step.who.empty()) throw std::runtime_error("no connection named: " + text);
  return step;
}

}  // namespace

Transcript read_transcript(const std::string& path) {
  std::ifstream in(path);
  if (!in) throw std::runtime_error("cannot read " + path);
  Transcript transcript;
  transcript.file = path.substr(path.rfind('/') + 1);
  std::string text;
  for (std::size_t line = 1; std::getline(in, text); ++line) {
    if (transcript.title.empty() && text.starts_with("# ")) transcript.title = text.substr(2);
    if (text.empty() || text.starts_with('#')) continue;
    try {
      transcript.steps.push_back(step_of(text));
    } catch (const std::runtime_error& error) {
      throw std::runtime_error(path + ":" + std::to_string(line) + ": " + error.what());
    }
    transcript.steps.back().line = line;
  }
  return transcript;
}

std::string written_out(std::string_view text, const Captures& captures) {
  std::string out;
  while (!text.empty()) {
    if (text.front() == '$') {
      text.remove_prefix(1);
      const std::string name(take_while(text, is_word));
      const auto found = captures.find(name);
      if (found == captures.end()) throw std::runtime_error("nothing was captured as $" + name);
      out += found->second;
      continue;
    }
    if (const auto bytes = take_expanded(text)) {
      out += *bytes;
      continue;
    }
    out += text.front();
    text.remove_prefix(1);
  }
  return out;
}

bool matches(std::string_view pattern, std::string_view line, Captures& captures) {
  while (!pattern.empty()) {
    if (pattern.starts_with(anything)) {
      pattern.remove_prefix(anything.size());
      for (std::size_t skipped = 0; skipped <= line.size(); ++skipped) {
        Captures tried = captures;
        if (!matches(pattern, line.substr(skipped), tried)) continue;
        captures = std::move(tried);
        return true;
      }
      return false;
    }
    if (pattern.front() == '$') {
      pattern.remove_prefix(1);
      const std::string name(take_while(pattern, is_word));
      const std::string_view got = take_while(line, is_captured);
      if (got.empty()) return false;
      if (captures.try_emplace(name, got).first->second != got) return false;
      continue;
    }
    if (const auto bytes = take_expanded(pattern)) {
      if (!line.starts_with(*bytes)) return false;
      line.remove_prefix(bytes->size());
      continue;
    }
    if (line.empty() || line.front() != pattern.front()) return false;
    pattern.remove_prefix(1);
    line.remove_prefix(1);
  }
  return line.empty();
}

}  // namespace pawl::testing
