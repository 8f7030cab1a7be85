// SPDX-License-Identifier: Apache-2.0
//
// A lock table and short words to drive it, so that a test reads as a story. Everything is asked as
// in epoch 1 unless said otherwise; changes are told as lines: "granted a 7".
#pragma once

#include <algorithm>
#include <initializer_list>
#include <string>
#include <string_view>
#include <vector>

#include "base/overloaded.hpp"
#include "locks/lock_table.hpp"

namespace pawl::locks {

struct Wish {  // what a LOCK may say beside its name
  std::string_view id = {};
  bool wait = false;
  SessionId session = {};
  std::string_view user = {};
  std::uint32_t ttl_ms = 30'000;
  bool ttl_given = false;
  Mode mode = Mode::exclusive;
  std::string_view note = {};
  std::string_view address = "here";
  std::uint32_t slots = 0;
  std::uint32_t delay_ms = 0;
  std::uint32_t max_hold_ms = 0;
};

using Several = std::vector<std::string_view>;

class TableDriver {
 public:
  Verdict apply(const Record& record) {
    table_.apply(epoch, record, effects_);
    return effects_.answer.verdict;
  }

  Verdict lock(std::string_view name, const Wish& wish = {}) { return lock_all({name}, wish); }
  Verdict lock_all(const Several& names, const Wish& wish = {}) {
    return apply(record::Lock{.user = wish.user,
                              .session = wish.session,
                              .names = names,
                              .mode = wish.mode,
                              .slots = wish.slots,
                              .id = wish.id,
                              .wait = wish.wait,
                              .ttl_given = wish.ttl_given,
                              .ttl_ms = wish.ttl_ms,
                              .delay_ms = wish.delay_ms,
                              .max_hold_ms = wish.max_hold_ms,
                              .note = wish.note,
                              .address = wish.address});
  }
  // Expects a grant.
  Token grant(std::string_view name, const Wish& wish = {}) { return grant_all({name}, wish); }
  Token grant_all(const Several& names, const Wish& wish = {}) {
    return lock_all(names, wish) == Verdict::granted ? token() : Token{};
  }
  // Expects to wait.
  ClaimNumber wait(std::string_view name, const Wish& wish = {}) { return wait_all({name}, wish); }
  ClaimNumber wait_all(const Several& names, Wish wish = {}) {
    wish.wait = true;
    return lock_all(names, wish) == Verdict::queued ? claim() : ClaimNumber{};
  }
  Verdict unlock(std::string_view name, Token token, SessionId session = {}) {
    return unlock_all({name}, token, session);
  }
  Verdict unlock_all(const Several& names, Token token, SessionId session = {}) {
    return apply(record::Unlock{.session = session, .names = names, .token = token});
  }
  Verdict cancel(std::string_view name, std::string_view id, SessionId session = {},
                 std::string_view user = {}) {
    return apply(record::Cancel{user, session, name, id});
  }
  SessionId open(std::string_view secret, bool deadlock = true) {
    apply(record::OpenSession{.secret = secret, .ttl_ms = 10'000, .deadlock = deadlock});
    return table_.session(effects_.answer.session).id;
  }
  Verdict close(SessionId session) { return apply(record::CloseSession{session}); }
  void expire_session(SessionId session, SessionEnd reason = SessionEnd::expired) {
    apply(record::ExpireSession{epoch, session, reason});
  }
  void expire(std::string_view name, Token token) {
    HoldName hold{name, token};
    apply(record::ExpireLeases{epoch, {&hold, 1}});
  }
  void take_back(std::string_view name, Token token) {
    HoldName hold{name, token};
    apply(record::TakeBack{epoch, {&hold, 1}});
  }
  void end_delay(std::string_view name, Token token) {
    HoldName hold{name, token};
    apply(record::EndDelays{epoch, {&hold, 1}});
  }
  Verdict break_hold(std::string_view name, Token token) {
    return apply(record::Break{.hold = {name, token}, .reason = "stuck"});
  }
  Verdict set_slots(std::string_view name, std::uint32_t slots) {
    return apply(record::SetSlots{.name = name, .slots = slots});
  }
  void end_wait(ClaimNumber wait, WaitEnd reason = WaitEnd::timeout) {
    apply(record::EndWaits{epoch, reason, {&wait, 1}});
  }
  void unclaim(ClaimNumber wait) { apply(record::Unclaim{epoch, {&wait, 1}}); }
  void start_epoch(Token token_floor = {}) {
    ++epoch.value;
    apply(record::EpochStart{token_floor});
  }

  // Of the last answer.
  [[nodiscard]] Token token() const { return answered().token(); }
  [[nodiscard]] ClaimNumber claim() const { return answered().claim(); }
  [[nodiscard]] std::uint32_t released() const { return effects_.answer.released; }
  [[nodiscard]] std::uint32_t ttl_ms() const { return answered().ttl_ms; }
  [[nodiscard]] std::string_view cycle() const { return effects_.cycle; }
  [[nodiscard]] std::string_view busy_name() const {
    Slot lock = effects_.answer.lock;
    return lock == no_slot ? std::string_view{} : table_.name_of(lock);
  }

  // Changes of the last record, in order.
  [[nodiscard]] std::vector<std::string> changes() const {
    std::vector<std::string> lines;
    for (const Change& one : effects_.changes) lines.push_back(line(one));
    return lines;
  }
  [[nodiscard]] bool has_changes() const { return !effects_.changes.empty(); }

  [[nodiscard]] bool holds(std::string_view name, Token token) const {
    return token.value != 0 && table_.find_holder(name, token) != no_slot;
  }
  // The token of the oldest holder that is alive, 0 if there is none.
  [[nodiscard]] Token holder_of(std::string_view name) const {
    Slot lock = table_.find_lock(name);
    Slot slot = lock == no_slot ? no_slot : table_.lock(lock).holders;
    while (slot != no_slot && !table_.is_alive(table_.acquisition(slot))) {
      slot = table_.acquisition(slot).next;
    }
    return slot == no_slot ? Token{} : table_.acquisition(slot).token();
  }
  // The claim numbers that wait for a name, first come first.
  [[nodiscard]] std::vector<ClaimNumber> queue_of(std::string_view name) const {
    std::vector<ClaimNumber> queue;
    Slot lock = table_.find_lock(name);
    Slot slot = lock == no_slot ? no_slot : table_.lock(lock).queue_head;
    for (; slot != no_slot; slot = table_.acquisition(slot).next) {
      queue.push_back(table_.acquisition(slot).claim());
    }
    return queue;
  }
  [[nodiscard]] const LockTable& table() const { return table_; }

  Epoch epoch{1};

 private:
  [[nodiscard]] Acquisition answered() const {
    return table_.acquisition(effects_.answer.acquisition);
  }
  [[nodiscard]] std::string name(Slot acquisition) const {
    return std::string{table_.name_of(table_.acquisition(acquisition).lock)};
  }
  [[nodiscard]] static std::string_view word(HoldEnd end) {
    switch (end) {
      case HoldEnd::unlocked: return "unlocked ";
      case HoldEnd::expired: return "expired ";
      case HoldEnd::broken: return "broken ";
      case HoldEnd::closed: return "closed ";
      case HoldEnd::lapsed: return "lapsed ";
      case HoldEnd::disconnected: return "disconnected ";
      case HoldEnd::max_hold: return "taken back ";
    }
    return {};
  }
  [[nodiscard]] static std::string_view word(WaitEnd end) {
    switch (end) {
      case WaitEnd::timeout: return "timeout ";
      case WaitEnd::cancelled: return "cancelled ";
      case WaitEnd::disconnected: return "disconnected ";
      case WaitEnd::unclaimed: return "unclaimed too long ";
      case WaitEnd::session: return "session ended ";
      case WaitEnd::epoch: return "epoch ended ";
      case WaitEnd::deadlock: return "deadlocked ";
    }
    return {};
  }
  [[nodiscard]] std::string line(const Change& change) const {
    auto text = [](std::uint64_t number) { return std::to_string(number); };
    return std::visit(
        Overloaded{
            [&](const change::Granted& one) {
              return "granted " + name(one.acquisition) + " " +
                     text(table_.acquisition(one.acquisition).number);
            },
            [&](const change::Renewed& one) { return "renewed " + name(one.acquisition); },
            [&](const change::Released& one) {
              return std::string{word(one.end)} + name(one.acquisition) + " " +
                     text(one.token.value);
            },
            [&](const change::Delayed& one) {
              const Acquisition& delay = table_.acquisition(one.acquisition);
              return "delayed " + name(one.acquisition) + " " + text(delay.ttl_ms);
            },
            [&](const change::DelayEnded& one) { return "delay ended " + name(one.acquisition); },
            [&](const change::Claimed& one) { return "claimed " + name(one.acquisition); },
            [&](const change::Unclaimed& one) { return "unclaimed " + name(one.acquisition); },
            [&](const change::WaitEnded& one) {
              return std::string{word(one.end)} + name(one.acquisition);
            },
            [&](const change::SessionOpened& one) {
              return "opened s" + text(table_.session(one.session).id.value);
            },
            [&](const change::SessionEnded& one) {
              return "ended s" + text(table_.session(one.session).id.value) + " holding " +
                     text(one.holds);
            },
            [&](const change::SessionSwept& one) {
              return "swept s" + text(one.session.value) + (one.more ? ", more" : "");
            }},
        change);
  }

  LockTable table_;
  Effects effects_;
};

using Changes = std::vector<std::string>;
using Queue = std::vector<ClaimNumber>;

}  // namespace pawl::locks
