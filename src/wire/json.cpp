// SPDX-License-Identifier: Apache-2.0
#include "wire/json.hpp"

#include <charconv>
#include <concepts>
#include <optional>

#include "wire/text.hpp"

namespace pawl::wire {
namespace {

std::string_view mode_word(Mode mode) {
  switch (mode) {
    case Mode::exclusive: return "exclusive";
    case Mode::shared: return "shared";
    case Mode::slot: return "slot";
  }
  return "exclusive";
}

std::string handle(SessionId session) { return "s" + std::to_string(session.value); }

// Writes values one behind the other, straight into the outbox: a LIST of a thousand locks must not
// hold up the loop, and a tree of values would.
class Writer {
 public:
  explicit Writer(std::string& out) : out_(out) {}

  void open(char bracket) {
    separate();
    out_ += bracket;
    first_ = true;
  }
  void close(char bracket) {
    out_ += bracket;
    first_ = false;
  }
  Writer& key(std::string_view name) {
    text(name);
    out_ += ':';
    first_ = true;
    return *this;
  }
  void text(std::string_view text);
  void number(std::integral auto value) {
    separate();
    char digits[24];
    out_.append(digits, std::to_chars(digits, digits + sizeof digits, value).ptr);
  }
  void milliseconds(Milliseconds span) { number(span.count()); }
  void yes() {
    separate();
    out_ += "true";
  }
  void null() {
    separate();
    out_ += "null";
  }

 private:
  void separate() {
    if (!first_) out_ += ',';
    first_ = false;
  }
  void escape(unsigned character);

  std::string& out_;
  bool first_ = true;
};

// The bytes of the character at the start, 0 if they are none. Not ASCII.
std::size_t character_size(std::string_view text) {
  for (std::size_t size = 2; size <= 4 && size <= text.size(); ++size) {
    if (is_text(text.substr(0, size))) return size;
  }
  return 0;
}

// DEL and C1 controls are legal in JSON, but terminals act on them.
void Writer::text(std::string_view text) {
  separate();
  out_ += '"';
  while (!text.empty()) {
    const auto byte = static_cast<unsigned char>(text.front());
    std::size_t size = 1;
    if (byte < 0x20 || byte == 0x7F) {
      escape(byte);
    } else if (byte < 0x80) {
      if (byte == '"' || byte == '\\') out_ += '\\';
      out_ += text.front();
    } else if (control_at(text) != 0) {
      escape(static_cast<unsigned char>(text[1]));
      size = 2;
    } else if (size = character_size(text); size != 0) {
      out_ += text.substr(0, size);
    } else {
      out_ += "\xEF\xBF\xBD";  // U+FFFD
      size = 1;
    }
    text.remove_prefix(size);
  }
  out_ += '"';
}

void Writer::escape(unsigned character) {
  constexpr std::string_view digits = "0123456789abcdef";
  switch (character) {
    case '\n': out_ += "\\n"; return;
    case '\t': out_ += "\\t"; return;
    case '\r': out_ += "\\r"; return;
    case '\b': out_ += "\\b"; return;
    case '\f': out_ += "\\f"; return;
    default: break;
  }
  out_ += "\\u00";
  out_ += digits[character >> 4U];
  out_ += digits[character & 0xFU];
}

void text_or_null(Writer& out, std::string_view text) {
  if (text.empty()) {
    out.null();
  } else {
    out.text(text);
  }
}

void handle_or_null(Writer& out, SessionId session) {
  text_or_null(out, session == SessionId{} ? std::string{} : handle(session));
}

// What holders and waiters have in common, behind their own keys.
void write_person(Writer& out, const reply::Person& person) {
  handle_or_null(out.key("session"), person.session);
  text_or_null(out.key("client"), person.client);
  text_or_null(out.key("note"), person.note);
  out.key("address").text(person.address);
}

void write(Writer& out, const reply::Holder& holder) {
  out.key("token").number(holder.token.value);
  out.key("mode").text(mode_word(holder.mode));
  out.key("since_ms").milliseconds(holder.since);
  out.key("expires_in_ms").milliseconds(holder.expires_in);
  out.key("renewed_ms").milliseconds(holder.renewed);
  write_person(out, holder);
}

void write(Writer& out, const reply::Waiter& waiter) {
  out.key("position").number(waiter.position);
  out.key("mode").text(mode_word(waiter.mode));
  out.key("since_ms").milliseconds(waiter.since);
  write_person(out, waiter);
}

void write(Writer& out, const reply::LockLine& lock) {
  out.key("name").text(lock.name);
  out.key("mode").text(mode_word(lock.mode));
  out.key("holders").number(lock.holders);
  out.key("waiters").number(lock.waiters);
  if (lock.token == Token{}) {
    out.key("token").null();
  } else {
    out.key("token").number(lock.token.value);
  }
  out.key("since_ms").milliseconds(lock.since);
  out.key("expires_in_ms").milliseconds(lock.expires_in);
  out.key("delay_ms").milliseconds(lock.delay);
}

void write(Writer& out, const reply::SessionLine& session) {
  out.key("handle").text(handle(session.handle));
  out.key("name").text(session.name);
  out.key("address").text(session.address);
  out.key("ttl_ms").milliseconds(session.ttl);
  out.key("expires_in_ms").milliseconds(session.expires_in);
  out.key("locks").number(session.locks);
  out.key("waits").number(session.waits);
  out.key("since_ms").milliseconds(session.since);
}

void write(Writer& out, const reply::NodeLine& node) {
  out.key("id").text(node.id);
  out.key("role").text(role_word(node.role));
  out.key("lag").number(node.lag);
  out.key("last_contact_ms").milliseconds(node.last_contact);
  if (!node.client.empty()) out.key("client").text(node.client);
  if (node.witness) out.key("witness").yes();
}

template <class Lines>
void write_lines(Writer& out, const Lines& lines) {
  out.open('[');
  for (const auto& line : lines) {
    out.open('{');
    write(out, line);
    out.close('}');
  }
  out.close(']');
}

}  // namespace

std::string_view role_word(Role role) {
  switch (role) {
    case Role::starting: return "starting";
    case Role::primary: return "primary";
    case Role::standby: return "standby";
    case Role::learner: return "learner";
  }
  return "starting";
}

void append_json(std::string& text, const reply::Show& show) {
  Writer out{text};
  out.open('{');
  out.key("name").text(show.name);
  write_lines(out.key("holders"), show.holders);
  write_lines(out.key("waiters"), show.waiters);
  out.key("waiters_total").number(show.waiters_total);
  out.key("delay_ms").milliseconds(show.delay);
  out.close('}');
}

void append_json(std::string& text, const reply::List& list) {
  Writer out{text};
  out.open('{');
  write_lines(out.key("locks"), list.locks);
  text_or_null(out.key("next"), list.next.value_or(std::string{}));
  out.close('}');
}

void append_json(std::string& text, const reply::Sessions& sessions) {
  Writer out{text};
  out.open('{');
  write_lines(out.key("sessions"), sessions.sessions);
  handle_or_null(out.key("next"), sessions.next.value_or(SessionId{}));
  out.close('}');
}

void append_json(std::string& text, const reply::Status& status) {
  Writer out{text};
  out.open('{');
  out.key("node").text(status.node);
  out.key("role").text(role_word(status.role));
  out.key("epoch").number(status.epoch.value);
  out.key("commit_index").number(status.commit_index.value);
  out.key("locks").number(status.locks);
  out.key("sessions").number(status.sessions);
  out.key("waiters").number(status.waiters);
  out.key("connections").number(status.connections);
  out.key("uptime_ms").milliseconds(status.uptime);
  out.key("version").text(PAWL_VERSION);
  write_lines(out.key("nodes"), status.nodes);
  out.close('}');
}

}  // namespace pawl::wire
