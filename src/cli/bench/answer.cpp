// SPDX-License-Identifier: Apache-2.0
#include "cli/bench/answer.hpp"

#include <charconv>
#include <optional>

#include "pawl/types.hpp"

namespace pawl::cli::bench {
namespace {

// key= and its number in front of `rest`, off it. Nothing: they do not stand there.
std::optional<std::uint64_t> take_number(std::string_view& rest, std::string_view key) {
  if (!rest.starts_with(key)) return std::nullopt;
  std::uint64_t number = 0;
  const char* begin = rest.data() + key.size();
  const char* end = rest.data() + rest.size();
  const auto [stop, error] = std::from_chars(begin, end, number);
  const bool ends_there = stop == end || *stop == ' ';
  if (error != std::errc{} || !ends_there) return std::nullopt;
  rest.remove_prefix(static_cast<std::size_t>(stop - rest.data()));
  return number;
}

Answer read_success(std::string_view rest) {
  if (rest.empty()) return {Answer::Kind::done, 0, {}};
  if (rest.front() != ' ') return {};
  const Answer told{Answer::Kind::told, 0, rest.substr(1)};
  if (const auto ttl = take_number(rest, " ttl=")) {
    return *ttl > 0 ? Answer{Answer::Kind::lasting, 0, {}} : told;
  }
  const auto token = take_number(rest, " token=");
  const auto ttl = take_number(rest, " ttl=");
  const bool is_grant = token && ttl && *token > 0 && *token <= last_token.value && *ttl > 0;
  return is_grant ? Answer{Answer::Kind::granted, *token, {}} : told;
}

}  // namespace

Answer read_answer(std::string_view line) {
  if (line.ends_with('\r')) line.remove_suffix(1);
  if (line.starts_with("OK")) return read_success(line.substr(2));
  if (!line.starts_with("ERR ")) return {};
  const std::string_view word = line.substr(4, line.find(' ', 4) - 4);
  if (word.empty()) return {};
  return {Answer::Kind::refused, 0, word};
}

std::string_view error_of(const Answer& answer) {
  if (answer.kind == Answer::Kind::refused) return answer.text;
  return answer.kind == Answer::Kind::garbled ? code::garbled : code::unverified;
}

}  // namespace pawl::cli::bench
