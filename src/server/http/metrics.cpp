// SPDX-License-Identifier: Apache-2.0
#include "server/http/metrics.hpp"

#include <chrono>

#include "node/view.hpp"
#include "server/http/exposition.hpp"
#include "server/http/process.hpp"
#include "server/http/words.hpp"

namespace pawl::server::http {
namespace {

template <class Duration>
double seconds(Duration span) {
  return std::chrono::duration<double>(span).count();
}

void write_process(Exposition& out, const Process& process, Milliseconds uptime) {
  out.family("pawl_build_info", "gauge", "Always 1, with the version of pawld.");
  out.sample("version", PAWL_VERSION, 1);
  out.gauge("pawl_uptime_seconds", "Since this pawld started.", seconds(uptime));
  out.counter("process_cpu_seconds_total", "CPU time of the process, user and system.",
              process.cpu_seconds);
  if (process.resident_bytes) {
    out.gauge("process_resident_memory_bytes", "Memory of the process that is resident.",
              *process.resident_bytes);
  }
  if (process.open_descriptors) {
    out.gauge("process_open_fds", "Open file descriptors; not counted with many connections.",
              *process.open_descriptors);
  }
  out.gauge("process_max_fds", "The most file descriptors the process may open.",
            process.most_descriptors);
}

void write_requests(Exposition& out, const Facts& facts) {
  const Counts& counts = *facts.counts;
  out.gauge("pawl_connections", "Client connections now.", facts.connections);
  out.counter("pawl_connections_total", "Client connections admitted.", counts.connections);
  out.counter("pawl_redis_connections_total", "Of them, those that spoke the protocol of Redis.",
              counts.redis_clients);
  out.family("pawl_requests_total", "counter", "Requests taken up, by kind.");
  for (std::size_t at = 0; at < request_words.size(); ++at) {
    out.sample("op", request_words[at], counts.requests[at]);
  }
  out.family("pawl_request_errors_total", "counter", "Requests answered with an error, by code.");
  for (std::size_t at = 0; at < counts.errors.size(); ++at) {
    out.sample("code", to_string(static_cast<ErrorCode>(at)), counts.errors[at]);
  }
}

void write_table(Exposition& out, const node::Node& node, Milliseconds oldest_wait,
                 std::uint64_t limit) {
  const locks::LockTable& table = node.table();
  out.gauge("pawl_locks", "Locks that are held or awaited.", table.lock_count());
  out.gauge("pawl_holders", "Holds; a lock that is shared has several.", table.holder_count());
  out.gauge("pawl_waiters", "Waits.", table.waiter_count());
  out.gauge("pawl_sessions", "Sessions that are alive.", table.session_count());
  out.gauge("pawl_oldest_wait_seconds", "How long the first of those who wait has waited.",
            seconds(oldest_wait));
  out.gauge("pawl_table_memory_bytes", "What limits.memory limits.", table.memory());
  out.gauge("pawl_table_memory_limit_bytes", "limits.memory: beyond, new locks are refused.",
            limit);
  out.gauge("pawl_fencing_token_last", "The newest fencing token.", table.last_granted().value);
}

void write_margins(Exposition& out, const node::Statistics& statistics) {
  out.family("pawl_lease_renew_margin_ratio", "histogram",
             "What was left of a lease or session when it was renewed, as a part of its TTL.");
  std::uint64_t up_to = 0;
  for (std::size_t at = 0; at < node::Statistics::tenths; ++at) {
    out.bucket(static_cast<double>(at + 1) / 10, up_to += statistics.margins[at]);
  }
  out.end_histogram(up_to, statistics.margin_sum);
}

void write_outcomes(Exposition& out, const node::Statistics& statistics) {
  out.counter("pawl_grants_total", "Locks granted, each name of a LOCK.", statistics.grants);
  out.counter("pawl_waited_grants_total", "Of them, those that had waited.",
              statistics.waited_grants);
  out.counter("pawl_releases_total", "Locks given back, by UNLOCK or CLOSE.", statistics.releases);
  out.family("pawl_lock_lost_total", "counter", "Locks that ended unasked, by reason.");
  for (std::size_t at = 0; at < node::losses; ++at) {
    out.sample("reason", word_of(static_cast<node::Loss>(at)), statistics.lost[at]);
  }
  out.family("pawl_acquire_denied_total", "counter", "LOCKs that were not granted, by reason.");
  for (std::size_t at = 0; at < node::denials; ++at) {
    out.sample("reason", word_of(static_cast<node::Denial>(at)), statistics.denied[at]);
  }
  out.counter("pawl_lease_renewals_total", "Leases and sessions renewed, by RENEW or KEEPALIVE.",
              statistics.renewals);
  write_margins(out, statistics);
  out.histogram("pawl_acquire_wait_seconds", "From LOCK to grant, of those that waited.",
                statistics.waits);
  out.histogram("pawl_hold_seconds", "From grant to end.", statistics.holds);
}

void write_disk(Exposition& out, const Facts& facts) {
  out.histogram("pawl_commit_seconds",
                "From the turn that made a record to its commit; none with durability none.",
                *facts.commits);
  out.histogram("pawl_fsync_seconds", "Flushes of the log.", *facts.flushes);
  out.gauge("pawl_log_bytes", "Written to the log since the start.", facts.log_bytes);
  if (facts.disk_free_bytes) {
    out.gauge("pawl_disk_free_bytes", "Room where the log is, as of the last second.",
              *facts.disk_free_bytes);
  }
  std::uint64_t flushes = 0;
  for (const std::uint64_t count : facts.flushes->counts()) flushes += count;
  out.counter("pawl_log_flushes_total", "Flushes of the log.", flushes);
  out.histogram("pawl_snapshot_seconds", "From a snapshot's first part to its file.",
                *facts.snapshots);
  out.histogram("pawl_loop_lag_seconds",
                "Turns of the loop: what is ready waits as long as the turn before takes.",
                *facts.turns);
}

void write_cluster(Exposition& out, const node::Node& node, const node::View& view,
                   const reply::Status& status) {
  const replication::Replica& replica = node.replica();
  out.gauge("pawl_is_primary", "1 while this node serves clients.", view.serves() ? 1 : 0);
  out.gauge("pawl_has_primary", "1 while this node hears a primary, or is it.",
            view.primary().empty() ? 0 : 1);
  out.gauge("pawl_epoch", "The reign of the primary, as this node knows it.",
            replica.epoch().value);
  out.counter("pawl_primary_changes_total",
              "How often this node found a primary: another one, or the same again.",
              node.statistics().primary_changes);
  out.gauge("pawl_commit_index", "The newest record known to be committed.",
            replica.commit().value);
  out.gauge("pawl_applied_index", "The newest record applied.", replica.applied().value);
  if (status.nodes.size() < 2) return;
  out.family("pawl_peer_lag_records", "gauge", "Records that a peer is behind this node.");
  for (const reply::NodeLine& peer : status.nodes) {
    if (peer.id != status.node) out.sample("peer", peer.id, peer.lag);
  }
  out.family("pawl_peer_last_contact_seconds", "gauge", "How long a peer has not been heard.");
  for (const reply::NodeLine& peer : status.nodes) {
    if (peer.id != status.node) out.sample("peer", peer.id, seconds(peer.last_contact));
  }
}

}  // namespace

void append_metrics(std::string& text, const node::Node& node, const Facts& facts,
                    const Process& process, const Contention::Found& contention) {
  const node::View view{node, facts.now};
  const reply::Status status = view.status();
  const auto oldest = contention.oldest_stamp_ms;
  text.reserve(32'768);
  Exposition out{text};
  write_process(out, process, status.uptime);
  write_requests(out, facts);
  write_table(out, node, oldest ? view.age_of(*oldest) : Milliseconds{0}, facts.memory_limit);
  write_outcomes(out, node.statistics());
  write_disk(out, facts);
  write_cluster(out, node, view, status);
}

}  // namespace pawl::server::http
