// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "base/ensure.hpp"
#include "base/hash.hpp"
#include "base/mutant.hpp"
#include "locks/application.hpp"

namespace pawl::locks {

void Application::operator()(const record::EpochStart& record) {
  table_.last_token_ = std::max(table_.last_token_, record.token_floor);
  for (Slot slot = 0; slot < table_.acquisitions_.end(); ++slot) {
    const Acquisition acquisition = table_.acquisition(slot);
    if (!acquisition.waits() || table_.head_of(slot) != slot) continue;
    const Details* details = table_.details(acquisition.details);
    if (details != nullptr && !details->id.empty()) {
      unclaim(slot);
    } else {
      end_wait(slot, WaitEnd::epoch);
      table_.each_name(slot, [&](Slot one) { tidy(table_.acquisitions_[one].lock); });
    }
  }
  if (is_mutant(Mutant::fifo_lost_on_failover)) turn_queues();
}

void Application::turn_queues() {
  for (Slot at = 0; at < table_.locks_.end(); ++at) {
    Lock lock = table_.lock(at);
    Slot first = lock.queue_head;
    if (lock.name_size == 0 || first == lock.queue_tail) continue;
    unlink(first);
    table_.link_last(first);
  }
}

void Application::operator()(const record::OpenSession& record) {
  if (Slot there = table_.find_session(record.secret); there != no_slot) {
    out_.answer = {.verdict = Verdict::attached, .session = there};
    return;
  }
  Slot slot = table_.sessions_.allocate();
  Session& session = table_.sessions_[slot];
  session.id = SessionId{++table_.last_session_.value};
  session.secret = record.secret;
  session.user = record.user;
  session.name = record.name;
  session.address = record.address;
  table_.text_bytes_ += session.bytes();
  session.stamp_ms = record.stamp_ms;
  session.ttl_ms = record.ttl_ms;
  session.on_disconnect = record.on_disconnect;
  session.deadlock = record.deadlock;
  session.mark = table_.snapshot_.mark();
  table_.by_secret_.insert(slot, hash_text(session.secret, table_.seed_));
  table_.by_session_id_.insert(slot, hash_number(session.id.value, table_.seed_));
  ++table_.live_sessions_;
  out_.answer = {.verdict = Verdict::opened, .session = slot};
  out_.changes.push_back(change::SessionOpened{slot});
}

void Application::operator()(const record::CloseSession& record) {
  Slot slot = table_.find_session(record.session);
  if (slot == no_slot) {
    out_.answer.verdict = Verdict::session_expired;
    return;
  }
  out_.answer = {
      .verdict = Verdict::closed, .session = slot, .released = table_.sessions_[slot].holds};
  end_session(slot, SessionEnd::closed);
}

void Application::operator()(const record::ExpireSession& record) {
  if (!decided_here(record.decided_in)) return;
  Slot slot = table_.find_session(record.session);
  if (slot != no_slot) end_session(slot, record.reason);
}

void Application::operator()(const record::Sweep& record) {
  Slot slot = table_.by_session_id_.find(
      hash_number(record.session.value, table_.seed_),
      [&](const Session& session) { return session.id == record.session; });
  if (slot == no_slot || !table_.sessions_[slot].dead) return;
  bool done = sweep(slot);
  if (done) --table_.dead_sessions_;
  out_.changes.push_back(change::SessionSwept{record.session, !done});
}

// Dead at once, whatever it holds; the first slice of the sweep is part of this record.
void Application::end_session(Slot slot, SessionEnd end) {
  table_.snapshot_.keep_session(slot);
  Session& session = table_.sessions_[slot];
  session.dead = true;
  session.end = static_cast<std::uint8_t>(end);
  table_.by_secret_.erase(slot);
  --table_.live_sessions_;
  out_.changes.push_back(change::SessionEnded{slot, end, session.holds});
  bool done = sweep(slot);
  if (!done) ++table_.dead_sessions_;
  out_.changes.push_back(change::SessionSwept{session.id, !done});
}

void Application::operator()(const record::Lock& record) {
  Slot session = no_slot;
  if (record.session.value != 0) {
    session = table_.find_session(record.session);
    if (session == no_slot) {
      out_.answer.verdict = Verdict::session_expired;
      return;
    }
  }
  touch(record.names);
  if (!record.id.empty()) {
    // Before what is spent: of several names one may be, when it was cancelled after it was gone.
    Slot same = table_.find_id(session, record.user, record.names, record.id);
    if (same != no_slot && !is_mutant(Mutant::id_granted_twice)) {
      out_.answer = lock_again(record, same);
      return;
    }
    if (table_.is_spent(session, record.user, record.names, record.id)) {
      out_.answer.verdict = Verdict::spent;
      return;
    }
  }
  bool several = record.names.size() > 1;
  out_.answer = several ? lock_several(record, session) : lock_anew(record, session);
}

// The same LOCK with the same id is the same acquisition, never a second grant.
Answer Application::lock_again(const record::Lock& record, Slot slot) {
  Verdict known = table_.recognise(slot, record.names, record.mode, record.slots);
  if (known != Verdict::none) return {.verdict = known};
  const AcquisitionEntry& acquisition = table_.acquisitions_[slot];
  if (acquisition.waits() && !record.wait) {
    return {.verdict = Verdict::busy, .lock = table_.lock_in_the_way_of(slot)};
  }
  if (record.ttl_given) set_ttl(slot, record.ttl_ms);
  if (acquisition.stage == Stage::holding) {
    out_.changes.push_back(change::Renewed{slot});
    return {.verdict = Verdict::granted, .acquisition = slot};
  }
  claim(slot);
  // Before it may hold: whoever waits behind it was not in its way while it was unclaimed.
  Answer answer = wait_unless_deadlocked(slot);
  if (answer.verdict == Verdict::deadlock) return answer;
  grant_after(slot);
  if (acquisition.stage == Stage::holding) answer.verdict = Verdict::granted;
  return answer;
}

Answer Application::lock_anew(const record::Lock& record, Slot session) {
  Slot lock = table_.find_lock(record.names.front());
  if (lock != no_slot && table_.differs_in_slots(lock, record.mode, record.slots)) {
    return {.verdict = Verdict::other_slots};
  }
  bool free = lock == no_slot || table_.fits(table_.locks_[lock], record.mode, no_slot);
  if (!free && !record.wait) return {.verdict = Verdict::busy, .lock = lock};
  if (lock == no_slot) lock = make_lock(record.names.front());
  table_.snapshot_.keep_lock(lock);
  if (record.mode == Mode::slot) table_.name_slots(lock, record.slots);
  Slot slot = table_.make_acquisition(record, lock, session);
  if (free) {
    grant(slot, false);
    return {.verdict = Verdict::granted, .acquisition = slot};
  }
  enqueue(slot);
  return wait_unless_deadlocked(slot);
}

// A wait was made or claimed: only then can a deadlock come to be, and this session is part of it.
Answer Application::wait_unless_deadlocked(Slot slot) {
  Slot session = table_.acquisitions_[slot].owning_session();
  if (session == no_slot ||
      !table_.wait_graph_.is_deadlocked(session, out_.cycle, out_.cycle_locks)) {
    return {.verdict = Verdict::queued, .acquisition = slot};
  }
  end_wait(slot, WaitEnd::deadlock);
  grant_after(slot);
  return {.verdict = Verdict::deadlock};
}

void Application::operator()(const record::Unlock& record) {
  touch(record.names);
  if (record.names.size() > 1) return unlock_several(record);
  Slot slot = table_.find_holder(record.names.front(), record.token);
  if (slot == no_slot) {
    out_.answer.verdict = Verdict::not_held;
    return;
  }
  const AcquisitionEntry& holder = table_.acquisitions_[slot];
  if (!holder.leased && table_.sessions_[holder.owner].id != record.session) {
    out_.answer.verdict = Verdict::no_session;
    return;
  }
  out_.answer.verdict = Verdict::done;
  release_and_grant(slot, HoldEnd::unlocked);
}

void Application::operator()(const record::RenewTtl& record) {
  touch({&record.hold.name, 1});
  Slot slot = table_.find_holder(record.hold.name, record.hold.token);
  if (slot == no_slot || !table_.acquisitions_[slot].leased) {
    out_.answer.verdict = Verdict::not_held;
    return;
  }
  slot = table_.head_of(slot);
  if (record.ttl_ms != 0) set_ttl(slot, record.ttl_ms);
  out_.answer = {.verdict = Verdict::done, .acquisition = slot};
  out_.changes.push_back(change::Renewed{slot});
}

void Application::operator()(const record::ExpireLeases& record) {
  if (!decided_here(record.decided_in)) return;
  touch(record.holds);
  for (const HoldName& hold : record.holds) {
    Slot slot = table_.find_holder(hold.name, hold.token);
    if (slot == no_slot || !table_.acquisitions_[slot].leased) continue;
    release_all(slot, HoldEnd::expired);
  }
}

void Application::operator()(const record::TakeBack& record) {
  if (!decided_here(record.decided_in)) return;
  touch(record.holds);
  for (const HoldName& hold : record.holds) {
    Slot slot = table_.find_holder(hold.name, hold.token);
    if (slot != no_slot) release_all(slot, HoldEnd::max_hold);
  }
}

void Application::operator()(const record::EndDelays& record) {
  if (!decided_here(record.decided_in)) return;
  for (const HoldName& hold : record.holds) {
    Slot slot = table_.find_delay(hold.name, hold.token);
    if (slot == no_slot) continue;
    end_delay(slot);
    grant_later(table_.acquisitions_[slot].lock);
  }
}

void Application::operator()(const record::EndWaits& record) {
  if (!decided_here(record.decided_in)) return;
  touch(record.waits);
  for (ClaimNumber number : record.waits) {
    Slot slot = table_.find_wait(number);
    if (slot == no_slot) continue;
    if (is_mutant(Mutant::late_grant_after_timeout) && record.reason == WaitEnd::timeout) {
      out_.changes.push_back(change::WaitEnded{slot, record.reason});
      continue;
    }
    end_wait(slot, record.reason);
    grant_later_after(slot);
  }
}

void Application::operator()(const record::Unclaim& record) {
  if (!decided_here(record.decided_in)) return;
  touch(record.waits);
  for (ClaimNumber number : record.waits) {
    Slot slot = table_.find_wait(number);
    if (slot == no_slot || table_.acquisitions_[slot].stage != Stage::waiting) continue;
    unclaim(slot);
    grant_later_after(slot);
  }
}

void Application::operator()(const record::Cancel& record) {
  Slot session = no_slot;
  if (record.session.value != 0) {
    session = table_.find_session(record.session);
    if (session == no_slot) {
      out_.answer.verdict = Verdict::session_expired;
      return;
    }
  }
  touch({&record.name, 1});
  Slot slot = table_.find_id(session, record.user, record.name, record.id);
  if (slot != no_slot) {
    slot = table_.head_of(slot);
    if (!table_.is_one_of(record.name, slot)) {
      out_.answer.verdict = Verdict::mismatch;
      return;
    }
    if (table_.acquisitions_[slot].stage == Stage::holding) {
      out_.answer = {.verdict = Verdict::yours, .acquisition = slot};
      return;
    }
    end_wait(slot, WaitEnd::cancelled);
    grant_after(slot);
  }
  IdScope scope{record.session, record.user, record.name};
  if (table_.spent_.size() == SpentIds::capacity)
    table_.snapshot_.keep_spent(table_.spent_.oldest());
  table_.spent_.remember(scope, record.id, table_.snapshot_.mark());
  out_.answer.verdict = Verdict::cancelled;
}

void Application::operator()(const record::Break& record) {
  touch({&record.hold.name, 1});
  Slot slot = table_.find_holder(record.hold.name, record.hold.token);
  out_.answer.verdict = slot == no_slot ? Verdict::not_held : Verdict::done;
  if (slot != no_slot) release_and_grant(slot, HoldEnd::broken);
}

void Application::operator()(const record::SetSlots& record) {
  touch({&record.name, 1});
  Slot at = table_.find_lock(record.name);
  bool has_slots = at != no_slot && table_.lock(at).slots != 0;
  out_.answer.verdict = has_slots ? Verdict::done : Verdict::no_slots;
  if (!has_slots) return;
  table_.snapshot_.keep_lock(at);
  Crowd& crowd = table_.gather_crowd(at);
  crowd.slots = static_cast<std::uint16_t>(record.slots);
  crowd.slots_set = true;
  grant_next(at);
}

void Application::release_and_grant(Slot holder, HoldEnd end) {
  const AcquisitionEntry& one = table_.acquisitions_[holder];
  Slot lock = one.lock;
  take_away(one.several ? give_up_name(holder) : holder, end);
  grant_next(lock);
}

// A record sees its names as they are once their dead sessions' part is swept.
void Application::touch(Names names) {
  if (table_.dead_sessions_ == 0) return;
  for (std::string_view name : names) {
    if (Slot lock = table_.find_lock(name); lock != no_slot) grant_next(lock);
  }
}

// Of a decision about many: each name is seen once, before anything is ended.
void Application::touch(std::span<const HoldName> holds) {
  if (table_.dead_sessions_ == 0) return;
  for (const HoldName& hold : holds) {
    if (Slot lock = table_.find_lock(hold.name); lock != no_slot) grant_later(lock);
  }
  grant_on_what_was_left();
}

void Application::touch(std::span<const ClaimNumber> waits) {
  if (table_.dead_sessions_ == 0) return;
  for (ClaimNumber number : waits) {
    if (Slot slot = table_.find_wait(number); slot != no_slot) grant_later_after(slot);
  }
  grant_on_what_was_left();
}

}  // namespace pawl::locks
