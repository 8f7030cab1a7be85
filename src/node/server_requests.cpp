// SPDX-License-Identifier: Apache-2.0
//
// Requests about the connection itself, and what operators look at.
#include <algorithm>

#include "node/node.hpp"

namespace pawl::node {

void Node::on(Origin from, const request::Malformed& malformed) {
  reply::Error error{.code = malformed.code, .message = malformed.message};
  if (malformed.of_session) {
    if (parked_behind_own(from)) return;
    refuse_session(from, error);
  } else {
    answer(from, error);
  }
}

void Node::on(Origin from, const request::Hello&) {
  answer(from, reply::Hello{settings_.node, replica_.role(), replica_.epoch()});
}

void Node::on(Origin from, const request::Help&) { answer(from, reply::Help{}); }

void Node::on(Origin from, const request::Ping&) { answer(from, reply::Pong{}); }

void Node::on(Origin from, const request::Events& request) {
  connections_.find(from.connection)->events = request.on;
  answer(from, reply::Done{});
}

// The waits of the connection end first; what they still get is sent before the goodbye.
void Node::on(Origin from, const request::Quit&) {
  Connection& connection = *connections_.find(from.connection);
  if (!connection.input_ended) on(InputEnded{from.connection});
  if (connection.first_asker != no_slot) {
    make_records_of_backlog();
    return park(from);
  }
  if (parked_behind_own(from)) return;
  answer(from, reply::Bye{});
  out_->closing.push_back(from.connection);
}

void Node::on(Origin from, const request::Status&) {
  if (parked_behind_own(from)) return;
  reply::Status status;
  status.node = settings_.node;
  status.role = replica_.role();
  status.epoch = replica_.epoch();
  status.commit_index = replica_.commit();
  status.locks = table_->lock_count();
  status.sessions = table_->session_count();
  status.waiters = table_->waiter_count();
  status.connections = connections_.size();
  status.uptime = std::chrono::duration_cast<Milliseconds>(now_ - started_);
  describe_nodes(status);
  // What a standby knows it knows alone.
  if (!serves()) return answer(from, std::move(status));
  confirm(from, std::move(status));
}

void Node::describe_nodes(reply::Status& status) const {
  if (!has_peers()) {
    status.nodes.push_back({settings_.node, replica_.role(), 0, Milliseconds{0}});
    return;
  }
  const replication::Membership& membership = replica_.membership();
  membership.each([&](replication::Member member) {
    const ClusterNode& node = settings_.cluster.nodes[member.value];
    reply::NodeLine line{.id = node.id, .witness = node.witness, .client = node.client};
    if (member == membership.self()) {
      line.role = replica_.role();
      line.lag = replica_.last().value - replica_.applied().value;
    } else if (replica_.stage() == replication::Stage::primary) {
      const replication::Progress& progress = replica_.progress(member);
      bool counts = membership.is_voter(member) && progress.is_whole();
      line.role = counts ? Role::standby : Role::learner;
      line.lag = replica_.last().value - progress.match().value;
      line.last_contact = since(replica_.last_heard(member));
    } else if (replica_.primary() == member) {
      line.role = Role::primary;
      line.last_contact = since(replica_.heard_primary());
    } else {
      return;  // a standby hears nothing of another one
    }
    status.nodes.push_back(std::move(line));
  });
}

Milliseconds Node::since(Moment moment) const {
  return std::chrono::duration_cast<Milliseconds>(now_ - std::max(moment, started_));
}

void Node::on(Origin from, const request::Show& request) {
  if (parked_behind_own(from)) return;
  reply::Show show;
  show.name = request.name;
  if (Slot at = table_->find_lock(request.name); at != no_slot) {
    const locks::Lock& lock = table_->lock(at);
    show.delay = delay_of(lock);
    for (Slot slot = lock.holders; slot != no_slot; slot = table_->acquisition(slot).next) {
      const locks::Acquisition& acquisition = table_->acquisition(slot);
      bool holds = acquisition.stage == locks::Stage::holding;
      if (!holds || !table_->is_alive(acquisition)) continue;
      if (show.holders.size() == request.limit) break;
      reply::Holder& holder = show.holders.emplace_back();
      describe(acquisition, holder);
      holder.token = acquisition.token();
      holder.expires_in = expires_in(slot);
      holder.renewed = renewed(slot);
    }
    for (Slot slot = lock.queue_head; slot != no_slot; slot = table_->acquisition(slot).next) {
      const locks::Acquisition& acquisition = table_->acquisition(slot);
      if (!table_->is_alive(acquisition)) continue;
      ++show.waiters_total;
      if (show.waiters_total <= request.after || show.waiters.size() >= request.limit) continue;
      reply::Waiter& waiter = show.waiters.emplace_back();
      describe(acquisition, waiter);
      waiter.position = static_cast<std::uint32_t>(show.waiters_total);
    }
  }
  confirm(from, std::move(show));
}

void Node::describe(const locks::Acquisition& acquisition, reply::Person& person) const {
  person.mode = acquisition.mode;
  person.since = Milliseconds{std::max<std::int64_t>(0, wall_ms() - acquisition.stamp_ms)};
  if (const locks::Details* details = table_->details(acquisition.details)) {
    person.note = details->note;
  }
  if (acquisition.session != no_slot) {
    const locks::Session& session = table_->session(acquisition.session);
    person.session = session.id;
    person.client = session.name;
    person.address = session.address;
  } else if (const locks::Client* client = table_->client(acquisition.client)) {
    person.client = client->user;
    person.address = client->address;
  }
}

namespace {

template <class Scans>
auto find_scan(Scans& scans, ConnectionId connection) {
  return std::find_if(scans.begin(), scans.end(),
                      [&](const auto& scan) { return scan.connection() == connection; });
}

}  // namespace

// A scan that needs more than one slice parks its request, which then finds it done.
template <class Key>
void Node::scan(Origin from, std::vector<Scan<Key>>& scans, Scan<Key> fresh) {
  auto found = find_scan(scans, from.connection);
  if (found == scans.end()) {
    if (!run(fresh)) {
      scans.push_back(std::move(fresh));
      out_->parked = true;
      return;
    }
    confirm(from, result(fresh));
    return;
  }
  if (!found->is_done()) {
    out_->parked = true;
    return;
  }
  confirm(from, result(*found));
  scans.erase(found);
}

void Node::on(Origin from, const request::List& request) {
  if (parked_behind_own(from)) return;
  scan(from, lock_scans_,
       Scan<std::string>{from.connection, std::string{request.after}, std::string{request.prefix},
                         request.limit});
}

void Node::on(Origin from, const request::Sessions& request) {
  if (parked_behind_own(from)) return;
  scan(from, session_scans_, Scan<SessionId>{from.connection, request.after, {}, request.limit});
}

void Node::continue_scans() {
  auto one_slice = [this](auto& scans) {
    for (auto& scan : scans) {
      if (scan.is_done()) continue;
      if (run(scan)) out_->resumed.push_back(scan.connection());
      return;
    }
  };
  one_slice(lock_scans_);
  one_slice(session_scans_);
}

bool Node::run(Scan<std::string>& scan) const {
  return scan.run(table_->locks_end(), [&](Slot slot) {
    const locks::Lock& lock = table_->lock(slot);
    if (lock.holders == no_slot && lock.queue_head == no_slot) return;
    std::string_view name = table_->name_of(slot);
    if (name.starts_with(scan.prefix) && name > scan.after) scan.offer(name);
  });
}

bool Node::run(Scan<SessionId>& scan) const {
  return scan.run(table_->sessions_end(), [&](Slot slot) {
    const locks::Session& session = table_->session(slot);
    if (session.id.value != 0 && !session.dead && session.id > scan.after) scan.offer(session.id);
  });
}

reply::List Node::result(Scan<std::string>& scan) const {
  auto [names, more] = scan.take();
  reply::List list;
  if (more) list.next = names.back();
  for (const std::string& name : names) {
    // Since its slice the lock may have become free.
    Slot slot = table_->find_lock(name);
    if (slot == no_slot) continue;
    reply::LockLine line = line_of(slot);
    bool is_there = line.holders + line.waiters > 0 || line.delay > Milliseconds{0};
    if (is_there) list.locks.push_back(std::move(line));
  }
  return list;
}

reply::Sessions Node::result(Scan<SessionId>& scan) const {
  auto [ids, more] = scan.take();
  reply::Sessions sessions;
  if (more) sessions.next = ids.back();
  for (SessionId id : ids) {
    Slot slot = table_->find_session(id);
    if (slot != no_slot) sessions.sessions.push_back(line_of(slot, table_->session(slot)));
  }
  return sessions;
}

reply::LockLine Node::line_of(Slot slot) const {
  const locks::Lock& lock = table_->lock(slot);
  reply::LockLine line;
  line.name = table_->name_of(slot);
  line.mode = lock.mode;
  for (Slot at = lock.holders; at != no_slot; at = table_->acquisition(at).next) {
    const locks::Acquisition& holder = table_->acquisition(at);
    if (holder.stage != locks::Stage::holding || !table_->is_alive(holder)) continue;
    if (++line.holders > 1) {
      if (table_->has_dead_sessions() || table_->has_delays()) continue;
      line.holders = lock.holder_count;
      break;
    }
    line.token = holder.token();
    line.since = Milliseconds{std::max<std::int64_t>(0, wall_ms() - holder.stamp_ms)};
    line.expires_in = expires_in(at);
  }
  line.delay = delay_of(lock);
  line.waiters = lock.waiters;
  if (!table_->has_dead_sessions()) return line;
  for (Slot at = lock.queue_head; at != no_slot; at = table_->acquisition(at).next) {
    if (!table_->is_alive(table_->acquisition(at))) --line.waiters;
  }
  return line;
}

// The longest that stands.
Milliseconds Node::delay_of(const locks::Lock& lock) const {
  Milliseconds longest{0};
  if (!table_->has_delays()) return longest;
  for (Slot slot = lock.holders; slot != no_slot; slot = table_->acquisition(slot).next) {
    if (table_->acquisition(slot).stage != locks::Stage::delaying) continue;
    longest = std::max(longest, delay_left(slot));
  }
  return longest;
}

Milliseconds Node::delay_left(Slot delay) const {
  return leases_.is_ending(delay) ? Milliseconds{0} : left_of(leases_.deadline(delay));
}

reply::SessionLine Node::line_of(Slot slot, const locks::Session& session) const {
  Moment deadline = sessions_.is_ending(slot) ? Moment::min() : sessions_.deadline(slot);
  Milliseconds ttl{session.ttl_ms};
  return {
      .handle = session.id,
      .name = session.name,
      .address = session.address,
      .ttl = ttl,
      .expires_in = deadline == Moment::min() ? Milliseconds{0} : std::min(left_of(deadline), ttl),
      .locks = session.holds,
      .waits = session.waits,
      .since = Milliseconds{std::max<std::int64_t>(0, wall_ms() - session.stamp_ms)}};
}

}  // namespace pawl::node
