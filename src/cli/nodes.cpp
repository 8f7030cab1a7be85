// SPDX-License-Identifier: Apache-2.0
#include "cli/nodes.hpp"

#include <algorithm>
#include <chrono>
#include <optional>
#include <utility>

#include "cli/access.hpp"
#include "cli/asking.hpp"
#include "cli/text/printable.hpp"

namespace pawl::cli {
namespace {

constexpr std::chrono::milliseconds longest_ask{1'000};  // of one among several

std::string text(const Json& from, const char* key) {
  const auto found = from.find(key);
  return found != from.end() && found->is_string() ? found->get<std::string>() : std::string();
}

std::uint64_t number(const Json& from, const char* key) {
  const auto found = from.find(key);
  return found != from.end() && found->is_number_unsigned() ? found->get<std::uint64_t>() : 0;
}

const Json& nodes_of(const Json& status) {
  static const Json none = Json::array();
  const auto found = status.find("nodes");
  return found != status.end() && found->is_array() ? *found : none;
}

class Asking {
 public:
  explicit Asking(const Globals& globals)
      : timeout_(globals.timeout_ms), access_(access_of(globals)) {}

  Seen ask(const client::ServerAddress& address, std::chrono::milliseconds patience) {
    Seen seen{client::to_text(address), {}, {}, {}};
    try {
      client::Connection connection(loop_, address, access_, patience);
      connection.send("STATUS");
      const auto line = connection.read_line(patience);
      if (!line) throw client::Silent();
      take(client::reply_in(*line), seen);
    } catch (const client::Denied& denied) {
      refuse(failure_of(denied), seen);
    } catch (const client::NoAnswer& error) {
      seen.error = error.what();
    }
    return seen;
  }

  [[nodiscard]] std::chrono::milliseconds timeout() const { return timeout_; }
  // Of a server that answered otherwise.
  [[nodiscard]] const std::optional<Failure>& refusal() const { return refusal_; }

 private:
  void take(const client::ReplyLine& reply, Seen& seen) {
    if (reply.kind == client::ReplyLine::Kind::error) return refuse(failure_of(reply), seen);
    Json status = Json::parse(reply.json, nullptr, false);
    if (!status.is_object()) {
      return refuse({exit_refused, "the server's reply is no JSON object"}, seen);
    }
    seen.node = text(status, "node");
    seen.status = std::move(status);
  }
  void refuse(Failure failure, Seen& seen) {
    seen.error = failure.what();
    if (!refusal_) refusal_ = std::move(failure);
  }

  std::chrono::milliseconds timeout_;
  client::Access access_;
  client::Loop loop_;
  std::optional<Failure> refusal_;
};

const Seen* best_of(const std::vector<Seen>& all) {
  const auto rank = [](const Seen& seen) {
    return std::pair(text(seen.status, "role") == "primary", number(seen.status, "epoch"));
  };
  const Seen* best = nullptr;
  for (const Seen& seen : all) {
    if (seen.status.is_null()) continue;
    if (best == nullptr || rank(*best) < rank(seen)) best = &seen;
  }
  return best;
}

}  // namespace

std::vector<Seen> ask_all(const Globals& globals) {
  const auto list = servers_of(globals);
  Asking asking(globals);
  const auto among_several = std::min(asking.timeout(), longest_ask);
  std::vector<Seen> all;
  for (const auto& address : list) {
    all.push_back(asking.ask(address, list.size() == 1 ? asking.timeout() : among_several));
  }
  for (const Seen& other : unheard_in(all)) {
    const auto address = client::parse_server_address(other.server);
    if (!address) continue;
    Seen seen = asking.ask(*address, among_several);
    if (seen.node.empty()) seen.node = other.node;
    all.push_back(std::move(seen));
  }
  if (best_of(all) != nullptr) return all;
  if (asking.refusal()) throw Failure(*asking.refusal());
  std::string reasons;
  for (const Seen& seen : all) {
    reasons += (reasons.empty() ? "" : "; ") + printable(seen.server) + ": " + seen.error;
  }
  throw Failure(exit_unreachable, "cannot reach " + reasons);
}

// A node of the list that does not answer is known by its address, not asked twice.
std::vector<Seen> unheard_in(const std::vector<Seen>& all) {
  std::vector<Seen> others;
  const auto is_known = [](const std::vector<Seen>& among, const Seen& one) {
    return std::any_of(among.begin(), among.end(), [&](const Seen& seen) {
      return seen.node == one.node || seen.server == one.server;
    });
  };
  for (const Seen& seen : all) {
    for (const Json& node : nodes_of(seen.status)) {
      const Seen other{text(node, "client"), text(node, "id"), {}, {}};
      const bool has_both = !other.server.empty() && !other.node.empty();
      if (has_both && !is_known(all, other) && !is_known(others, other)) others.push_back(other);
    }
  }
  return others;
}

Json view_of(const std::vector<Seen>& all) {
  const Seen* best = best_of(all);
  Json view = best == nullptr ? Json::object() : best->status;
  Json servers = Json::array();
  for (const Seen& seen : all) {
    Json server{{"server", seen.server}};
    server["node"] = seen.node.empty() ? Json(nullptr) : Json(seen.node);
    for (const Json& node : nodes_of(view)) {
      if (server["node"].is_null() && text(node, "client") == seen.server) {
        server["node"] = text(node, "id");
      }
    }
    if (seen.status.is_null()) {
      server["error"] = seen.error;
    } else {
      server["role"] = text(seen.status, "role");
      server["epoch"] = number(seen.status, "epoch");
      server["commit_index"] = number(seen.status, "commit_index");
    }
    servers.push_back(std::move(server));
  }
  view["servers"] = std::move(servers);
  return view;
}

std::string primary_in(const Json& view) {
  if (text(view, "role") == "primary") return text(view, "node");
  for (const Json& node : nodes_of(view)) {
    if (text(node, "role") == "primary") return text(node, "id");
  }
  return {};
}

}  // namespace pawl::cli
