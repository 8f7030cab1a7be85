// SPDX-License-Identifier: Apache-2.0
#include "server/http/status.hpp"

#include <algorithm>
#include <chrono>
#include <numeric>
#include <optional>
#include <ratio>
#include <string_view>

#include "node/view.hpp"
#include "server/http/health.hpp"
#include "server/http/words.hpp"
#include "wire/json.hpp"
#include "wire/json_writer.hpp"

namespace pawl::server::http {
namespace {

using wire::JsonWriter;

// Two voters commit on both; a witness makes three.
std::string_view shape_of(std::size_t nodes) {
  if (nodes < 2) return "single";
  return nodes == 2 ? "pair" : "cluster";
}

void write_nodes(JsonWriter& out, const reply::Status& status) {
  out.key("nodes").open('[');
  for (const reply::NodeLine& node : status.nodes) {
    out.open('{');
    out.key("id").text(node.id);
    out.key("role").text(wire::role_word(node.role));
    out.key("lag").number(node.lag);
    out.key("last_contact_ms").milliseconds(node.last_contact);
    out.key("client").text_or_null(node.client);
    out.key("witness").boolean(node.witness);
    out.close('}');
  }
  out.close(']');
}

void write_totals(JsonWriter& out, const node::Node& node, const reply::Status& status,
                  const Facts& facts, Milliseconds oldest_wait) {
  out.key("totals").open('{');
  out.key("locks").number(status.locks);
  out.key("holders").number(node.table().holder_count());
  out.key("waiters").number(status.waiters);
  out.key("sessions").number(status.sessions);
  out.key("connections").number(facts.connections);
  out.key("oldest_wait_ms").milliseconds(oldest_wait);
  out.key("memory_bytes").number(node.table().memory());
  out.close('}');
}

void write_holder(JsonWriter& out, const reply::Holder& holder) {
  out.open('{');
  out.key("token").number(holder.token.value);
  out.key("client").text_or_null(holder.client);
  out.key("address").text(holder.address);
  out.key("note").text_or_null(holder.note);
  out.key("since_ms").milliseconds(holder.since);
  out.key("expires_in_ms").milliseconds(holder.expires_in);
  out.close('}');
}

void write_contended(JsonWriter& out, const node::View& view, const Contention::Found& contention) {
  out.key("contended").open('[');
  for (const std::string& name : contention.names) {
    const std::optional<node::Contended> one = view.contended(name);
    if (!one) continue;  // since it was found nobody waits any more
    out.open('{');
    out.key("name").text(one->lock.name);
    out.key("mode").text(wire::mode_word(one->lock.mode));
    out.key("holders").number(one->lock.holders);
    out.key("waiters").number(one->lock.waiters);
    out.key("oldest_wait_ms").milliseconds(one->oldest_wait);
    out.key("holder");
    if (one->holder) {
      write_holder(out, *one->holder);
    } else {
      out.null();
    }
    out.close('}');
  }
  out.close(']');
}

void write_health(JsonWriter& out, const Health& health) {
  out.key("health").open('{');
  out.key("state").text(health.state);
  out.key("why").open('[');
  for (const std::string& why : health.why) out.text(why);
  out.close(']');
  out.close('}');
}

void write_counters(JsonWriter& out, const node::Statistics& statistics, const Facts& facts) {
  const auto& requests = facts.counts->requests;
  out.key("counters").open('{');
  out.key("requests").number(std::accumulate(requests.begin(), requests.end(), std::uint64_t{0}));
  out.key("grants").number(statistics.grants);
  out.key("waited_grants").number(statistics.waited_grants);
  out.key("releases").number(statistics.releases);
  out.key("renewals").number(statistics.renewals);
  out.key("lost").open('{');
  for (std::size_t i = 0; i < node::losses; ++i) {
    out.key(word_of(static_cast<node::Loss>(i))).number(statistics.lost[i]);
  }
  out.close('}');
  out.key("denied").open('{');
  for (std::size_t i = 0; i < node::denials; ++i) {
    out.key(word_of(static_cast<node::Denial>(i))).number(statistics.denied[i]);
  }
  out.close('}');
  out.close('}');
}

void write_histogram(JsonWriter& out, std::string_view name, const Histogram& histogram) {
  out.key(name).open('{');
  out.key("bounds_ms").open('[');
  for (std::size_t i = 0; i < Histogram::bounds; ++i) {
    out.number(std::chrono::duration<double, std::milli>(histogram.bound(i)).count());
  }
  out.close(']');
  out.key("counts").open('[');
  for (const std::uint64_t count : histogram.counts()) out.number(count);
  out.close(']');
  out.close('}');
}

void write_losses(JsonWriter& out, const node::Statistics& statistics, Moment now) {
  const auto milliseconds = [](Span span) {
    return std::chrono::duration_cast<Milliseconds>(std::max(span, Span{0}));
  };
  out.key("losses").open('[');
  for (const node::Lost& lost : statistics.newest_losses) {
    out.open('{');
    out.key("name").text(lost.name);
    out.key("token").number(lost.token.value);
    out.key("reason").text(word_of(lost.why));
    out.key("ago_ms").milliseconds(milliseconds(now - lost.at));
    out.key("client").text_or_null(lost.client);
    out.key("address").text(lost.address);
    out.key("held_ms").milliseconds(milliseconds(lost.held));
    out.close('}');
  }
  out.close(']');
}

}  // namespace

void append_status(std::string& text, const node::Node& node, const Facts& facts,
                   const Contention::Found& contention) {
  const node::View view{node, facts.now};
  const reply::Status status = view.status();
  JsonWriter out{text};
  out.open('{');
  out.key("node").text(status.node);
  out.key("cluster").text_or_null(facts.cluster);
  out.key("version").text(PAWL_VERSION);
  out.key("view").text(view.serves() ? "primary" : "standby");
  out.key("role").text(wire::role_word(status.role));
  out.key("epoch").number(status.epoch.value);
  out.key("commit_index").number(status.commit_index.value);
  out.key("uptime_ms").milliseconds(status.uptime);
  write_health(out, health_of(node, facts));
  out.key("primary").text_or_null(view.primary());
  out.key("durability").text(word_of(facts.durability));
  out.key("shape").text(shape_of(node.replica().membership().size()));
  write_nodes(out, status);
  const auto oldest = contention.oldest_stamp_ms;
  write_totals(out, node, status, facts, oldest ? view.age_of(*oldest) : Milliseconds{0});
  const node::Statistics& statistics = node.statistics();
  write_counters(out, statistics, facts);
  out.key("histograms").open('{');
  write_histogram(out, "commit", *facts.commits);
  write_histogram(out, "wait", statistics.waits);
  write_histogram(out, "hold", statistics.holds);
  write_histogram(out, "fsync", *facts.flushes);
  write_histogram(out, "loop", *facts.turns);
  out.close('}');
  write_contended(out, view, contention);
  write_losses(out, statistics, facts.now);
  out.close('}');
}

}  // namespace pawl::server::http
