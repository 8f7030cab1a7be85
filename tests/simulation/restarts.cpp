// SPDX-License-Identifier: Apache-2.0
//
// What must outlive the end of the process: the laws go on, over every restart. What a durability
// allows to be forgotten is forgotten here too, except what clients still believe.
#include <algorithm>

#include "invariants.hpp"
#include "translate.hpp"

namespace pawl::simulation {

using namespace std::chrono_literals;

void Invariants::on_process_ended(Moment now) {
  now_ = now;
  last_before_step_ = truth_.table().last_granted();
  granted_before_ = std::max(granted_before_, last_before_step_);
  outstanding_.clear();
  for (std::uint64_t number : live_sessions_) {
    Session& session = sessions_.at(number);
    session.links.clear();
    // Its release may stand in the log, or may not.
    if (std::exchange(session.abandoned, false)) session.closing = true;
  }
}

void Invariants::on_link_lost(std::uint32_t link) {
  links_[link].input_ended = links_[link].over = true;
  if (options_.cluster) forget_link(link);
}

void Invariants::on_restart(const Restart& restart) {
  now_ = restart.at;
  restarted_at_ = now_;
  last_step_ = never;
  slack_ += restart.down + 300ms;
  grants_from_ = restart.grants_from;
  flushed_ = truth_.applied();
  looked_at_ = LogIndex{~std::uint64_t{0}};
  if (restart.forgot) forget();
  for (View& view : views_) {
    view.queue.clear();
    view.last_busy = now_;
  }
  recovering_ = true;
  fresh_.clear();
  after_step(now_);
  recovering_ = false;
  if (restart.forgot) note_parts_gone();
  // What was recovered gets its whole time again.
  each_hold_anew();
  for (std::uint64_t number : live_sessions_) {
    expect_lapse(sessions_.at(number).lapse, options_.most_ttl);
  }
}

void Invariants::forget() {
  forgot_ = true;
  last_before_step_ = Token{};
  for (const auto& [token, hold] : holds_) {
    new_ttls_before_[token] = hold.new_ttls;
    for (const Part& part : hold.parts) {
      if (is_believed(hold, part)) former_.push_back(former_of(token, hold, part));
    }
  }
  holds_.clear();
  sessions_.clear();
  live_sessions_.clear();
  views_.clear();
  believed_.clear();
  for (auto& [key, id] : ids_) id.spent = false;
}

// A hold that came back may have come back in part: which of its names were unlocked before was
// forgotten with all else that was known of it.
void Invariants::note_parts_gone() {
  for (auto& [token, hold] : holds_) {
    for (Part& part : hold.parts) {
      if (!is_held(part.name, token)) part.ended = now_;
    }
  }
}

Invariants::Former Invariants::former_of(std::uint64_t token, const Hold& hold,
                                         const Part& part) const {
  std::uint32_t client = history_[hold.creator].client;
  Former former{part.name, token, hold.mode, hold.slots, client, false, Moment::min()};
  for (const Promise& told : hold.told) {
    former.until = std::max(former.until, capped(hold, told, told.until));
  }
  if (auto session = sessions_.find(hold.session.value); session != sessions_.end()) {
    former.in_session = true;
    Moment until = session->second.told.until;
    if (hold.max_hold != Milliseconds{0}) until = std::min(until, hold.held_told);
    former.until = std::max(former.until, until);
  }
  return former;
}

// By LOCK or CANCEL; a CANCEL does not say what kind of hold it is, nor all its names.
void Invariants::check_former(const Operation& told, Hold& hold) {
  std::erase_if(former_, [&](const Former& former) { return former.until <= now_; });
  for (const Former& former : former_) {
    // Told again, it is the same grant.
    if (former.token == told.outcome.token.value) continue;
    const Part* part = hold.part(former.name);
    if (part == nullptr || !is_believed(hold, *part)) continue;
    bool shares = hold.mode == former.mode && former.mode != Mode::exclusive;
    if (shares && (former.mode == Mode::shared || former.slots > 1)) continue;
    fail("I4 lease exclusion", to_text(told) + " while client" + std::to_string(former.client) +
                                   " still trusts token " + std::to_string(former.token) +
                                   ", which a restart forgot");
  }
}

}  // namespace pawl::simulation
