// SPDX-License-Identifier: Apache-2.0
#include "cli/top/picture.hpp"

#include <algorithm>

#include "cli/text/cluster.hpp"
#include "cli/text/describe.hpp"
#include "cli/text/duration.hpp"
#include "cli/text/printable.hpp"
#include "cli/top/told.hpp"

namespace pawl::cli::top {
namespace {

using field::list;
using field::number;
using field::span_text;
using field::text;

bool is_well(const NodeFacts& node) { return node.is_reached() && node.is_heard(); }

// What the primary sees of a node that does not answer us is told as well.
Cell cell_of(const NodeFacts& node) {
  std::string said = cell(node.id.empty() ? node.server : node.id);
  if (!node.is_reached()) {
    said += " UNREACHABLE";
  } else if (!node.role.empty()) {
    said += " " + printable(node.role);
  }
  if (node.is_witness) said += " (witness)";
  const Style style = is_well(node) ? Style::plain : Style::trouble;
  if (node.is_reached() && node.role == "primary") return {said, style};
  if (node.lag) said += " lag " + std::to_string(*node.lag);
  if (!node.last_contact_ms) return {said, style};
  const std::string contact = duration_text(Milliseconds{*node.last_contact_ms});
  said += node.is_heard() ? " heard " + contact + " ago" : " UNHEARD for " + contact;
  return {said, style};
}

std::vector<Cell> health_of(const Json& view) {
  std::vector<NodeFacts> nodes = nodes_in(view);
  const auto rank = [](const NodeFacts& node) {
    return is_well(node) ? (node.role == "primary" ? 0 : 2) : 1;
  };
  std::stable_sort(nodes.begin(), nodes.end(),
                   [&](const NodeFacts& a, const NodeFacts& b) { return rank(a) < rank(b); });
  std::vector<Cell> health;
  if (primary_in(view).empty()) health.emplace_back("NO PRIMARY", Style::trouble);
  health.emplace_back("epoch " + field::number_text(view, "epoch"));
  for (const NodeFacts& node : nodes) health.push_back(cell_of(node));
  health.emplace_back("up " + span_text(view, "uptime_ms"));
  return health;
}

std::string holder_of(const Json& lock, const Json& show) {
  const Json& holders = list(show, "holders");
  const std::int64_t count = number(lock, "holders").value_or(0);
  if (count == 0) {
    const std::int64_t delay = number(lock, "delay_ms").value_or(0);
    return delay > 0 ? "nobody for " + duration_text(Milliseconds{delay}) : "-";
  }
  if (holders.empty()) return std::to_string(count) + (count == 1 ? " holder" : " holders");
  const Json& first = holders.front();
  const std::string client = text(first, "client");
  const std::string who = cell(client.empty() ? text(first, "address") : client);
  return count == 1 ? who : who + " +" + std::to_string(count - 1);
}

LockLine line_of(const Json& lock, const Json& show) {
  LockLine line;
  line.name = text(lock, "name");
  line.holder = holder_of(lock, show);
  const Json& holders = list(show, "holders");
  line.note = cell(holders.empty() ? "" : text(holders.front(), "note"));
  const bool is_held = number(lock, "holders").value_or(0) > 0;
  line.held = is_held ? span_text(lock, "since_ms") : "-";
  line.expires = is_held ? span_text(lock, "expires_in_ms") : "-";
  line.waiters = number(lock, "waiters").value_or(0);
  const Json& waiters = list(show, "waiters");
  line.oldest = waiters.empty() ? "-" : span_text(waiters.front(), "since_ms");
  return line;
}

// Between LIST and SHOW a lock may have become another's, or free: then LIST's word stands alone.
const Json& show_of(const std::string& name, const std::vector<Json>& shows) {
  static const Json nothing = Json::object();
  const auto found = std::find_if(shows.begin(), shows.end(),
                                  [&](const Json& show) { return text(show, "name") == name; });
  return found == shows.end() ? nothing : *found;
}

}  // namespace

Picture picture_of(const Told& told, Paint paint) {
  const Json view = view_of(told.seen);
  Picture picture;
  picture.server = told.server;
  picture.health = health_of(view);
  picture.totals = {number(view, "locks"),        number(view, "sessions"),
                    number(view, "waiters"),      number(view, "connections"),
                    number(view, "commit_index"), std::nullopt};
  for (const Json& lock : told.locks) {
    picture.locks.push_back(line_of(lock, show_of(text(lock, "name"), told.shows)));
  }
  if (told.queue.is_object()) picture.queue = lines_of(show_text(told.queue, paint, ""));
  return picture;
}

void compare(Picture& now, const Picture& before, Milliseconds span) {
  const auto& records = now.totals.records;
  const auto& earlier = before.totals.records;
  if (!records || !earlier || *records < *earlier || span.count() <= 0) return;
  now.totals.records_in_second = (*records - *earlier) * 1'000 / span.count();
}

std::string totals_text(const Totals& totals) {
  std::string said;
  const auto add = [&](const char* what, const std::optional<std::int64_t>& count) {
    if (count) said += (said.empty() ? "" : "  ") + (what + (" " + std::to_string(*count)));
  };
  add("locks", totals.locks);
  add("waiters", totals.waiters);
  add("sessions", totals.sessions);
  add("connections", totals.connections);
  add("records", totals.records);
  if (totals.records_in_second) said += " (" + std::to_string(*totals.records_in_second) + "/s)";
  return said;
}

std::string block_text(const Picture& picture, Paint paint) {
  std::string said;
  for (const Cell& part : picture.health) {
    said += (said.empty() ? "" : "  ") + paint(part.style, part.text);
  }
  said += "\n" + totals_text(picture.totals) + "\n";
  Table table(headings());
  for (const LockLine& lock : picture.locks) table.add(row_of(lock));
  return said + table.take_lines(paint);
}

Json json_of(const Told& told) {
  Json locks = Json::array();
  for (Json lock : told.locks) {
    const Json& show = show_of(text(lock, "name"), told.shows);
    const Json& holders = list(show, "holders");
    const Json& waiters = list(show, "waiters");
    lock["holder"] = holders.empty() ? Json() : holders.front();
    lock["first_waiter"] = waiters.empty() ? Json() : waiters.front();
    locks.push_back(std::move(lock));
  }
  return {{"status", view_of(told.seen)}, {"locks", std::move(locks)}};
}

Row headings() { return {"LOCK", "WAITERS", "OLDEST", "HELD", "EXPIRES", "HOLDER", "NOTE"}; }

Row row_of(const LockLine& lock) {
  return {cell(lock.name),
          {std::to_string(lock.waiters), lock.waiters > 0 ? Style::waiting : Style::plain},
          lock.oldest,
          lock.held,
          lock.expires,
          lock.holder,
          lock.note};
}

}  // namespace pawl::cli::top
