// SPDX-License-Identifier: Apache-2.0
#include "cli/text/describe.hpp"

#include <algorithm>
#include <cstdint>
#include <optional>
#include <string_view>

#include "cli/text/duration.hpp"
#include "cli/text/printable.hpp"

namespace pawl::cli {
namespace {

// What is missing, null or of another kind reads as nothing.
std::string text(const Json& from, const char* key) {
  const auto found = from.find(key);
  return found != from.end() && found->is_string() ? found->get<std::string>() : std::string{};
}

std::optional<std::int64_t> number(const Json& from, const char* key) {
  const auto found = from.find(key);
  if (found == from.end() || !found->is_number_integer()) return std::nullopt;
  return found->get<std::int64_t>();
}

std::string number_text(const Json& from, const char* key) {
  const auto found = number(from, key);
  return found ? std::to_string(*found) : "-";
}

std::string span_text(const Json& from, const char* key) {
  const auto found = number(from, key);
  return found ? duration_text(Milliseconds{*found}) : "-";
}

const Json& list(const Json& from, const char* key) {
  static const Json none = Json::array();
  const auto found = from.find(key);
  return found != from.end() && found->is_array() ? *found : none;
}

std::int64_t waiters_total(const Json& show) {
  return number(show, "waiters_total")
      .value_or(static_cast<std::int64_t>(list(show, "waiters").size()));
}

std::string session_text(const Json& person) {
  const std::string session = text(person, "session");
  return session.empty() ? "leased" : printable(session);
}

// "worker 7" (s17, 127.0.0.1:40112, note "nightly"); the address alone where nothing else is known.
std::string who(const Json& person) {
  std::string who;
  std::string rest;
  auto tell = [&](const std::string& fact) {
    if (fact.empty()) return;
    if (who.empty()) {
      who = fact;
    } else {
      rest += (rest.empty() ? "" : ", ") + fact;
    }
  };
  const std::string client = text(person, "client");
  const std::string note = text(person, "note");
  tell(client.empty() ? "" : in_quotes(client));
  tell(printable(text(person, "session")));
  tell(printable(text(person, "address")));
  tell(note.empty() ? "" : "note " + in_quotes(note));
  return rest.empty() ? who : who + " (" + rest + ")";
}

// The mode only where it is not the usual one.
std::string mode_text(const Json& person) {
  const std::string mode = text(person, "mode");
  return mode.empty() || mode == "exclusive" ? std::string{} : ", " + printable(mode);
}

std::string holder_text(const Json& holder) {
  std::string said = who(holder) + " since " + span_text(holder, "since_ms") + ", token " +
                     number_text(holder, "token") + mode_text(holder) + "; ";
  const std::string session = text(holder, "session");
  if (number(holder, "renewed_ms")) {
    said += "renewed " + span_text(holder, "renewed_ms") + " ago";
    if (!session.empty()) said += " with its session";
    said += ", ";
  }
  if (number(holder, "expires_in_ms") == 0) return said + "its lease is over, its end is under way";
  return said + "lapses in " + span_text(holder, "expires_in_ms") + " unless renewed";
}

// Where one of several readers or slots was lost.
std::string delay_beside_holders(const Json& show) {
  const std::int64_t delay = number(show, "delay_ms").value_or(0);
  if (delay <= 0) return {};
  return "Another " + duration_text(Milliseconds{delay}) +
         " pass before it is granted in place of one that was lost uncleanly.\n";
}

std::string holders_text(const Json& show, const std::string& name) {
  const Json& holders = list(show, "holders");
  const std::string delay = delay_beside_holders(show);
  if (holders.size() == 1) {
    return name + " is held by " + holder_text(holders.front()) + ".\n" + delay;
  }
  if (!holders.empty()) {
    std::string said = name + " is held by " + std::to_string(holders.size()) + ":\n";
    for (const Json& holder : holders) said += "  " + holder_text(holder) + "\n";
    return said + delay;
  }
  if (const auto left = number(show, "delay_ms").value_or(0); left > 0) {
    return name + " is held by nobody, and ungrantable for another " +
           duration_text(Milliseconds{left}) + " after an unclean loss.\n";
  }
  return name + (waiters_total(show) == 0 ? " is free.\n" : " is held by nobody.\n");
}

std::string waiters_text(const Json& show) {
  const std::int64_t total = waiters_total(show);
  if (total == 0) return list(show, "holders").empty() ? "" : "Nobody waits.\n";
  std::string said = std::to_string(total) + (total == 1 ? " waits:\n" : " wait:\n");
  std::int64_t last = 0;
  for (const Json& waiter : list(show, "waiters")) {
    last = number(waiter, "position").value_or(last + 1);
    said += "  " + std::to_string(last) + ". " + who(waiter) + mode_text(waiter) + " for " +
            span_text(waiter, "since_ms") + "\n";
  }
  if (last < total) said += "  and " + std::to_string(total - last) + " more, see --limit\n";
  return said;
}

std::string state_text(const Json& show) {
  const std::size_t holders = list(show, "holders").size();
  const std::int64_t delay = number(show, "delay_ms").value_or(0);
  std::string state = holders == 0   ? "free"
                      : holders == 1 ? "held"
                                     : "held by " + std::to_string(holders);
  if (delay > 0) state += ", ungrantable for another " + duration_text(Milliseconds{delay});
  if (const auto total = waiters_total(show); total > 0) {
    state += ", " + std::to_string(total) + (total == 1 ? " waits" : " wait");
  }
  return state;
}

}  // namespace

Json json_of_names(const std::vector<std::string>& names) {
  if (names.size() == 1) return {{"name", names.front()}};
  return {{"names", names}};
}

std::string show_text(const Json& show) {
  std::string said = printable(text(show, "name")) + ": " + state_text(show) + "\n";
  if (const Json& holders = list(show, "holders"); !holders.empty()) {
    Table table(
        {"TOKEN", "MODE", "SINCE", "RENEWED", "EXPIRES", "SESSION", "CLIENT", "ADDRESS", "NOTE"});
    for (const Json& one : holders) {
      table.add({number_text(one, "token"), cell(text(one, "mode")), span_text(one, "since_ms"),
                 span_text(one, "renewed_ms"), span_text(one, "expires_in_ms"), session_text(one),
                 cell(text(one, "client")), cell(text(one, "address")), cell(text(one, "note"))});
    }
    said += "\n" + table.take_lines();
  }
  const Json& waiters = list(show, "waiters");
  if (waiters.empty()) return said;
  Table table({"POSITION", "MODE", "SINCE", "SESSION", "CLIENT", "ADDRESS", "NOTE"});
  for (const Json& one : waiters) {
    table.add({number_text(one, "position"), cell(text(one, "mode")), span_text(one, "since_ms"),
               session_text(one), cell(text(one, "client")), cell(text(one, "address")),
               cell(text(one, "note"))});
  }
  said += "\n" + table.take_lines();
  const auto more = waiters_total(show) - static_cast<std::int64_t>(waiters.size());
  if (more > 0) said += "and " + std::to_string(more) + " more, see --limit\n";
  return said;
}

std::string why_text(const Json& show) {
  return holders_text(show, printable(text(show, "name"))) + waiters_text(show);
}

namespace {

const Json* find_by(const Json& all, const char* key, const std::string& value) {
  const auto found = std::find_if(all.begin(), all.end(), [&](const Json& one) {
    return one.is_object() && text(one, key) == value;
  });
  return found == all.end() ? nullptr : &*found;
}

// Where it was asked itself, by its own word; else as the one above sees it.
Row node_row(const Json& server, const Json& node) {
  const std::string error = text(server, "error");
  const std::string place = cell(text(server, "server"));
  const std::string id = text(server, "node");
  const bool is_asked = !text(server, "role").empty();
  std::string role = error.empty() ? cell(text(is_asked ? server : node, "role")) : "unreachable";
  if (node.value("witness", Json()) == true) role += " (witness)";
  return {cell(id.empty() ? text(node, "id") : id),
          role,
          number_text(server, "epoch"),
          number_text(node, "lag"),
          span_text(node, "last_contact_ms"),
          error.empty() ? place : place + " (" + printable(error) + ")"};
}

std::string nodes_text(const Json& status) {
  const Json nothing = Json::object();
  const Json& nodes = list(status, "nodes");
  const Json& servers = list(status, "servers");
  Table table({"NODE", "ROLE", "EPOCH", "LAG", "LAST_CONTACT", "SERVER"});
  for (const Json& server : servers) {
    if (!server.is_object()) continue;
    const Json* node = find_by(nodes, "id", text(server, "node"));
    table.add(node_row(server, node == nullptr ? nothing : *node));
  }
  for (const Json& node : nodes) {
    if (!node.is_object() || find_by(servers, "node", text(node, "id")) != nullptr) continue;
    table.add(node_row(nothing, node));
  }
  return table.take_lines();
}

}  // namespace

std::string status_text(const Json& status) {
  std::string said;
  Table facts({"node", cell(text(status, "node"))});
  facts.add({"role", cell(text(status, "role"))});
  for (const char* key : {"epoch", "commit_index", "locks", "sessions", "waiters", "connections"}) {
    facts.add({key, number_text(status, key)});
  }
  facts.add({"uptime", span_text(status, "uptime_ms")});
  facts.add({"version", cell(text(status, "version"))});
  return facts.take_lines() + "\n" + nodes_text(status);
}

Row lock_headings() {
  return {"NAME", "MODE", "HOLDERS", "WAITERS", "TOKEN", "SINCE", "EXPIRES", "DELAY"};
}

Row lock_row(const Json& lock) {
  const bool is_held = number(lock, "holders").value_or(0) > 0;
  return {cell(text(lock, "name")),
          cell(text(lock, "mode")),
          number_text(lock, "holders"),
          number_text(lock, "waiters"),
          number_text(lock, "token"),
          is_held ? span_text(lock, "since_ms") : "-",
          is_held ? span_text(lock, "expires_in_ms") : "-",
          number(lock, "delay_ms").value_or(0) > 0 ? span_text(lock, "delay_ms") : "-"};
}

Row session_headings() {
  return {"HANDLE", "NAME", "LOCKS", "WAITS", "TTL", "EXPIRES", "SINCE", "ADDRESS"};
}

Row session_row(const Json& session) {
  return {cell(text(session, "handle")),  cell(text(session, "name")),
          number_text(session, "locks"),  number_text(session, "waits"),
          span_text(session, "ttl_ms"),   span_text(session, "expires_in_ms"),
          span_text(session, "since_ms"), cell(text(session, "address"))};
}

}  // namespace pawl::cli
