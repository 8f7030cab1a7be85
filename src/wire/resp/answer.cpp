// SPDX-License-Identifier: Apache-2.0
#include "wire/resp/answer.hpp"

#include <string>
#include <string_view>

#include "base/overloaded.hpp"
#include "wire/reply.hpp"

namespace pawl::wire::resp {
namespace {

// The version whose commands are spoken: clients ask no more of it than that it is new enough.
constexpr std::string_view redis_version = "7.2.0";

std::int64_t number_of(Token token) { return static_cast<std::int64_t>(token.value); }

void write_grant(const Writer& writer, Token token, Milliseconds ttl) {
  writer.array(2);
  writer.integer(number_of(token));
  writer.integer(ttl.count());
}

void write_session(const Writer& writer, std::string_view secret, SessionId handle,
                   Milliseconds ttl) {
  writer.array(3);
  writer.bulk(secret);
  writer.bulk("s" + std::to_string(handle.value));
  writer.integer(ttl.count());
}

// Redis clients look at the first word: these they know, the others are pawl's own.
std::string_view word_of(ErrorCode code) {
  switch (code) {
    case ErrorCode::bad_request:
    case ErrorCode::unknown_command: return "ERR";
    case ErrorCode::not_primary: return "READONLY";
    case ErrorCode::unauthenticated: return "NOAUTH";
    case ErrorCode::forbidden: return "NOPERM";
    case ErrorCode::too_long:
    case ErrorCode::mismatch:
    case ErrorCode::busy:
    case ErrorCode::timeout:
    case ErrorCode::cancelled:
    case ErrorCode::not_held:
    case ErrorCode::no_session:
    case ErrorCode::session_expired:
    case ErrorCode::deadlock:
    case ErrorCode::limit:
    case ErrorCode::disk_full:
    case ErrorCode::shutting_down:
    case ErrorCode::no_quorum:
    case ErrorCode::internal: return to_string(code);
  }
  return to_string(code);
}

std::string_view redis_role(Role role) { return role == Role::primary ? "master" : "slave"; }

}  // namespace

void write_own(const Writer& writer, const ReplyBody& body) {
  std::visit(
      Overloaded{
          [&](const reply::Done&) { writer.simple("OK"); },
          [&](const reply::Pong&) { writer.simple("PONG"); },
          [&](const reply::Bye&) { writer.simple("OK"); },
          [&](const reply::Authenticated&) { writer.simple("OK"); },
          [&](const reply::Opened& opened) {
            write_session(writer, opened.secret, opened.handle, opened.ttl);
          },
          [&](const reply::Resumed& resumed) {
            write_session(writer, resumed.secret, resumed.handle, resumed.ttl);
          },
          [&](const reply::KeptAlive& kept) { writer.integer(kept.ttl.count()); },
          [&](const reply::Closed& closed) { writer.integer(closed.released); },
          [&](const reply::Granted& granted) { write_grant(writer, granted.token, granted.ttl); },
          [&](const reply::Lasting& lasting) { writer.integer(lasting.ttl.count()); },
          [&](const reply::Cancelled& outcome) {
            if (outcome.cancelled) return writer.null();
            write_grant(writer, outcome.token, outcome.ttl);
          },
          [&](const reply::Error& error) {
            const bool is_taken = error.code == ErrorCode::busy || error.code == ErrorCode::timeout;
            return is_taken ? writer.null() : write_error(writer, error);
          },
          [&](const auto&) {
            std::string line;
            format_reply(line, {}, body);
            line.pop_back();
            writer.bulk(std::string_view(line).substr(sizeof "OK"));
          }},
      body);
}

void write_error(const Writer& writer, const reply::Error& error) {
  std::string text;
  const auto add = [&text](std::string_view key, std::string_view value) {
    if (value.empty()) return;
    if (!text.empty()) text += ' ';
    text.append(key).append(value);
  };
  std::string_view message = error.message;
  if (error.code == ErrorCode::not_primary) add("", "this node is not the primary");
  if (error.code == ErrorCode::no_quorum) {
    add("", "whether this took effect is unknown:");
    if (message.empty()) message = "no majority answers";
  }
  add("primary=", error.primary);
  add("limit=", error.limit);
  add("cycle=", error.cycle);
  add("", message);
  writer.error(word_of(error.code), text);
}

void write_hello(const Writer& writer, const reply::Hello& hello, Version version) {
  writer.map(6);
  writer.bulk("server");
  writer.bulk("redis");
  writer.bulk("version");
  writer.bulk(redis_version);
  writer.bulk("proto");
  writer.integer(static_cast<std::int64_t>(version));
  writer.bulk("mode");
  writer.bulk("standalone");
  writer.bulk("role");
  writer.bulk(hello.role == Role::primary ? "master" : "replica");
  writer.bulk("modules");
  writer.array(0);
}

void write_info(const Writer& writer, const reply::Hello& hello, const Counts& counts) {
  std::string text = "# Server\r\n";
  const auto line = [&text](std::string_view key, std::string_view value) {
    text.append(key).append(":").append(value) += "\r\n";
  };
  line("redis_version", redis_version);
  line("redis_mode", "standalone");
  line("server_name", "pawld");
  line("node", hello.node);
  text += "\r\n# Persistence\r\n";
  line("loading", hello.role == Role::starting ? "1" : "0");
  text += "\r\n# Replication\r\n";
  line("role", redis_role(hello.role));
  line("epoch", std::to_string(hello.epoch.value));
  text += "\r\n# Locks\r\n";
  line("missing_ttl", std::to_string(counts.missing_ttl));
  line("unowned_changes", std::to_string(counts.unowned));
  line("unknown_scripts", std::to_string(counts.unknown_scripts));
  writer.bulk(text);
}

void write_role(const Writer& writer, const reply::Hello& hello) {
  writer.array(3);
  writer.bulk(redis_role(hello.role));
  writer.integer(0);
  writer.array(0);
}

}  // namespace pawl::wire::resp
