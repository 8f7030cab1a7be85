// SPDX-License-Identifier: Apache-2.0
//
// What an applied record means: for the one who asked, for the people concerned, for deadlines.
#include <algorithm>

#include "base/mutant.hpp"
#include "base/overloaded.hpp"
#include "node/node.hpp"
#include "node/refusals.hpp"
#include "node/view.hpp"

namespace pawl::node {

namespace change = locks::change;
using locks::Verdict;

void Node::tell(LogIndex index, Origin origin) {
  cause_ = origin;
  for (const locks::Change& one : effects_.changes) {
    std::visit([this](const auto& what) { on(what); }, one);
  }
  Moment wait_deadline = in_flight_.take_wait(index);
  switch (effects_.answer.verdict) {
    case Verdict::none: break;
    case Verdict::done:
      if (effects_.answer.acquisition == no_slot) {
        answer(origin, reply::Done{});
      } else {
        answer(origin, reply::Lasting{ttl_of(effects_.answer.acquisition)});
      }
      break;
    case Verdict::granted:
    case Verdict::queued: answer_lock(origin, wait_deadline); break;
    case Verdict::busy: answer(origin, busy(effects_.answer.lock)); break;
    case Verdict::mismatch: refuse(origin, ErrorCode::mismatch, other_acquisition); break;
    case Verdict::deadlock:
      answer(origin, reply::Error{.code = ErrorCode::deadlock, .cycle = cycle_for(origin)});
      break;
    case Verdict::other_slots: refuse(origin, ErrorCode::mismatch, other_slots); break;
    case Verdict::no_slots:
      refuse(origin, ErrorCode::mismatch, "nobody holds or awaits this lock with mode=slot");
      break;
    case Verdict::spent: refuse(origin, ErrorCode::cancelled, "this id was cancelled"); break;
    case Verdict::not_held: refuse(origin, ErrorCode::not_held); break;
    case Verdict::no_session:
      refuse(origin, ErrorCode::no_session, "the lock belongs to a session: RESUME it here first");
      break;
    case Verdict::session_expired: refuse(origin, ErrorCode::session_expired); break;
    case Verdict::opened:
    case Verdict::attached: answer_session(origin); break;
    case Verdict::closed:
      if (connections_.find(origin.connection) != nullptr) {
        connections_.detach(origin.connection, Attachment::none);
      }
      answer(origin, reply::Closed{effects_.answer.released});
      break;
    case Verdict::cancelled: answer(origin, reply::Cancelled{}); break;
    case Verdict::yours: {
      Slot slot = effects_.answer.acquisition;
      answer(origin, reply::Cancelled{false, table_->acquisition(slot).token(), expires_in(slot)});
      break;
    }
  }
}

void Node::answer_lock(Origin origin, Moment wait_deadline) {
  Slot slot = effects_.answer.acquisition;
  const locks::Acquisition& acquisition = table_->acquisition(slot);
  Connection* connection = connections_.find(origin.connection);
  if (effects_.answer.verdict == Verdict::granted) {
    lease_connections_.note(slot, origin.connection);
    if (acquisition.session != no_slot) renew_session(acquisition.session);
    answer(origin, reply::Granted{acquisition.token(), ttl_of(slot)});
    return;
  }
  if (connection != nullptr) {
    askers_.add(slot, origin, wait_deadline);
    leases_.set(slot, askers_.furthest_deadline(slot));
  }
  // Whoever asked may be gone since, or be about to go: judged now that the wait stands.
  if (draining_ || !askers_.is_asked_for(slot)) {
    end_wait(slot, locks::WaitEnd::disconnected);
  } else if (connection != nullptr && connection->input_ended) {
    end_waits_of(*connection);
  }
}

void Node::answer_session(Origin origin) {
  Slot slot = effects_.answer.session;
  const locks::Session& session = table_->session(slot);
  const bool has_asker = connections_.find(origin.connection) != nullptr;
  if (effects_.answer.verdict == Verdict::attached && is_of_another(origin, session)) {
    if (has_asker) refuse_others_session(origin);
    return;
  }
  renew_session(slot);
  if (!has_asker) {
    end_if_abandoned(slot);
    return;
  }
  connections_.attach(origin.connection, slot);
  answer(origin, reply::Opened{.secret = session.secret,
                               .handle = session.id,
                               .ttl = Milliseconds{session.ttl_ms},
                               .is_new = effects_.answer.verdict == Verdict::opened});
}

void Node::on(const change::Granted& granted) {
  if (!watches_.empty()) announce(granted);
  const locks::Acquisition& acquisition = table_->acquisition(granted.acquisition);
  if (granted.from_queue || acquisition.several) {
    count_granted(granted);
  } else {
    statistics_.count_grant(granted.acquisition, now_ - started_);
  }
  if (acquisition.session == no_slot) {
    leases_.set(granted.acquisition, lease_end(acquisition.ttl_ms));
  } else {
    leases_.clear(granted.acquisition);
  }
  const locks::Details* details = table_->details(acquisition.details);
  if (details != nullptr && details->max_hold_ms != 0) {
    max_holds_.set(granted.acquisition, lease_end(details->max_hold_ms));
  }
  if (!granted.from_queue) return;
  lease_connections_.note(granted.acquisition, {});
  // Its session's end stands in the log behind this: whoever asked is told once that has applied,
  // for it may yet be lost with this primary.
  if (acquisition.session != no_slot && sessions_.is_decided(acquisition.session)) {
    untold_.push_back(granted.acquisition);
    return;
  }
  bool told = false;
  for (Asker asker = askers_.take(granted.acquisition); asker.origin.connection;
       asker = askers_.take(granted.acquisition)) {
    told = true;
    lease_connections_.note(granted.acquisition, asker.origin.connection);
    if (acquisition.session != no_slot) renew_session(acquisition.session);
    answer(asker.origin, reply::Granted{acquisition.token(), ttl_of(granted.acquisition)});
  }
  if (!told) give_back(granted.acquisition);
}

// Its connection ended while the grant was on its way: without an id nobody can ever ask for it.
void Node::give_back(Slot hold) {
  const locks::Acquisition& acquisition = table_->acquisition(hold);
  const locks::Details* details = table_->details(acquisition.details);
  if ((details != nullptr && !details->id.empty()) || !serving_) return;
  std::vector<std::string_view> names;
  table_->each_name(
      hold, [&](Slot slot) { names.push_back(table_->name_of(table_->acquisition(slot).lock)); });
  SessionId session;
  if (acquisition.session != no_slot) session = table_->session(acquisition.session).id;
  propose(
      locks::record::Unlock{
          .user = {}, .session = session, .names = names, .token = acquisition.token()},
      {});
}

void Node::on(const change::Renewed& renewed) {
  const locks::Acquisition& acquisition = table_->acquisition(renewed.acquisition);
  if (acquisition.session == no_slot) {
    leases_.set(renewed.acquisition, lease_end(acquisition.ttl_ms));
  }
}

void Node::on(const change::Released& released) {
  using locks::HoldEnd;
  if (!watches_.empty()) announce(released);
  statistics_.note_end(released.acquisition, now_ - started_);
  if (released.end == HoldEnd::unlocked || released.end == HoldEnd::closed) {
    ++statistics_.releases;
  } else {
    count_lost(released);
  }
  leases_.clear(released.acquisition);
  if (max_holds_.deadline(released.acquisition) != never) max_holds_.clear(released.acquisition);
  if (std::erase(untold_, released.acquisition) != 0) refuse_untold(released.acquisition);
  const locks::Acquisition& acquisition = table_->acquisition(released.acquisition);
  switch (released.end) {
    case HoldEnd::unlocked:
      // Given back by the node itself, it renews nothing.
      if (acquisition.session != no_slot && cause_.connection) renew_session(acquisition.session);
      break;
    case HoldEnd::expired:
      tell_lost(released.acquisition, released.token, LossReason::expired);
      break;
    case HoldEnd::broken:
      tell_lost(released.acquisition, released.token, LossReason::broken);
      break;
    case HoldEnd::max_hold:
      tell_lost(released.acquisition, released.token, LossReason::max_hold);
      break;
    case HoldEnd::closed:
    case HoldEnd::lapsed:
    case HoldEnd::disconnected: break;  // its session's one line says it
  }
}

void Node::on(const change::Delayed& delayed) {
  Slot slot = delayed.acquisition;
  leases_.set(slot, lease_end(table_->acquisition(slot).ttl_ms));
}

void Node::on(const change::DelayEnded& ended) { leases_.clear(ended.acquisition); }

void Node::refuse_untold(Slot slot) {
  for (Asker asker = askers_.take(slot); asker.origin.connection; asker = askers_.take(slot)) {
    refuse(asker.origin, ErrorCode::session_expired);
  }
}

// Its deadline is that of whoever asks for it, set when they are known.
void Node::on(const change::Claimed& claimed) {
  // Taken up again, it outlives the decision to end it with a connection.
  askers_.leave_ended(claimed.acquisition, [this](Origin origin) { refuse_ended_wait(origin); });
  leases_.set(claimed.acquisition, askers_.is_asked_for(claimed.acquisition)
                                       ? askers_.furthest_deadline(claimed.acquisition)
                                       : never);
}

void Node::on(const change::Unclaimed& unclaimed) {
  Slot slot = unclaimed.acquisition;
  leases_.set(slot, std::max(now_, grants_from_) - skipped_ + settings_.limits.reclaim);
  if (is_mutant(Mutant::reclaim_forever)) leases_.clear(slot);
  for (Asker asker = askers_.take(slot); asker.origin.connection; asker = askers_.take(slot)) {
    refuse(asker.origin, draining_ ? ErrorCode::shutting_down : ErrorCode::cancelled,
           "the connection ended its waits; the id keeps its place for a while");
  }
}

void Node::on(const change::WaitEnded& ended) {
  using locks::WaitEnd;
  leases_.clear(ended.acquisition);
  auto code = [&] {
    switch (ended.end) {
      case WaitEnd::timeout: return ErrorCode::timeout;
      case WaitEnd::session: return ErrorCode::session_expired;
      case WaitEnd::cancelled:
      case WaitEnd::unclaimed:
      case WaitEnd::epoch: return ErrorCode::cancelled;
      case WaitEnd::disconnected:
        return draining_ ? ErrorCode::shutting_down : ErrorCode::cancelled;
      case WaitEnd::deadlock: return ErrorCode::deadlock;
    }
    return ErrorCode::internal;
  };
  for (Asker asker = askers_.take(ended.acquisition); asker.origin.connection;
       asker = askers_.take(ended.acquisition)) {
    answer(asker.origin, reply::Error{.code = code(), .cycle = cycle_for(asker.origin)});
  }
}

void Node::on(const change::SessionOpened& opened) {
  sessions_.set(opened.session, lease_end(table_->session(opened.session).ttl_ms));
}

void Node::on(const change::SessionEnded& ended) {
  const locks::Session& session = table_->session(ended.session);
  sessions_.clear(ended.session);
  for (Slot at = connections_.first_attached(ended.session); at != no_slot;
       at = connections_.first_attached(ended.session)) {
    ConnectionId id = connections_.id_of(at);
    connections_.detach(id, Attachment::lapsed);
    if (connections_[at].events && ended.end != locks::SessionEnd::closed) {
      out_->pushes.push_back({id, cause_, event::LostSession{session.id, ended.holds}});
    }
  }
}

void Node::on(const change::SessionSwept& swept) {
  if (swept.more) backlog_.sweeps.push_back(swept.session);
}

void Node::tell_lost(Slot slot, Token token, LossReason reason) {
  const locks::Acquisition& acquisition = table_->acquisition(slot);
  auto tell = [&](ConnectionId id) {
    Connection* connection = connections_.find(id);
    if (connection == nullptr || !connection->events) return;
    std::string name{table_->name_of(acquisition.lock)};
    out_->pushes.push_back({id, cause_, event::LostLock{std::move(name), token, reason}});
  };
  if (acquisition.session == no_slot) {
    tell(lease_connections_.of(table_->head_of(slot)));
    return;
  }
  for (Slot at = connections_.first_attached(acquisition.session); at != no_slot;
       at = connections_[at].next_attached) {
    tell(connections_.id_of(at));
  }
}

reply::Error Node::busy(Slot at) const {
  reply::Error error{.code = ErrorCode::busy};
  if (at == no_slot) return error;
  const locks::Lock& lock = table_->lock(at);
  error.waiters = lock.waiters;
  constexpr std::size_t most_looked_at = 1'000;  // pollers of a lock that a crowd shares
  std::size_t looked_at = 0;
  for (Slot slot = lock.holders; slot != no_slot && looked_at < most_looked_at; ++looked_at) {
    const locks::Acquisition& holder = table_->acquisition(slot);
    if (holder.stage == locks::Stage::delaying) {
      Milliseconds left = View{*this}.delay_left(slot);
      error.delay = std::max(error.delay.value_or(left), left);
    } else if (table_->is_alive(holder)) {
      Milliseconds left = expires_in(slot);
      error.expires_in = std::min(error.expires_in.value_or(left), left);
    }
    slot = holder.next;
  }
  if (error.expires_in) error.delay.reset();
  return error;
}

// What a renewal gives, or a grant: no more than max_hold leaves.
Milliseconds Node::ttl_of(Slot hold) const {
  const locks::Acquisition& acquisition = table_->acquisition(hold);
  bool leased = acquisition.session == no_slot;
  Milliseconds ttl{leased ? acquisition.ttl_ms : table_->session(acquisition.session).ttl_ms};
  Moment end = max_holds_.deadline(hold);
  if (end == never) return ttl;
  if (max_holds_.is_ending(hold)) return Milliseconds{0};  // to be taken back: that is decided
  return std::min(ttl, left_of(end));
}

}  // namespace pawl::node
