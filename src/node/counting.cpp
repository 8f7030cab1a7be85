// SPDX-License-Identifier: Apache-2.0
//
// What is counted of what happens, for Statistics.
#include <algorithm>
#include <utility>

#include "base/ensure.hpp"
#include "node/node.hpp"
#include "node/view.hpp"

namespace pawl::node {

namespace change = locks::change;

namespace {

Loss loss_of(locks::HoldEnd end) {
  switch (end) {
    case locks::HoldEnd::unlocked:
    case locks::HoldEnd::closed: break;  // asked for: no loss
    case locks::HoldEnd::expired: return Loss::expired;
    case locks::HoldEnd::broken: return Loss::broken;
    case locks::HoldEnd::lapsed: return Loss::session;
    case locks::HoldEnd::disconnected: return Loss::disconnect;
    case locks::HoldEnd::max_hold: return Loss::max_hold;
  }
  ensure(false);
  return Loss::expired;
}

}  // namespace

void Node::count_granted(const change::Granted& granted) {
  std::uint64_t names = 0;
  table_->each_name(granted.acquisition, [&](Slot slot) {
    ++names;
    statistics_.count_grant(slot, now_ - started_);
  });
  if (!granted.from_queue) return;
  statistics_.waited_grants += names;
  const locks::Acquisition& acquisition = table_->acquisition(granted.acquisition);
  statistics_.waits.add(View{*this}.age_of(acquisition.stamp_ms));
}

void Node::count_lost(const change::Released& released) {
  const Loss why = loss_of(released.end);
  ++statistics_.lost[static_cast<std::size_t>(why)];
  const locks::Acquisition& acquisition = table_->acquisition(released.acquisition);
  reply::Person person;
  View{*this}.describe(acquisition, person);
  const auto granted_here = statistics_.held(released.acquisition, now_ - started_);
  statistics_.keep({.name = std::string{table_->name_of(acquisition.lock)},
                    .token = released.token,
                    .why = why,
                    .at = now_,
                    .held = granted_here.value_or(Span{person.since}),
                    .client = std::move(person.client),
                    .address = std::move(person.address)});
}

// A refusal that only a LOCK can get, or the LOCK being stepped.
void Node::count_refusal(ErrorCode code) {
  const auto denied = [&](Denial why) { ++statistics_.denied[static_cast<std::size_t>(why)]; };
  const bool is_lock = asked_ != nullptr && std::holds_alternative<request::Lock>(*asked_);
  if (code == ErrorCode::busy) denied(Denial::busy);
  if (code == ErrorCode::timeout) denied(Denial::timeout);
  if (code == ErrorCode::deadlock) denied(Denial::deadlock);
  if (code == ErrorCode::no_quorum) denied(Denial::no_quorum);
  if (code == ErrorCode::limit && is_lock) denied(Denial::limit);
  if (code == ErrorCode::not_primary && is_lock) denied(Denial::not_primary);
}

void Node::note_renewal(const TimerQueue& timers, Slot slot, std::uint32_t ttl_ms) {
  const Moment deadline = timers.deadline(slot);
  if (deadline != never) statistics_.note_renewal(deadline - (now_ - skipped_), ttl_ms);
}

}  // namespace pawl::node
