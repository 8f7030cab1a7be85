// SPDX-License-Identifier: Apache-2.0
#include "client/access.hpp"

#include <algorithm>
#include <string_view>

#include "client/request_line.hpp"
#include "client/tls.hpp"
#include "client/verdict.hpp"
#include "wire/text.hpp"

namespace pawl::client {
namespace {

constexpr std::size_t longest_word = 255;

// What a line can carry as one word.
bool is_word(std::string_view text) {
  return !text.empty() && text.size() <= longest_word && wire::is_text(text) &&
         std::all_of(text.begin(), text.end(), [](char c) {
           return static_cast<unsigned char>(c) > 0x20 && c != 0x7F && c != '"' && c != '=';
         });
}

}  // namespace

std::string problem_in(const Access& access) {
  if (!access.user.empty() && !is_word(access.user)) {
    return "no user: up to 255 bytes without blanks, quotes and =";
  }
  if (access.user.empty() != access.secret.empty()) {
    return access.user.empty() ? "a secret, but of no user" : "a user without a secret";
  }
  if (!access.secret.empty() && !is_word(access.secret)) {
    return "no secret: up to 255 bytes without blanks, quotes and =";
  }
  return access.tls ? problem_in(*access.tls) : std::string();
}

std::string auth_line(const Access& access) {
  return RequestLine("AUTH").word(access.user).word(access.secret).text();
}

std::string why_not_accepted(const ReplyLine& error) {
  const Refusal refusal = refusal_of(error);
  return refusal.message.empty() ? refusal.code : refusal.code + ": " + refusal.message;
}

bool is_denied(const ReplyLine& reply) {
  return reply.kind == ReplyLine::Kind::error && is_denial(reply.word);
}

}  // namespace pawl::client
