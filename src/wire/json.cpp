// SPDX-License-Identifier: Apache-2.0
#include "wire/json.hpp"

#include <optional>

#include "wire/json_writer.hpp"

namespace pawl::wire {
namespace {

std::string handle(SessionId session) { return "s" + std::to_string(session.value); }

void handle_or_null(JsonWriter& out, SessionId session) {
  out.text_or_null(session == SessionId{} ? std::string{} : handle(session));
}

// What holders and waiters have in common, behind their own keys.
void write_person(JsonWriter& out, const reply::Person& person) {
  handle_or_null(out.key("session"), person.session);
  out.key("client").text_or_null(person.client);
  out.key("note").text_or_null(person.note);
  out.key("address").text(person.address);
}

void write(JsonWriter& out, const reply::Holder& holder) {
  out.key("token").number(holder.token.value);
  out.key("mode").text(mode_word(holder.mode));
  out.key("since_ms").milliseconds(holder.since);
  out.key("expires_in_ms").milliseconds(holder.expires_in);
  out.key("renewed_ms").milliseconds(holder.renewed);
  write_person(out, holder);
}

void write(JsonWriter& out, const reply::Waiter& waiter) {
  out.key("position").number(waiter.position);
  out.key("mode").text(mode_word(waiter.mode));
  out.key("since_ms").milliseconds(waiter.since);
  write_person(out, waiter);
}

void write(JsonWriter& out, const reply::LockLine& lock) {
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

void write(JsonWriter& out, const reply::SessionLine& session) {
  out.key("handle").text(handle(session.handle));
  out.key("name").text_or_null(session.name);
  out.key("address").text(session.address);
  out.key("ttl_ms").milliseconds(session.ttl);
  out.key("expires_in_ms").milliseconds(session.expires_in);
  out.key("locks").number(session.locks);
  out.key("waits").number(session.waits);
  out.key("since_ms").milliseconds(session.since);
}

void write(JsonWriter& out, const reply::NodeLine& node) {
  out.key("id").text(node.id);
  out.key("role").text(role_word(node.role));
  out.key("lag").number(node.lag);
  out.key("last_contact_ms").milliseconds(node.last_contact);
  if (!node.client.empty()) out.key("client").text(node.client);
  if (node.witness) out.key("witness").boolean(true);
}

template <class Lines>
void write_lines(JsonWriter& out, const Lines& lines) {
  out.open('[');
  for (const auto& line : lines) {
    out.open('{');
    write(out, line);
    out.close('}');
  }
  out.close(']');
}

}  // namespace

std::string_view mode_word(Mode mode) {
  switch (mode) {
    case Mode::exclusive: return "exclusive";
    case Mode::shared: return "shared";
    case Mode::slot: return "slot";
  }
  return "exclusive";
}

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
  JsonWriter out{text};
  out.open('{');
  out.key("name").text(show.name);
  write_lines(out.key("holders"), show.holders);
  write_lines(out.key("waiters"), show.waiters);
  out.key("waiters_total").number(show.waiters_total);
  out.key("delay_ms").milliseconds(show.delay);
  out.close('}');
}

void append_json(std::string& text, const reply::List& list) {
  JsonWriter out{text};
  out.open('{');
  write_lines(out.key("locks"), list.locks);
  out.key("next").text_or_null(list.next.value_or(std::string{}));
  out.close('}');
}

void append_json(std::string& text, const reply::Sessions& sessions) {
  JsonWriter out{text};
  out.open('{');
  write_lines(out.key("sessions"), sessions.sessions);
  handle_or_null(out.key("next"), sessions.next.value_or(SessionId{}));
  out.close('}');
}

void append_json(std::string& text, const reply::Status& status) {
  JsonWriter out{text};
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
