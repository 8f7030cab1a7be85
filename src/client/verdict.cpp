// SPDX-License-Identifier: Apache-2.0
#include "client/verdict.hpp"

#include <algorithm>
#include <initializer_list>

#include "wire/values.hpp"

namespace pawl::client {
namespace {

bool is_one_of(std::string_view code, std::initializer_list<std::string_view> codes) {
  return std::find(codes.begin(), codes.end(), code) != codes.end();
}

}  // namespace

bool is_unknown(std::string_view code) {
  return !is_one_of(code,
                    {"BAD_REQUEST", "UNKNOWN_COMMAND", "TOO_LONG", "MISMATCH", "BUSY", "TIMEOUT",
                     "CANCELLED", "NOT_HELD", "NO_SESSION", "SESSION_EXPIRED", "DEADLOCK", "LIMIT",
                     "DISK_FULL", "SHUTTING_DOWN", "NOT_PRIMARY", "UNAUTHENTICATED", "FORBIDDEN"});
}

bool is_of_the_node(std::string_view code) { return is_one_of(code, {"NO_QUORUM", "INTERNAL"}); }

bool says_go_elsewhere(std::string_view code) {
  return is_one_of(code, {"SHUTTING_DOWN", "NOT_PRIMARY"});
}

bool is_denial(std::string_view code) { return is_one_of(code, {"UNAUTHENTICATED", "FORBIDDEN"}); }

bool is_full(std::string_view code) { return is_one_of(code, {"LIMIT", "DISK_FULL"}); }

std::optional<Milliseconds> ttl_in(const ReplyLine& reply) {
  const auto number = reply.number("ttl");
  if (reply.kind != ReplyLine::Kind::ok || !number || *number == 0) return std::nullopt;
  constexpr auto most = static_cast<std::uint64_t>(wire::longest_duration.count());
  return Milliseconds{static_cast<Milliseconds::rep>(std::min(*number, most))};
}

std::optional<Token> token_in(const ReplyLine& reply) {
  const auto number = reply.number("token");
  if (reply.kind != ReplyLine::Kind::ok || !number) return std::nullopt;
  const Token token{*number};
  return token == Token{} || token > last_token ? std::nullopt : std::optional(token);
}

}  // namespace pawl::client
