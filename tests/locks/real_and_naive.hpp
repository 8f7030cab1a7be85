// SPDX-License-Identifier: Apache-2.0
//
// The real table and the naive one side by side: each record goes to both, and whatever can be seen
// from outside must be the same. A difference comes back as a text; none is empty.
#pragma once

#include <sstream>
#include <string>

#include "base/overloaded.hpp"
#include "locks/lock_table.hpp"
#include "naive_table.hpp"

namespace pawl::locks {

inline std::ostream& operator<<(std::ostream& out, const Told& told) {
  return out << told.what << " " << told.who << " number " << told.number << " end " << told.end;
}
inline std::ostream& operator<<(std::ostream& out, const ToldAnswer& told) {
  return out << "verdict " << static_cast<int>(told.verdict) << " who " << told.who << " number "
             << told.number;
}

class RealAndNaive {
 public:
  explicit RealAndNaive(std::uint64_t hash_seed) : real_(hash_seed) {}

  [[nodiscard]] const NaiveTable& naive() const { return naive_; }

  [[nodiscard]] std::string apply(Epoch epoch, const Record& record) {
    real_.apply(epoch, record, effects_);
    ToldAnswer naive = naive_.apply(epoch, record);
    ToldAnswer real = answer();
    changes_.clear();
    for (const Change& change : effects_.changes) changes_.push_back(told(change));
    // At the start of an epoch each wait is judged by itself: their order means nothing.
    if (std::holds_alternative<record::EpochStart>(record)) {
      std::ranges::sort(changes_);
      std::ranges::sort(naive_.changes);
    }
    verdicts_.insert(real.verdict);
    for (const Told& one : changes_) {
      bool is_partial_sweep = one.what == "swept" && one.number != 0;
      kinds_of_change_.insert({one.what, 0, is_partial_sweep, one.end});
    }
    if (real == naive && changes_ == naive_.changes) return {};
    std::ostringstream text;
    text << "record kind " << record.index() << "\nreal:  " << real << "\nnaive: " << naive;
    for (const Told& one : changes_) text << "\n  real:  " << one;
    for (const Told& one : naive_.changes) text << "\n  naive: " << one;
    return text.str();
  }

  // How many of the 15 verdicts, and of the 23 changes with their reasons, have come up.
  [[nodiscard]] std::size_t verdicts_seen() const { return verdicts_.size(); }
  [[nodiscard]] std::size_t changes_seen() const { return kinds_of_change_.size(); }

  [[nodiscard]] std::string compare_state() const {
    if (real_.last_granted().value != naive_.last_token) return "the last token differs";
    if (real_.lock_count() != naive_.locks.size()) return "the number of locks differs";
    std::size_t waiters = 0;
    for (const auto& [name, lock] : naive_.locks) {
      if (!same_lock(name, lock)) return "lock " + name + " differs";
      waiters += lock.queue.size();
    }
    if (real_.waiter_count() != waiters) return "the number of waiters differs";
    std::size_t alive = 0;
    for (const auto& [id, session] : naive_.sessions) {
      if (!same_session(id, session)) return "session " + std::to_string(id) + " differs";
      alive += session.dead ? 0 : 1;
    }
    if (real_.session_count() != alive) return "the number of sessions differs";
    return compare_spent();
  }

 private:
  [[nodiscard]] Stamp stamp(Slot slot) const { return real_.acquisition(slot).stamp_ms; }
  [[nodiscard]] Stamp session(Slot slot) const {
    return static_cast<Stamp>(real_.session(slot).id.value);
  }

  [[nodiscard]] ToldAnswer answer() const {
    const Answer& real = effects_.answer;
    if (real.verdict == Verdict::closed) return {real.verdict, 0, real.released};
    if (real.session != no_slot) return {real.verdict, 0, real_.session(real.session).id.value};
    if (real.acquisition == no_slot) return {real.verdict};
    return {real.verdict, stamp(real.acquisition), real_.acquisition(real.acquisition).number};
  }

  [[nodiscard]] Told told(const Change& change) const {
    return std::visit(
        Overloaded{
            [&](const change::Granted& one) {
              return Told{one.from_queue ? "granted from the queue" : "granted",
                          stamp(one.acquisition), real_.acquisition(one.acquisition).number};
            },
            [&](const change::Renewed& one) {
              return Told{"renewed", stamp(one.acquisition)};
            },
            [&](const change::Released& one) {
              return Told{"released", stamp(one.acquisition), one.token.value,
                          static_cast<int>(one.end)};
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
              return Told{"opened", session(one.session)};
            },
            [&](const change::SessionEnded& one) {
              return Told{"session ended", session(one.session), one.holds,
                          static_cast<int>(one.end)};
            },
            [&](const change::SessionSwept& one) {
              return Told{"swept", static_cast<Stamp>(one.session.value), one.more ? 1u : 0u};
            }},
        change);
  }

  [[nodiscard]] bool same_lock(std::string_view name, const NaiveTable::Lock& naive) const {
    Slot slot = real_.find_lock(name);
    if (slot == no_slot || real_.name_of(slot) != name) return false;
    const Lock& real = real_.lock(slot);
    if (real.waiters != naive.queue.size()) return false;
    std::vector<Stamp> holders;
    if (naive.holder != 0) holders.push_back(naive.holder);
    return same_list(real.holders, no_slot, holders) &&
           same_list(real.queue_head, real.queue_tail, naive.queue);
  }

  // In order, linked both ways.
  [[nodiscard]] bool same_list(Slot head, Slot tail, const std::vector<Stamp>& naive) const {
    Slot previous = no_slot;
    for (Stamp at : naive) {
      if (head == no_slot || stamp(head) != at || !same_acquisition(head, at)) return false;
      if (real_.acquisition(head).previous != previous) return false;
      previous = head;
      head = real_.acquisition(head).next;
    }
    return head == no_slot && (tail == no_slot || tail == previous);
  }

  [[nodiscard]] bool same_acquisition(Slot slot, Stamp at) const {
    const Acquisition& real = real_.acquisition(slot);
    const NaiveTable::Acquisition& naive = naive_.acquisitions.at(at);
    if (real.number != naive.number || real.stage != naive.stage || real.mode != naive.mode ||
        real.ttl_ms != naive.ttl_ms || real_.is_alive(real) == naive_.is_dead(at)) {
      return false;
    }
    std::uint64_t owner = real.session == no_slot ? 0 : real_.session(real.session).id.value;
    if (owner != naive.session) return false;
    const Details* details = real_.details(real.details);
    if ((details == nullptr ? "" : details->id) != naive.id) return false;
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
    return naive.id.empty() ||
           real_.find_id(real.session, naive.user, naive.name, naive.id) == slot;
  }

  [[nodiscard]] bool same_session(std::uint64_t id, const NaiveTable::Session& naive) const {
    Slot slot = real_.find_session(SessionId{id});
    if (naive.dead) return slot == no_slot;
    if (slot == no_slot || real_.find_session(naive.secret) != slot) return false;
    const Session& real = real_.session(slot);
    return same_in_session(real.first_hold, real.last_hold, real.holds, naive.holds) &&
           same_in_session(real.first_wait, real.last_wait, real.waits, naive.waits);
  }

  [[nodiscard]] bool same_in_session(Slot at, Slot last, std::size_t count,
                                     const std::vector<Stamp>& naive) const {
    if (count != naive.size()) return false;
    Slot previous = no_slot;
    for (Stamp expected : naive) {
      if (at == no_slot || stamp(at) != expected) return false;
      if (real_.acquisition(at).session_previous != previous) return false;
      previous = at;
      at = real_.acquisition(at).session_next;
    }
    return at == no_slot && last == previous;
  }

  [[nodiscard]] std::string compare_spent() const {
    std::size_t sample = 0;
    for (const auto& [id, user, name, text] : naive_.spent) {
      if (++sample % 97 != 0 && naive_.spent.size() - sample > 50) continue;
      Slot owner = id == 0 ? no_slot : real_.find_session(SessionId{id});
      if (id != 0 && owner == no_slot) continue;
      if (!real_.is_spent(owner, user, name, text)) return "spent id " + text + " is forgotten";
    }
    return {};
  }

  LockTable real_;
  NaiveTable naive_;
  Effects effects_;
  std::vector<Told> changes_;
  std::set<Verdict> verdicts_;
  std::set<Told> kinds_of_change_;
};

}  // namespace pawl::locks
