// SPDX-License-Identifier: Apache-2.0
#include "cli/text/cluster.hpp"

#include <algorithm>

#include "cli/text/duration.hpp"
#include "cli/text/printable.hpp"
#include "cli/text/table.hpp"

namespace pawl::cli {
namespace {

using field::list;
using field::number;
using field::text;

const Json* find_by(const Json& all, const char* key, const std::string& value) {
  const auto found = std::find_if(all.begin(), all.end(), [&](const Json& one) {
    return one.is_object() && text(one, key) == value;
  });
  return found == all.end() ? nullptr : &*found;
}

NodeFacts facts_of(const Json& server, const Json& node) {
  NodeFacts facts;
  facts.id = text(server, "node");
  if (facts.id.empty()) facts.id = text(node, "id");
  facts.role = text(server, "role");
  if (facts.role.empty()) facts.role = text(node, "role");
  facts.is_witness = node.value("witness", Json()) == true;
  facts.server = text(server, "server");
  facts.error = text(server, "error");
  facts.epoch = number(server, "epoch");
  facts.lag = number(node, "lag");
  facts.last_contact_ms = number(node, "last_contact_ms");
  return facts;
}

std::string number_or_dash(const std::optional<std::int64_t>& number) {
  return number ? std::to_string(*number) : "-";
}

Row row_of(const NodeFacts& node) {
  const std::string role = node.is_reached() ? cell(node.role) : "unreachable";
  const std::string place = cell(node.server);
  const std::string contact =
      node.last_contact_ms ? duration_text(Milliseconds{*node.last_contact_ms}) : "-";
  return {cell(node.id),
          {node.is_witness ? role + " (witness)" : role,
           node.is_reached() ? Style::plain : Style::trouble},
          number_or_dash(node.epoch),
          number_or_dash(node.lag),
          {contact, node.is_heard() ? Style::plain : Style::trouble},
          node.is_reached() ? place : place + " (" + printable(node.error) + ")"};
}

}  // namespace

std::vector<NodeFacts> nodes_in(const Json& status) {
  const Json nothing = Json::object();
  const Json& nodes = list(status, "nodes");
  const Json& servers = list(status, "servers");
  std::vector<NodeFacts> all;
  for (const Json& server : servers) {
    if (!server.is_object()) continue;
    const Json* node = find_by(nodes, "id", text(server, "node"));
    all.push_back(facts_of(server, node == nullptr ? nothing : *node));
  }
  for (const Json& node : nodes) {
    if (!node.is_object() || find_by(servers, "node", text(node, "id")) != nullptr) continue;
    all.push_back(facts_of(nothing, node));
  }
  return all;
}

std::string status_text(const Json& status, Paint paint) {
  Table facts({"node", cell(text(status, "node"))});
  facts.add({"role", cell(text(status, "role"))});
  for (const char* key : {"epoch", "commit_index", "locks", "sessions", "waiters", "connections"}) {
    facts.add({key, field::number_text(status, key)});
  }
  facts.add({"uptime", field::span_text(status, "uptime_ms")});
  facts.add({"version", cell(text(status, "version"))});
  Table nodes({"NODE", "ROLE", "EPOCH", "LAG", "LAST_CONTACT", "SERVER"});
  for (const NodeFacts& node : nodes_in(status)) nodes.add(row_of(node));
  return facts.take_lines() + "\n" + nodes.take_lines(paint);
}

}  // namespace pawl::cli
