// SPDX-License-Identifier: Apache-2.0
#include "server/refusals.hpp"

#include "wire/reply.hpp"

namespace pawl::server {
namespace {

std::string line_of(ErrorCode code, std::string_view message, std::string_view limit) {
  reply::Error error;
  error.code = code;
  error.message = message;
  error.limit = limit;
  std::string line;
  wire::format_reply(line, {}, error);
  return line;
}

}  // namespace

std::string tls_only(bool resp) {
  const std::string message = "this port speaks TLS only";
  return resp ? "-ERR " + message + "\r\n" : line_of(ErrorCode::unauthenticated, message, {});
}

std::string too_long(std::uint32_t line_limit) {
  const std::string message =
      "a request line has at most " + std::to_string(line_limit) + " bytes with its line feed";
  return line_of(ErrorCode::too_long, message, {});
}

std::string unread_output(std::uint64_t limit) {
  const std::string message = "more than " + std::to_string(limit) +
                              " bytes were not read in time: the watch ends, and events are lost";
  return line_of(ErrorCode::limit, message, "unread_output");
}

std::string tag_in_use(std::string_view tag) {
  return "ERR BAD_REQUEST tag=" + std::string(tag) +
         " msg=\"the request with this tag is still unanswered\"\n";
}

std::string not_admitted(Admission::Verdict verdict) {
  if (verdict == Admission::Verdict::too_many) {
    return line_of(ErrorCode::limit, "too many connections", "connections");
  }
  return line_of(ErrorCode::limit, "too many connections from this address",
                 "connections_per_address");
}

}  // namespace pawl::server
