// SPDX-License-Identifier: Apache-2.0
//
// What the laws must know of a cluster: that another node may come to decide, and what it cannot
// know of its clients then.
#include <algorithm>
#include <utility>

#include "invariants.hpp"

namespace pawl::simulation {

using namespace std::chrono_literals;

// A node alone that has anything to end is called four times a second; a second is a stall, which
// is added to every deadline.
void Invariants::note_gap(Moment now) {
  // A node's clock may be slow by 0.1 %: then a little more than a second is none to it.
  const Span least = options_.cluster ? Span{1'002ms} : Span{1s};
  if (last_step_ != never && now - last_step_ > least) gaps_ += now - last_step_;
  last_step_ = now;
}

// Whatever stands has its whole time again. Who was attached where the last primary was, is not
// attached here; whether a release stands in the log, nobody knows.
void Invariants::on_new_epoch(Moment now) {
  now_ = restarted_at_ = now;
  last_step_ = never;
  slack_ += 500ms;
  each_hold_anew();
  for (View& view : views_) {
    for (Waiter& waiter : view.queue) {
      waiter.unclaimed_since = now;
      waiter.slack = slack_;
    }
  }
  for (std::uint64_t number : live_sessions_) {
    Session& session = sessions_.at(number);
    // Alone, a node knows who came back before its first record was committed.
    if (options_.cluster->nodes() > 1) session.links.clear();
    if (std::exchange(session.abandoned, false)) session.closing = true;
    expect_lapse(session.lapse, options_.most_ttl);
  }
}

void Invariants::each_hold_anew() {
  for (View& view : views_) {
    for (const Holder& holder : view.holders) {
      Hold& hold = holds_.at(holder.token);
      expect_lapse(hold.lapse, options_.most_ttl);
      begin_anew(hold);
    }
    for (Delay& delay : view.delays) begin_anew(delay);
  }
}

// The node renews, and attaches, before it asks a majority; the answer may reach nobody.
void Invariants::expect_renewal(const Operation& stepped) {
  const Ask& ask = stepped.ask;
  SessionId there = stepped.scope;
  if (!ask.secret.empty() || ask.verb == Verb::open) {
    there = session_behind(ask.secret.empty() ? ask.id : ask.secret);
  }
  bool attaches = ask.verb == Verb::resume || ask.verb == Verb::open;
  auto session = sessions_.find(there.value);
  if (session == sessions_.end() || (!attaches && ask.verb != Verb::keep_alive)) return;
  expect_lapse(session->second.lapse, session->second.ttl);
  if (attaches && std::exchange(session->second.abandoned, false)) session->second.closing = true;
}

// The server closed it, or died: that releases nothing.
void Invariants::forget_link(std::uint32_t link) {
  std::erase_if(outstanding_,
                [&](const Outstanding& one) { return history_[one.operation].link == link; });
  for (std::uint64_t id : live_sessions_) std::erase(sessions_.at(id).links, link);
}

SessionId Invariants::session_behind(std::string_view secret) const {
  Slot slot = truth_.table().find_session(secret);
  return slot == no_slot ? SessionId{} : truth_.table().session(slot).id;
}

}  // namespace pawl::simulation
