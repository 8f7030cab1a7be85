// SPDX-License-Identifier: Apache-2.0
//
// Who waits for whom, by the plain words of the protocol: take away, again and again, whoever can
// proceed; who is left is deadlocked. Small and slow, and nothing of src/locks/wait_graph.
#include <algorithm>

#include "invariants.hpp"
#include "translate.hpp"

namespace pawl::simulation {

namespace {

bool is_among(const std::vector<SessionId>& sessions, SessionId one) {
  return std::find(sessions.begin(), sessions.end(), one) != sessions.end();
}

}  // namespace

// Would the wait at `place` stay blocked if only who is stuck stayed?
bool Invariants::is_blocked(const View& view, std::size_t place,
                            const std::vector<SessionId>& stuck) const {
  const Waiter& waiter = view.queue[place];
  std::size_t beside = 0;
  auto is_in_the_way = [&](SessionId session, Mode mode) {
    if (!is_among(stuck, session)) return false;
    ++beside;
    return waiter.mode == Mode::exclusive || mode != waiter.mode;
  };
  for (const Holder& holder : view.holders) {
    if (is_in_the_way(holder.session, holder.mode)) return true;
  }
  for (std::size_t ahead = 0; ahead < place; ++ahead) {
    const Waiter& other = view.queue[ahead];
    if (other.claimed && is_in_the_way(other.session, other.mode)) return true;
  }
  return waiter.mode == Mode::slot && beside >= history_[waiter.creator].ask.slots;
}

std::vector<SessionId> Invariants::deadlocked(const std::vector<View>& views) const {
  std::vector<SessionId> stuck;
  for (const View& view : views) {
    for (const Waiter& waiter : view.queue) {
      bool counts = waiter.claimed && waiter.deadlock;
      if (counts && !is_among(stuck, waiter.session)) stuck.push_back(waiter.session);
    }
  }
  auto waits_for_stuck = [&](SessionId session) {
    for (const View& view : views) {
      for (std::size_t place = 0; place < view.queue.size(); ++place) {
        const Waiter& waiter = view.queue[place];
        if (waiter.session != session || !waiter.claimed) continue;
        if (is_blocked(view, place, stuck)) return true;
      }
    }
    return false;
  };
  while (true) {
    auto free = std::find_if(stuck.begin(), stuck.end(),
                             [&](SessionId session) { return !waits_for_stuck(session); });
    if (free == stuck.end()) return stuck;
    stuck.erase(free);
  }
}

void Invariants::look_for_deadlocks() const {
  if (!has_new_waits_) return;
  std::vector<SessionId> stuck = deadlocked(views_);
  if (stuck.empty()) return;
  std::string who;
  for (SessionId session : stuck) who += " s" + std::to_string(session.value);
  fail("I19 nobody stays deadlocked", "nobody was told, among" + who);
}

// One record was applied since the last look, and it was this LOCK.
void Invariants::judge_deadlocks() {
  for (std::uint64_t number : to_deadlocked_) on_deadlock(history_[number], history_[number].scope);
}

void Invariants::on_deadlock(const Operation& asker, SessionId session) {
  std::vector<View> views = views_;
  for (View& view : views) {
    if (!asker.ask.names(view.name)) continue;
    auto own = std::find_if(view.queue.begin(), view.queue.end(), [&](const Waiter& waiter) {
      return waiter.session == session && !asker.ask.id.empty() &&
             history_[waiter.creator].ask.id == asker.ask.id;
    });
    if (own == view.queue.end()) {
      own = view.queue.insert(own, Waiter{});
      own->creator = asker.number;
      own->mode = asker.ask.mode;
      own->session = session;
      own->deadlock = true;
    }
    own->claimed = true;
  }
  if (is_among(deadlocked(views), session)) return;
  fail("I19 DEADLOCK said to who could proceed", to_text(asker));
}

}  // namespace pawl::simulation
