// SPDX-License-Identifier: Apache-2.0
//
// Is all of the real table as the naive one has it: every lock, holder, waiter, delay, session and
// spent id, in order, linked both ways, and found by every index? A difference comes back as a
// text.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "locks/lock_table.hpp"
#include "naive_table.hpp"

namespace pawl::locks {

class SameState {
 public:
  SameState(const LockTable& real, const NaiveTable& naive) : real_(real), naive_(naive) {}

  [[nodiscard]] std::string compare() const {
    if (real_.last_granted().value != naive_.last_token) return "the last token differs";
    std::map<std::string, Several> holders, queues;
    std::size_t waiters = 0;
    for (const NaiveTable::Acquisition& one : naive_.acquisitions) {
      for (const std::string& name : one.left) {
        static_cast<void>(queues[name]);
        (one.holds() ? holders : queues)[name].push_back({&one, nullptr, name, one.number});
        if (!one.holds()) ++waiters;
      }
    }
    for (const NaiveTable::Delay& one : naive_.delays) {
      static_cast<void>(queues[one.name]);
      holders[one.name].push_back({nullptr, &one, one.name, one.after});
    }
    for (auto& [name, several] : holders) std::ranges::stable_sort(several, {}, &Expected::rank);
    if (real_.lock_count() != queues.size()) return "the number of locks differs";
    if (real_.waiter_count() != waiters) return "the number of waiters differs";
    for (const auto& [name, queue] : queues) {
      if (!same_lock(name, holders[name], queue)) return "lock " + name + " differs";
    }
    if (real_.session_count() != naive_.sessions.size()) return "the number of sessions differs";
    for (const auto& [id, session] : naive_.sessions) {
      if (!same_session(id, session)) return "session " + std::to_string(id.value) + " differs";
    }
    for (const auto& [id, end] : naive_.dead) {
      if (real_.find_session(id) != no_slot) return "a dead session is found";
    }
    return compare_spent();
  }

 private:
  // One name of what holds or waits, or a delay, which stands behind all who held when it came.
  struct Expected {
    const NaiveTable::Acquisition* one;
    const NaiveTable::Delay* delay;
    std::string_view name;
    std::uint64_t rank;
  };
  using Several = std::vector<Expected>;

  [[nodiscard]] std::uint64_t stamp(Slot slot) const {
    return static_cast<std::uint64_t>(real_.acquisition(slot).stamp_ms);
  }
  [[nodiscard]] std::string name_of(Slot acquisition) const {
    return std::string{real_.name_of(real_.acquisition(acquisition).lock)};
  }

  [[nodiscard]] bool same_lock(std::string_view name, const Several& holders,
                               const Several& queue) const {
    Slot slot = real_.find_lock(name);
    if (slot == no_slot || real_.name_of(slot) != name) return false;
    const Lock& real = real_.lock(slot);
    auto slots = naive_.slots.find(std::string{name});
    NaiveTable::Slots wanted = slots == naive_.slots.end() ? NaiveTable::Slots{} : slots->second;
    if (real.slots != wanted.number || real.slots_set != wanted.by_operator) return false;
    if (real.holder_count != holders.size()) return false;
    if ((real.crowd == no_slot) != real.is_needless()) return false;
    return real.waiters == queue.size() && same_list(real.holders, real.last_holder, holders) &&
           same_list(real.queue_head, real.queue_tail, queue);
  }

  // In order, linked both ways.
  [[nodiscard]] bool same_list(Slot head, Slot tail, const Several& naive) const {
    Slot previous = no_slot;
    for (const Expected& one : naive) {
      if (head == no_slot || !same(head, one)) return false;
      if (real_.acquisition(head).previous != previous) return false;
      previous = head;
      head = real_.acquisition(head).next;
    }
    return head == no_slot && tail == previous;
  }

  [[nodiscard]] bool same(Slot slot, const Expected& expected) const {
    if (expected.delay != nullptr) return same_delay(slot, *expected.delay);
    const NaiveTable::Acquisition& naive = *expected.one;
    const Acquisition& real = real_.acquisition(slot);
    if (stamp(slot) != naive.stamp || real.number != naive.number || real.stage != naive.stage ||
        real.mode != naive.mode || real.ttl_ms != naive.ttl_ms || name_of(slot) != expected.name ||
        real_.is_alive(real) == naive_.is_dead(naive)) {
      return false;
    }
    SessionId owner = real.session == no_slot ? SessionId{} : real_.session(real.session).id;
    return owner == naive.session && same_details(slot, naive) && same_names(slot, naive) &&
           is_found(slot, expected.name, naive);
  }

  [[nodiscard]] bool same_delay(Slot slot, const NaiveTable::Delay& delay) const {
    const Acquisition& real = real_.acquisition(slot);
    return real.stage == Stage::delaying && real.mode == delay.mode && real.ttl_ms == delay.ms &&
           real.number == delay.token && real.session == no_slot && real.client == no_slot &&
           real_.find_holder(delay.name, Token{delay.token}) == no_slot;
  }

  [[nodiscard]] bool same_details(Slot slot, const NaiveTable::Acquisition& naive) const {
    const Details none;
    const Details* kept = real_.details(real_.acquisition(slot).details);
    const Details& real = kept == nullptr ? none : *kept;
    bool same_slots = kept == nullptr || real.slots == naive.slots;
    return same_slots && real.id == naive.id && real.note == naive.note &&
           real.delay_ms == naive.delay_ms && real.max_hold_ms == naive.max_hold_ms &&
           real.names == naive.names.size();
  }

  // All that is left of its names, in their order, from the first.
  [[nodiscard]] bool same_names(Slot slot, const NaiveTable::Acquisition& naive) const {
    std::vector<std::string> names;
    bool same = true;
    real_.each_name(real_.head_of(slot), [&](Slot one) {
      names.push_back(name_of(one));
      same = same && real_.head_of(one) == real_.head_of(slot);
      same = same && real_.is_one_of(names.back(), real_.head_of(slot));
    });
    return same && names == naive.left;
  }

  // Each index leads to it, as long as it should.
  [[nodiscard]] bool is_found(Slot slot, std::string_view name,
                              const NaiveTable::Acquisition& naive) const {
    const Acquisition& real = real_.acquisition(slot);
    Slot head = real_.head_of(slot);
    if (real.waits()) {
      if (real_.find_wait(real.claim()) != head) return false;
    } else {
      Slot found = real_.find_holder(name, Token{naive.number});
      if (found != (real_.is_alive(real) ? slot : no_slot)) return false;
    }
    if (naive.id.empty()) return true;
    Slot by_id = real_.find_id(real.session, naive.user, name, naive.id);
    return real.session == no_slot ? by_id == slot
                                   : by_id != no_slot && real_.head_of(by_id) == head;
  }

  [[nodiscard]] bool same_session(SessionId id, const NaiveTable::Session& session) const {
    Slot slot = real_.find_session(id);
    if (slot == no_slot || real_.find_session(session.secret) != slot) return false;
    Several holds, waits;
    for (const NaiveTable::Acquisition& one : naive_.acquisitions) {
      if (one.session != id) continue;
      for (const std::string& name : one.left) {
        (one.holds() ? holds : waits).push_back({&one, nullptr, name, one.number});
      }
    }
    const Session& real = real_.session(slot);
    return real.deadlock == session.deadlock &&
           same_in_session(real.first_hold, real.last_hold, real.holds, holds) &&
           same_in_session(real.first_wait, real.last_wait, real.waits, waits);
  }

  // In the order of their numbers, and of the names of one LOCK, linked both ways.
  [[nodiscard]] bool same_in_session(Slot at, Slot last, std::size_t count, Several naive) const {
    if (count != naive.size()) return false;
    std::ranges::stable_sort(naive, {}, &Expected::rank);
    Slot previous = no_slot;
    for (const Expected& expected : naive) {
      if (at == no_slot || stamp(at) != expected.one->stamp) return false;
      if (name_of(at) != expected.name) return false;
      if (real_.acquisition(at).session_previous != previous) return false;
      previous = at;
      at = real_.acquisition(at).session_next;
    }
    return at == no_slot && last == previous;
  }

  [[nodiscard]] std::string compare_spent() const {
    for (const auto& [id, when] : naive_.spent) {
      const auto& [session, user, name, text] = id;
      if (naive_.is_over(session)) continue;
      Slot owner = session == SessionId{} ? no_slot : real_.find_session(session);
      if (real_.is_spent(owner, user, name, text) != naive_.is_spent(id)) {
        return "spent id " + text + " differs";
      }
    }
    return {};
  }

  const LockTable& real_;
  const NaiveTable& naive_;
};

}  // namespace pawl::locks
