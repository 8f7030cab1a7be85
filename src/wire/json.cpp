// SPDX-License-Identifier: Apache-2.0
#include "wire/json.hpp"

#include <nlohmann/json.hpp>
#include <utility>

#include "wire/text.hpp"

namespace pawl::wire {
namespace {

using Json = nlohmann::ordered_json;

std::string_view mode_word(Mode mode) {
  switch (mode) {
    case Mode::exclusive: return "exclusive";
    case Mode::shared: return "shared";
    case Mode::slot: return "slot";
  }
  return "exclusive";
}

Json milliseconds(Milliseconds span) { return span.count(); }

std::string handle(SessionId session) { return "s" + std::to_string(session.value); }

Json handle_or_null(SessionId session) {
  return session == SessionId{} ? Json(nullptr) : Json(handle(session));
}

Json text_or_null(const std::string& text) { return text.empty() ? Json(nullptr) : Json(text); }

// Behind `object`'s own keys, what holders and waiters have in common.
void add_person(Json& object, const reply::Person& person) {
  object["session"] = handle_or_null(person.session);
  object["client"] = text_or_null(person.client);
  object["note"] = text_or_null(person.note);
  object["address"] = person.address;
}

Json holder_json(const reply::Holder& holder) {
  Json object = {{"token", holder.token.value},
                 {"mode", mode_word(holder.mode)},
                 {"since_ms", milliseconds(holder.since)},
                 {"expires_in_ms", milliseconds(holder.expires_in)}};
  add_person(object, holder);
  return object;
}

Json waiter_json(const reply::Waiter& waiter) {
  Json object = {{"position", waiter.position},
                 {"mode", mode_word(waiter.mode)},
                 {"since_ms", milliseconds(waiter.since)}};
  add_person(object, waiter);
  return object;
}

Json lock_json(const reply::LockLine& lock) {
  return {{"name", lock.name},
          {"mode", mode_word(lock.mode)},
          {"holders", lock.holders},
          {"waiters", lock.waiters},
          {"token", lock.token == Token{} ? Json(nullptr) : Json(lock.token.value)},
          {"since_ms", milliseconds(lock.since)},
          {"expires_in_ms", milliseconds(lock.expires_in)},
          {"delay_ms", milliseconds(lock.delay)}};
}

Json session_json(const reply::SessionLine& session) {
  return {{"handle", handle(session.handle)},
          {"name", session.name},
          {"address", session.address},
          {"ttl_ms", milliseconds(session.ttl)},
          {"expires_in_ms", milliseconds(session.expires_in)},
          {"locks", session.locks},
          {"waits", session.waits},
          {"since_ms", milliseconds(session.since)}};
}

Json node_json(const reply::NodeLine& node) {
  return {{"id", node.id},
          {"role", role_word(node.role)},
          {"lag", node.lag},
          {"last_contact_ms", milliseconds(node.last_contact)}};
}

template <class Lines, class ToJson>
Json array_of(const Lines& lines, ToJson to_json) {
  Json array = Json::array();
  for (const auto& line : lines) array.push_back(to_json(line));
  return array;
}

// DEL and C1 controls are legal in JSON, but terminals act on them; inside strings, the only place
// where they can stand, an escape means the same.
void append_line(std::string& out, const Json& json) {
  constexpr std::string_view digits = "0123456789abcdef";
  const std::string text = json.dump(-1, ' ', false, Json::error_handler_t::replace);
  for (std::size_t i = 0; i < text.size(); ++i) {
    const bool two_bytes = control_at(std::string_view(text).substr(i)) != 0;
    if (!two_bytes && text[i] != '\x7F') {
      out += text[i];
      continue;
    }
    const unsigned character = static_cast<unsigned char>(two_bytes ? text[++i] : text[i]);
    out += "\\u00";
    out += digits[character >> 4U];
    out += digits[character & 0xFU];
  }
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

void append_json(std::string& out, const reply::Show& show) {
  append_line(out, {{"name", show.name},
                    {"holders", array_of(show.holders, holder_json)},
                    {"waiters", array_of(show.waiters, waiter_json)},
                    {"waiters_total", show.waiters_total},
                    {"delay_ms", milliseconds(show.delay)}});
}

void append_json(std::string& out, const reply::List& list) {
  append_line(out, {{"locks", array_of(list.locks, lock_json)},
                    {"next", list.next ? Json(*list.next) : Json(nullptr)}});
}

void append_json(std::string& out, const reply::Sessions& sessions) {
  append_line(out, {{"sessions", array_of(sessions.sessions, session_json)},
                    {"next", sessions.next ? Json(handle(*sessions.next)) : Json(nullptr)}});
}

void append_json(std::string& out, const reply::Status& status) {
  append_line(out, {{"node", status.node},
                    {"role", role_word(status.role)},
                    {"epoch", status.epoch.value},
                    {"commit_index", status.commit_index.value},
                    {"locks", status.locks},
                    {"sessions", status.sessions},
                    {"waiters", status.waiters},
                    {"connections", status.connections},
                    {"uptime_ms", milliseconds(status.uptime)},
                    {"version", PAWL_VERSION},
                    {"nodes", array_of(status.nodes, node_json)}});
}

}  // namespace pawl::wire
