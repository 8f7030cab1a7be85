// SPDX-License-Identifier: Apache-2.0
#include "cli/text/describe.hpp"

#include <cstdint>

#include "cli/text/duration.hpp"
#include "cli/text/printable.hpp"

namespace pawl::cli {
namespace {

using field::list;
using field::number;
using field::number_text;
using field::span_text;
using field::text;

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

std::string holders_text(const Json& show, const std::string& name, Paint paint) {
  const Json& holders = list(show, "holders");
  const std::string delay = delay_beside_holders(show);
  const std::string is_held = name + " is " + paint(Style::held, "held") + " by ";
  if (holders.size() == 1) return is_held + holder_text(holders.front()) + ".\n" + delay;
  if (!holders.empty()) {
    std::string said = is_held + std::to_string(holders.size()) + ":\n";
    for (const Json& holder : holders) said += "  " + holder_text(holder) + "\n";
    return said + delay;
  }
  if (const auto left = number(show, "delay_ms").value_or(0); left > 0) {
    return name + " is held by nobody, and ungrantable for another " +
           duration_text(Milliseconds{left}) + " after an unclean loss.\n";
  }
  return name + (waiters_total(show) == 0 ? " is free.\n" : " is held by nobody.\n");
}

std::string count_of_waiters(std::int64_t total, Paint paint) {
  return paint(Style::waiting, std::to_string(total) + (total == 1 ? " waits" : " wait"));
}

std::string waiters_text(const Json& show, Paint paint) {
  const std::int64_t total = waiters_total(show);
  if (total == 0) return list(show, "holders").empty() ? "" : "Nobody waits.\n";
  std::string said = count_of_waiters(total, paint) + ":\n";
  std::int64_t last = 0;
  for (const Json& waiter : list(show, "waiters")) {
    last = number(waiter, "position").value_or(last + 1);
    said += "  " + std::to_string(last) + ". " + who(waiter) + mode_text(waiter) + " for " +
            span_text(waiter, "since_ms") + "\n";
  }
  if (last < total) said += "  and " + std::to_string(total - last) + " more, see --limit\n";
  return said;
}

std::string state_text(const Json& show, Paint paint) {
  const std::size_t holders = list(show, "holders").size();
  const std::int64_t delay = number(show, "delay_ms").value_or(0);
  std::string state = holders == 0 ? "free" : paint(Style::held, "held");
  if (holders > 1) state += " by " + std::to_string(holders);
  if (delay > 0) state += ", ungrantable for another " + duration_text(Milliseconds{delay});
  if (const auto total = waiters_total(show); total > 0) {
    state += ", " + count_of_waiters(total, paint);
  }
  return state;
}

}  // namespace

Json json_of_names(const std::vector<std::string>& names) {
  if (names.size() == 1) return {{"name", names.front()}};
  return {{"names", names}};
}

std::string show_text(const Json& show, Paint paint, std::string_view hint) {
  std::string said = printable(text(show, "name")) + ": " + state_text(show, paint) + "\n";
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
  if (more > 0) said += "and " + std::to_string(more) + " more" + std::string(hint) + "\n";
  return said;
}

std::string why_text(const Json& show, Paint paint) {
  return holders_text(show, printable(text(show, "name")), paint) + waiters_text(show, paint);
}

Row lock_headings() {
  return {"NAME", "MODE", "HOLDERS", "WAITERS", "TOKEN", "SINCE", "EXPIRES", "DELAY"};
}

Row lock_row(const Json& lock) {
  const bool is_held = number(lock, "holders").value_or(0) > 0;
  const bool is_awaited = number(lock, "waiters").value_or(0) > 0;
  return {cell(text(lock, "name")),
          cell(text(lock, "mode")),
          number_text(lock, "holders"),
          {number_text(lock, "waiters"), is_awaited ? Style::waiting : Style::plain},
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
