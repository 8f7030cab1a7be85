// SPDX-License-Identifier: Apache-2.0
#include "node/view.hpp"

#include <algorithm>
#include <chrono>

#include "node/node.hpp"

namespace pawl::node {

using std::chrono::duration_cast;

reply::Status View::status() const {
  const replication::Replica& replica = node_.replica_;
  reply::Status status;
  status.node = node_.settings_.node;
  status.role = replica.role();
  status.epoch = replica.epoch();
  status.commit_index = replica.commit();
  status.locks = table_.lock_count();
  status.sessions = table_.session_count();
  status.waiters = table_.waiter_count();
  status.connections = node_.connections_.size();
  status.uptime = duration_cast<Milliseconds>(now_ - node_.started_);
  describe_nodes(status);
  return status;
}

std::string View::primary() const {
  if (!node_.has_peers()) return node_.settings_.node;
  const std::optional<replication::Member> primary = node_.replica_.primary();
  return primary ? node_.settings_.cluster.nodes[primary->value].id : std::string{};
}

Span View::without_primary() const {
  Moment since = node_.statistics_.without_primary_since;
  return since == never ? Span{0} : now_ - since;
}

void View::describe_nodes(reply::Status& status) const {
  const replication::Replica& replica = node_.replica_;
  if (!node_.has_peers()) {
    status.nodes.push_back({node_.settings_.node, replica.role(), 0, Milliseconds{0}});
    return;
  }
  const replication::Membership& membership = replica.membership();
  membership.each([&](replication::Member member) {
    const ClusterNode& one = node_.settings_.cluster.nodes[member.value];
    reply::NodeLine line{.id = one.id, .witness = one.witness, .client = one.client};
    if (member == membership.self()) {
      line.role = replica.role();
      line.lag = replica.last().value - replica.applied().value;
    } else if (replica.stage() == replication::Stage::primary) {
      const replication::Progress& progress = replica.progress(member);
      bool counts = membership.is_voter(member) && progress.is_whole();
      line.role = counts ? Role::standby : Role::learner;
      line.lag = replica.last().value - progress.match().value;
      line.last_contact = since(replica.last_heard(member));
    } else if (replica.primary() == member) {
      line.role = Role::primary;
      line.last_contact = since(replica.heard_primary());
    } else {
      return;  // a standby hears nothing of another one
    }
    status.nodes.push_back(std::move(line));
  });
}

Milliseconds View::since(Moment moment) const {
  return std::chrono::duration_cast<Milliseconds>(now_ - std::max(moment, node_.started_));
}

reply::Show View::show(const request::Show& request) const {
  reply::Show show;
  show.name = request.name;
  if (Slot at = table_.find_lock(request.name); at != no_slot) {
    const locks::Lock& lock = table_.lock(at);
    show.delay = delay_of(lock);
    for (Slot slot = lock.holders; slot != no_slot; slot = table_.acquisition(slot).next) {
      const locks::Acquisition& acquisition = table_.acquisition(slot);
      bool holds = acquisition.stage == locks::Stage::holding;
      if (!holds || !table_.is_alive(acquisition)) continue;
      if (show.holders.size() == request.limit) break;
      show.holders.push_back(holder_of(slot));
    }
    for (Slot slot = lock.queue_head; slot != no_slot; slot = table_.acquisition(slot).next) {
      const locks::Acquisition& acquisition = table_.acquisition(slot);
      if (!table_.is_alive(acquisition)) continue;
      ++show.waiters_total;
      if (show.waiters_total <= request.after || show.waiters.size() >= request.limit) continue;
      reply::Waiter& waiter = show.waiters.emplace_back();
      describe(acquisition, waiter);
      waiter.position = static_cast<std::uint32_t>(show.waiters_total);
    }
  }
  return show;
}

reply::Holder View::holder_of(Slot slot) const {
  const locks::Acquisition& acquisition = table_.acquisition(slot);
  reply::Holder holder;
  describe(acquisition, holder);
  holder.token = acquisition.token();
  holder.expires_in = node_.expires_in(slot);
  holder.renewed = node_.renewed(slot);
  return holder;
}

std::optional<Contended> View::contended(std::string_view name) const {
  Slot slot = table_.find_lock(name);
  if (slot == no_slot) return std::nullopt;
  Contended contended{.lock = line_of(slot)};
  if (contended.lock.waiters == 0) return std::nullopt;
  const locks::Lock& lock = table_.lock(slot);
  contended.oldest_wait = age_of(table_.acquisition(lock.queue_head).stamp_ms);
  Slot holder = table_.find_holder(name, contended.lock.token);
  if (holder != no_slot) contended.holder = holder_of(holder);
  return contended;
}

Milliseconds View::age_of(std::int64_t stamp_ms) const {
  return Milliseconds{std::max<std::int64_t>(0, node_.wall_ms() - stamp_ms)};
}

void View::describe(const locks::Acquisition& acquisition, reply::Person& person) const {
  person.mode = acquisition.mode;
  person.since = age_of(acquisition.stamp_ms);
  if (const locks::Details* details = table_.details(acquisition.details)) {
    person.note = details->note;
  }
  if (acquisition.session != no_slot) {
    const locks::Session& session = table_.session(acquisition.session);
    person.session = session.id;
    person.client = session.name.empty() ? session.user : session.name;
    person.address = session.address;
  } else if (const locks::Client* client = table_.client(acquisition.client)) {
    person.client = client->user;
    person.address = client->address;
  }
}

bool View::run(Scan<std::string>& scan) const {
  return scan.run(table_.locks_end(), [&](Slot slot) {
    const locks::Lock& lock = table_.lock(slot);
    if (lock.holders == no_slot && lock.queue_head == no_slot) return;
    std::string_view name = table_.name_of(slot);
    if (name.starts_with(scan.prefix) && name > scan.after) scan.offer(name);
  });
}

bool View::run(AwaitedScan& scan) const {
  return scan.run(table_.crowds_end(), [&](Slot crowd) {
    Slot slot = table_.awaited_lock(crowd);
    if (slot == no_slot) return;
    const locks::Lock& lock = table_.lock(slot);
    std::string_view name = table_.name_of(slot);
    if (!name.starts_with(scan.prefix)) return;
    scan.offer(Awaited<std::string_view>{lock.waiters, name});
    scan.oldest_stamp_ms =
        std::min(scan.oldest_stamp_ms, table_.acquisition(lock.queue_head).stamp_ms);
  });
}

bool View::run(Scan<SessionId>& scan) const {
  return scan.run(table_.sessions_end(), [&](Slot slot) {
    const locks::Session& session = table_.session(slot);
    if (session.id.value != 0 && !session.dead && session.id > scan.after) scan.offer(session.id);
  });
}

reply::List View::result(Scan<std::string>& scan) const {
  auto [names, more] = scan.take();
  reply::List list;
  if (more) list.next = names.back();
  for (const std::string& name : names) {
    // Since its slice the lock may have become free.
    Slot slot = table_.find_lock(name);
    if (slot == no_slot) continue;
    reply::LockLine line = line_of(slot);
    bool is_there = line.holders + line.waiters > 0 || line.delay > Milliseconds{0};
    if (is_there) list.locks.push_back(std::move(line));
  }
  return list;
}

reply::List View::result(AwaitedScan& scan) const {
  reply::List list;
  for (const auto& [waiters, name] : scan.take().first) {
    // Since its slice nobody may wait any more.
    Slot slot = table_.find_lock(name);
    if (slot == no_slot) continue;
    reply::LockLine line = line_of(slot);
    if (line.waiters > 0) list.locks.push_back(std::move(line));
  }
  return list;
}

reply::Sessions View::result(Scan<SessionId>& scan) const {
  auto [ids, more] = scan.take();
  reply::Sessions sessions;
  if (more) sessions.next = ids.back();
  for (SessionId id : ids) {
    Slot slot = table_.find_session(id);
    if (slot != no_slot) sessions.sessions.push_back(line_of(slot, table_.session(slot)));
  }
  return sessions;
}

reply::LockLine View::line_of(Slot slot) const {
  const locks::Lock& lock = table_.lock(slot);
  reply::LockLine line;
  line.name = table_.name_of(slot);
  line.mode = lock.mode;
  for (Slot at = lock.holders; at != no_slot; at = table_.acquisition(at).next) {
    const locks::Acquisition& holder = table_.acquisition(at);
    if (holder.stage != locks::Stage::holding || !table_.is_alive(holder)) continue;
    if (++line.holders > 1) {
      if (table_.has_dead_sessions() || table_.has_delays()) continue;
      line.holders = lock.holder_count;
      break;
    }
    line.token = holder.token();
    line.since = age_of(holder.stamp_ms);
    line.expires_in = node_.expires_in(at);
  }
  line.delay = delay_of(lock);
  line.waiters = lock.waiters;
  if (!table_.has_dead_sessions()) return line;
  for (Slot at = lock.queue_head; at != no_slot; at = table_.acquisition(at).next) {
    if (!table_.is_alive(table_.acquisition(at))) --line.waiters;
  }
  return line;
}

// The longest that stands.
Milliseconds View::delay_of(const locks::Lock& lock) const {
  Milliseconds longest{0};
  if (!table_.has_delays()) return longest;
  for (Slot slot = lock.holders; slot != no_slot; slot = table_.acquisition(slot).next) {
    if (table_.acquisition(slot).stage != locks::Stage::delaying) continue;
    longest = std::max(longest, delay_left(slot));
  }
  return longest;
}

Milliseconds View::delay_left(Slot delay) const {
  return node_.leases_.is_ending(delay) ? Milliseconds{0}
                                        : node_.left_of(node_.leases_.deadline(delay));
}

reply::SessionLine View::line_of(Slot slot, const locks::Session& session) const {
  Moment deadline =
      node_.sessions_.is_ending(slot) ? Moment::min() : node_.sessions_.deadline(slot);
  Milliseconds ttl{session.ttl_ms};
  return {.handle = session.id,
          .name = session.name,
          .address = session.address,
          .ttl = ttl,
          .expires_in =
              deadline == Moment::min() ? Milliseconds{0} : std::min(node_.left_of(deadline), ttl),
          .locks = session.holds,
          .waits = session.waits,
          .since = age_of(session.stamp_ms)};
}

}  // namespace pawl::node
