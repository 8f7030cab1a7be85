// SPDX-License-Identifier: Apache-2.0
//
// The real table and the naive one side by side: each record goes to both, and whatever can be seen
// from outside must be the same. A difference comes back as a text; none is empty.
#pragma once

#include <map>
#include <set>
#include <sstream>
#include <string>
#include <vector>

#include "base/overloaded.hpp"
#include "locks/lock_table.hpp"
#include "naive_table.hpp"

namespace pawl::locks {

class RealAndNaive {
 public:
  explicit RealAndNaive(std::uint64_t hash_seed) : real_(hash_seed) {}

  [[nodiscard]] const NaiveTable& naive() const { return naive_; }

  [[nodiscard]] std::string apply(Epoch epoch, const Record& record) {
    real_.apply(epoch, record, effects_);
    naive_.apply(epoch, record);
    std::vector<Told> real;
    if (effects_.answer.verdict != Verdict::none) real.push_back(answer());
    for (const Change& change : effects_.changes) real.push_back(told(change));
    // At the start of an epoch each wait is judged by itself: their order means nothing.
    if (std::holds_alternative<record::EpochStart>(record)) {
      std::ranges::sort(real);
      std::ranges::sort(naive_.told);
    }
    for (const Told& one : real) {
      bool is_partial_sweep = one.what == "swept" && one.number != 0;
      kinds_told_.insert({one.what, 0, is_partial_sweep, one.why});
    }
    if (real == naive_.told) return {};
    std::ostringstream text;
    text << "record kind " << record.index();
    for (const Told& one : real) text << "\n  real:  " << one;
    for (const Told& one : naive_.told) text << "\n  naive: " << one;
    return text.str();
  }

  // How many of the 16 answers, and of the 23 changes with their reasons, have come up.
  [[nodiscard]] std::size_t kinds_told() const { return kinds_told_.size(); }

  [[nodiscard]] std::string compare_state() {
    if (real_.last_granted().value != naive_.last_token) return "the last token differs";
    std::map<std::string, std::vector<const NaiveTable::Acquisition*>> holders, queues;
    std::size_t waiters = 0;
    for (const NaiveTable::Acquisition& one : naive_.acquisitions) {
      static_cast<void>(queues[one.name]);
      (one.holds() ? holders : queues)[one.name].push_back(&one);
      if (!one.holds()) ++waiters;
    }
    auto number = [](auto* one) { return one->number; };
    for (auto& [name, several] : holders) std::ranges::sort(several, {}, number);
    if (real_.lock_count() != queues.size()) return "the number of locks differs";
    if (real_.waiter_count() != waiters) return "the number of waiters differs";
    for (const auto& [name, queue] : queues) {
      if (!same_lock(name, holders[name], queue)) return "lock " + name + " differs";
    }
    if (real_.session_count() != naive_.secrets.size()) return "the number of sessions differs";
    for (const auto& [id, secret] : naive_.secrets) {
      if (!same_session(id, secret)) return "session " + std::to_string(id.value) + " differs";
    }
    for (const auto& [id, end] : naive_.dead) {
      if (real_.find_session(id) != no_slot) return "a dead session is found";
    }
    return compare_spent();
  }

 private:
  [[nodiscard]] std::uint64_t stamp(Slot slot) const {
    return static_cast<std::uint64_t>(real_.acquisition(slot).stamp_ms);
  }

  [[nodiscard]] Told answer() const {
    const Answer& real = effects_.answer;
    Told told{"answered", 0, 0, static_cast<int>(real.verdict)};
    if (real.verdict == Verdict::closed) {
      told.number = real.released;
    } else if (real.session != no_slot) {
      told.number = real_.session(real.session).id.value;
    } else if (real.acquisition != no_slot) {
      told.who = stamp(real.acquisition);
      told.number = real_.acquisition(real.acquisition).number;
    }
    return told;
  }

  [[nodiscard]] Told told(const Change& change) const {
    return std::visit(
        Overloaded{
            [&](const change::Granted& one) {
              return Told{one.from_queue ? "granted from the queue" : "granted",
                          stamp(one.acquisition), real_.acquisition(one.acquisition).number};
            },
            [&](const change::Renewed& one) {
              return Told{"renewed", stamp(one.acquisition),
                          real_.acquisition(one.acquisition).number};
            },
            [&](const change::Released& one) {
              return Told{"released", stamp(one.acquisition), one.token.value,
                          static_cast<int>(one.end)};
            },
            [&](const change::Delayed& one) {
              return Told{"delayed", stamp(one.acquisition)};
            },
            [&](const change::DelayEnded& one) {
              return Told{"delay ended", stamp(one.acquisition)};
            },
            [&](const change::Claimed& one) {
              return Told{"claimed", stamp(one.acquisition)};
            },
            [&](const change::Unclaimed& one) {
              return Told{"unclaimed", stamp(one.acquisition)};
            },
            [&](const change::WaitEnded& one) {
              return Told{"wait ended", stamp(one.acquisition), 0, static_cast<int>(one.end)};
            },
            [&](const change::SessionOpened& one) {
              return Told{"opened", real_.session(one.session).id.value};
            },
            [&](const change::SessionEnded& one) {
              return Told{"session ended", real_.session(one.session).id.value, one.holds,
                          static_cast<int>(one.end)};
            },
            [&](const change::SessionSwept& one) {
              return Told{"swept", one.session.value, one.more ? 1u : 0u};
            }},
        change);
  }

  using Several = std::vector<const NaiveTable::Acquisition*>;

  [[nodiscard]] bool same_lock(std::string_view name, const Several& holders,
                               const Several& queue) const {
    Slot slot = real_.find_lock(name);
    if (slot == no_slot || real_.name_of(slot) != name) return false;
    const Lock& real = real_.lock(slot);
    auto slots = naive_.slots.find(std::string{name});
    NaiveTable::Slots wanted = slots == naive_.slots.end() ? NaiveTable::Slots{} : slots->second;
    if (real.slots != wanted.number || real.slots_set != wanted.by_operator) return false;
    if (real.holder_count != holders.size()) return false;
    return real.waiters == queue.size() && same_list(real.holders, real.last_holder, holders) &&
           same_list(real.queue_head, real.queue_tail, queue);
  }

  // In order, linked both ways.
  [[nodiscard]] bool same_list(Slot head, Slot tail, const Several& naive) const {
    Slot previous = no_slot;
    for (const NaiveTable::Acquisition* one : naive) {
      if (head == no_slot || stamp(head) != one->stamp || !same(head, *one)) return false;
      if (real_.acquisition(head).previous != previous) return false;
      previous = head;
      head = real_.acquisition(head).next;
    }
    return head == no_slot && tail == previous;
  }

  [[nodiscard]] bool same(Slot slot, const NaiveTable::Acquisition& naive) const {
    const Acquisition& real = real_.acquisition(slot);
    if (real.number != naive.number || real.stage != naive.stage || real.mode != naive.mode ||
        real.ttl_ms != naive.ttl_ms ||
        real_.is_alive(real) == naive_.dead.contains(naive.session)) {
      return false;
    }
    SessionId owner = real.session == no_slot ? SessionId{} : real_.session(real.session).id;
    if (owner != naive.session) return false;
    const Details* details = real_.details(real.details);
    if ((details == nullptr ? "" : details->id) != std::get<3>(naive.id)) return false;
    return is_found(slot, real, naive);
  }

  // Each index leads to it, as long as it should.
  [[nodiscard]] bool is_found(Slot slot, const Acquisition& real,
                              const NaiveTable::Acquisition& naive) const {
    if (real.waits() && real_.find_wait(real.claim()) != slot) return false;
    bool findable = real_.is_alive(real) && !real.waits();
    if (real_.find_holder(naive.name, Token{naive.number}) != (findable ? slot : no_slot) &&
        !real.waits()) {
      return false;
    }
    const auto& [session, user, name, id] = naive.id;
    return id.empty() || real_.find_id(real.session, user, naive.name, id) == slot;
  }

  [[nodiscard]] bool same_session(SessionId id, std::string_view secret) const {
    Slot slot = real_.find_session(id);
    if (slot == no_slot || real_.find_session(secret) != slot) return false;
    Several holds, waits;
    for (const NaiveTable::Acquisition& one : naive_.acquisitions) {
      if (one.session == id) (one.holds() ? holds : waits).push_back(&one);
    }
    const Session& real = real_.session(slot);
    return same_in_session(real.first_hold, real.last_hold, real.holds, holds) &&
           same_in_session(real.first_wait, real.last_wait, real.waits, waits);
  }

  // In the order of their numbers, linked both ways.
  [[nodiscard]] bool same_in_session(Slot at, Slot last, std::size_t count, Several naive) const {
    if (count != naive.size()) return false;
    std::ranges::sort(naive, {}, [](auto* one) { return one->number; });
    Slot previous = no_slot;
    for (const NaiveTable::Acquisition* expected : naive) {
      if (at == no_slot || stamp(at) != expected->stamp) return false;
      if (real_.acquisition(at).session_previous != previous) return false;
      previous = at;
      at = real_.acquisition(at).session_next;
    }
    return at == no_slot && last == previous;
  }

  [[nodiscard]] std::string compare_spent() {
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

  LockTable real_;
  NaiveTable naive_;
  Effects effects_;
  std::set<Told> kinds_told_;
};

}  // namespace pawl::locks
