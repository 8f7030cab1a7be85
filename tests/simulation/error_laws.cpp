// SPDX-License-Identifier: Apache-2.0
//
// What errors may say: each must have a cause.
#include <algorithm>

#include "invariants.hpp"
#include "translate.hpp"

namespace pawl::simulation {

void Invariants::on_error(const Operation& operation) {
  const Ask& ask = operation.ask;
  switch (*operation.outcome.error) {
    case ErrorCode::bad_request:
    case ErrorCode::no_session: return;
    case ErrorCode::busy:
    case ErrorCode::timeout:
    case ErrorCode::cancelled: return on_lock_error(operation);
    case ErrorCode::mismatch:
      if (operation.scope.value != 0 || ask.mode == Mode::slot || has_other_names(operation))
        return;
      break;
    case ErrorCode::not_held: return on_not_held(operation);
    case ErrorCode::deadlock:
      if (ask.verb != Verb::lock || operation.scope.value == 0 || ask.wait == Milliseconds{0})
        break;
      if (!options_.cluster) to_deadlocked_.push_back(operation.number);
      return;
    case ErrorCode::session_expired: {
      // Granted from the queue while the end of its session stands in the log: lost before told.
      if (ask.verb == Verb::lock && truth_.is_in_flight()) return;
      SessionId id = operation.scope;
      if (ask.verb == Verb::resume || !ask.secret.empty()) {
        Slot slot = truth_.table().find_session(ask.secret);
        id = slot == no_slot ? SessionId{} : truth_.table().session(slot).id;
      }
      auto session = sessions_.find(id.value);
      if (id.value == 0 || truth_.table().find_session(id) == no_slot) return;
      if (session == sessions_.end() || session->second.seen >= operation.begun) return;
      fail("I8 SESSION_EXPIRED said of a live one", to_text(operation));
    }
    case ErrorCode::unknown_command:
    case ErrorCode::too_long:
    case ErrorCode::limit:
    case ErrorCode::disk_full:
      if (disk_was_full_) return;
      break;
    case ErrorCode::shutting_down:
    case ErrorCode::not_primary:
    case ErrorCode::no_quorum:
      if (options_.cluster) return;
      break;
    case ErrorCode::unauthenticated:
    case ErrorCode::forbidden:
    case ErrorCode::internal: break;
  }
  fail("I12 an answer without cause", to_text(operation));
}

// Was this id asked for with other names?
bool Invariants::has_other_names(const Operation& operation) {
  const Ask& ask = operation.ask;
  bool is_other = false;
  each_key(operation.scope, ask, [&](const std::string& key) {
    for (std::uint64_t number : ids_[key].asked) {
      const Ask& other = history_[number].ask;
      is_other = is_other || other.more.size() != ask.more.size();
      ask.each_name([&](const std::string& name) { is_other = is_other || !other.names(name); });
    }
  });
  return is_other;
}

// A token that is nobody's, or a repeated LOCK of which a part is gone.
void Invariants::on_not_held(const Operation& operation) {
  const Ask& ask = operation.ask;
  if (ask.verb == Verb::lock) {
    const Hold* own = ask.id.empty() ? nullptr : hold_of_id(operation.scope, ask);
    if (own != nullptr && own->seen >= operation.begun) own = nullptr;  // a later one of this id
    bool in_part =
        own != nullptr && std::any_of(own->parts.begin(), own->parts.end(), [](const Part& part) {
          return part.ended != never || part.unlock_asked || part.break_asked;
        });
    // … or was, when it was asked: what was left may have ended since.
    if (in_part || (own == nullptr && !ask.id.empty() && !ask.more.empty())) return;
    fail("I12 NOT_HELD without cause", to_text(operation));
  }
  bool is_held = true;
  ask.each_name([&](const std::string& name) {
    is_held = is_held && truth_.table().find_holder(name, ask.token) != no_slot;
  });
  auto hold = holds_.find(ask.token.value);
  if (!is_held || hold == holds_.end() || hold->second.seen >= operation.begun) return;
  fail("I8 NOT_HELD said of a holder", to_text(operation));
}

void Invariants::on_busy(const Operation& operation) {
  const Ask& ask = operation.ask;
  if (ask.wait != Milliseconds{0}) fail("I12 BUSY to a wait", to_text(operation));
  const Hold* own = ask.id.empty() ? nullptr : hold_of_id(operation.scope, ask);
  bool held_back = operation.begun < grants_from_;
  if (own != nullptr && own->seen < operation.begun && !held_back) {
    fail("I9 BUSY said to the holder", to_text(operation));
  }
  // A flush may carry a grant and its end at once, which no look at the table sees.
  if (options_.durability != Durability::none || held_back || views_.empty()) return;
  bool is_free = std::all_of(views_.begin(), views_.end(), [&](const View& view) {
    return !ask.names(view.name) ||
           (view.last_busy < operation.invoked && truth_.table().find_lock(view.name) == no_slot);
  });
  if (is_free) fail("I12 BUSY said of a free lock", to_text(operation));
}

void Invariants::on_lock_error(const Operation& operation) {
  const Ask& ask = operation.ask;
  if (*operation.outcome.error == ErrorCode::busy) return on_busy(operation);
  if (*operation.outcome.error == ErrorCode::timeout) {
    // By the node's clock, which may be faster.
    Span passed = now_ - operation.invoked;
    if (options_.cluster) passed += passed / 1'000;
    if (ask.wait == wait_forever || passed < ask.wait) {
      fail("I12 TIMEOUT before its time", to_text(operation));
    }
    return;
  }
  auto session = sessions_.find(operation.scope.value);
  bool closed = session != sessions_.end() && session->second.closing;
  bool cancelled = false;
  if (!ask.id.empty()) {
    each_key(operation.scope, ask,
             [&](const std::string& key) { cancelled = cancelled || ids_[key].cancel_asked; });
  }
  if (cancelled || closed || links_[operation.link].input_ended) return;
  bool quits = std::any_of(outstanding_.begin(), outstanding_.end(), [&](const Outstanding& one) {
    const Operation& other = history_[one.operation];
    return other.link == operation.link && other.ask.verb == Verb::quit;
  });
  if (!quits) fail("I12 CANCELLED without cause", to_text(operation));
}

Invariants::Hold* Invariants::hold_of_id(SessionId session, const Ask& ask) {
  for (const View& view : views_) {
    if (session.value == 0 && !ask.names(view.name)) continue;
    for (const Holder& holder : view.holders) {
      if (holder.session != session) continue;
      Hold& hold = holds_.at(holder.token);
      if (hold.id == ask.id && hold.part(view.name)->ended == never &&
          truth_.table().find_holder(view.name, Token{holder.token}) != no_slot) {
        return &hold;
      }
    }
  }
  return nullptr;
}

}  // namespace pawl::simulation
