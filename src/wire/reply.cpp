// SPDX-License-Identifier: Apache-2.0
#include "wire/reply.hpp"

#include <algorithm>
#include <charconv>
#include <concepts>

#include "base/overloaded.hpp"
#include "wire/json.hpp"
#include "wire/quote.hpp"
#include "wire/verbs.hpp"

namespace pawl::wire {
namespace {

// `key` is short.
template <std::integral Integer>
void append_number(std::string& out, std::string_view key, Integer number) {
  char text[64];
  char* const digits = std::copy(key.begin(), key.end(), text);
  out.append(text, std::to_chars(digits, text + sizeof text, number).ptr);
}

// `key` with its blank and its =: " token=".
void append(std::string& out, std::string_view key, std::string_view word) {
  out.append(key).append(word);
}
void append(std::string& out, std::string_view key, std::uint64_t number) {
  append_number(out, key, number);
}
void append(std::string& out, std::string_view key, Milliseconds span) {
  append_number(out, key, span.count());
}

std::string_view reason_word(LossReason reason) {
  switch (reason) {
    case LossReason::expired: return "expired";
    case LossReason::broken: return "broken";
    case LossReason::max_hold: return "max_hold";
    case LossReason::session: return "session";
  }
  return "expired";
}

std::string_view kind_word(event::Watched::Kind kind) {
  using enum event::Watched::Kind;
  switch (kind) {
    case granted: return "GRANTED";
    case released: return "RELEASED";
    case expired: return "EXPIRED";
    case broken: return "BROKEN";
  }
  return "RELEASED";
}

void append_watched(std::string& out, const event::Watched& watched) {
  append(out, "EVENT ", kind_word(watched.kind));
  append(out, " name=", watched.name);
  append(out, " token=", watched.token.value);
  if (watched.kind == event::Watched::Kind::expired) append(out, " reason=", watched.reason);
  if (watched.kind == event::Watched::Kind::broken) {
    out += " reason=";
    append_quoted(out, watched.reason);
  }
}

void append_commands(std::string& out) {
  std::string commands;
  for (const VerbRule& rule : verb_rules()) {
    if (!commands.empty()) commands += "; ";
    commands += rule.usage;
  }
  out += " commands=";
  append_quoted(out, commands);
}

void append_hello(std::string& out, const reply::Hello& hello) {
  append(out, " server=pawld version=", PAWL_VERSION);
  append(out, " protocol=1 node=", hello.node);
  append(out, " role=", role_word(hello.role));
  append(out, " epoch=", hello.epoch.value);
}

void append_session(std::string& out, std::string_view secret, SessionId handle, Milliseconds ttl) {
  append(out, " session=", secret);
  append(out, " handle=s", handle.value);
  append(out, " ttl=", ttl);
}

void append_grant(std::string& out, Token token, Milliseconds ttl) {
  append(out, " token=", token.value);
  append(out, " ttl=", ttl);
}

void append_error(std::string& out, const reply::Error& error) {
  append(out, "ERR ", to_string(error.code));
  if (!error.limit.empty()) append(out, " limit=", error.limit);
  if (!error.primary.empty()) append(out, " primary=", error.primary);
  if (error.waiters) append(out, " waiters=", *error.waiters);
  if (error.expires_in) append(out, " expires_in=", *error.expires_in);
  if (error.delay) append(out, " delay=", *error.delay);
  if (!error.cycle.empty()) {
    out += " cycle=";
    append_quoted(out, error.cycle);
  }
  if (!error.message.empty()) {
    out += " msg=";
    append_quoted(out, error.message);
  }
}

// What stands behind OK.
struct Success {
  std::string& out;

  void operator()(const reply::Pong&) const { out += " pong"; }
  void operator()(const reply::Bye&) const { out += " bye"; }
  void operator()(const reply::Authenticated& one) const { out.append(" user=").append(one.user); }
  void operator()(const reply::Help&) const { append_commands(out); }
  void operator()(const reply::Hello& hello) const { append_hello(out, hello); }
  void operator()(const reply::Opened& opened) const {
    append_session(out, opened.secret, opened.handle, opened.ttl);
    out += opened.is_new ? " new=yes" : " new=no";
  }
  void operator()(const reply::Resumed& resumed) const {
    append_session(out, resumed.secret, resumed.handle, resumed.ttl);
  }
  void operator()(const reply::KeptAlive& kept) const {
    append(out, " ttl=", kept.ttl);
    if (kept.expired != 0) append(out, " expired=", std::uint64_t{kept.expired});
  }
  void operator()(const reply::Closed& closed) const {
    append(out, " released=", std::uint64_t{closed.released});
  }
  void operator()(const reply::Cancelled& outcome) const {
    out += outcome.cancelled ? " cancelled=yes" : " cancelled=no";
    if (!outcome.cancelled) append_grant(out, outcome.token, outcome.ttl);
  }
  template <class Json>
  void operator()(const Json& json) const {
    out += ' ';
    append_json(out, json);
  }
  void operator()(const reply::Error&) const = delete;
};

// Most replies are one of these: composed aside and appended at once.
class ShortLine {
 public:
  void add(std::string_view text) { end_ = std::copy(text.begin(), text.end(), end_); }
  template <std::integral Integer>
  void add(std::string_view key, Integer number) {
    add(key);
    end_ = std::to_chars(end_, std::end(line_), number).ptr;
  }
  void append_to(std::string& out) {
    add("\n");
    out.append(line_, end_);
  }

 private:
  char line_[96];
  char* end_ = line_;
};

}  // namespace

void format_reply(std::string& out, std::string_view tag, const ReplyBody& body) {
  if (!tag.empty()) {
    out += '#';
    out.append(tag) += ' ';
  }
  ShortLine line;
  std::visit(Overloaded{[&](const reply::Done&) {
                          line.add("OK");
                          line.append_to(out);
                        },
                        [&](const reply::Granted& granted) {
                          line.add("OK token=", granted.token.value);
                          line.add(" ttl=", granted.ttl.count());
                          line.append_to(out);
                        },
                        [&](const reply::Lasting& lasting) {
                          line.add("OK ttl=", lasting.ttl.count());
                          line.append_to(out);
                        },
                        [&](const reply::Error& error) {
                          append_error(out, error);
                          out += '\n';
                        },
                        [&](const auto& success) {
                          out += "OK";
                          Success{out}(success);
                          out += '\n';
                        }},
             body);
}

void format_event(std::string& out, const EventBody& body) {
  std::visit(Overloaded{[&out](const event::LostLock& lost) {
                          append(out, "EVENT LOST name=", lost.name);
                          append(out, " token=", lost.token.value);
                          append(out, " reason=", reason_word(lost.reason));
                        },
                        [&out](const event::LostSession& lost) {
                          append(out, "EVENT LOST session=s", lost.session.value);
                          append(out, " reason=session locks=", lost.locks);
                        },
                        [&out](const event::Watched& watched) { append_watched(out, watched); }},
             body);
  out += '\n';
}

}  // namespace pawl::wire
