// SPDX-License-Identifier: Apache-2.0
//
// Which part this node plays: what a new primary owes to those it finds in the table, and what one
// that steps down owes to those who wait for it.
#include <algorithm>
#include <utility>
#include <vector>

#include "base/mutant.hpp"
#include "base/overloaded.hpp"
#include "journal/meta.hpp"
#include "node/node.hpp"

namespace pawl::node {

namespace record = locks::record;
using replication::Member;

namespace {

// A promoted survivor goes on so far above every token that the other may have given. The other may
// have been promoted as well: ranges that never meet.
constexpr std::uint64_t promotion_leap(Member survivor) {
  return (survivor.value + std::uint64_t{1}) << 40;
}

// Slots looked at in one go: five million at once would keep peers waiting for an election's time.
constexpr Slot arm_slice = Slot{1} << 16;

std::string_view explain(replication::StepDownReason reason) {
  using enum replication::StepDownReason;
  switch (reason) {
    case higher_epoch: return "another node is, or is about to be, primary";
    case handed_over: return "handed over";
    case no_majority: return "no majority answers";
    case disk_stuck: return "its disk does not flush";
    case gap: return "stood still, and no majority confirmed it afterwards";
    case promoted: return "an operator made it the only voter";
  }
  return {};
}

}  // namespace

// The first record of an epoch: nothing is served before it is committed and applied (R7).
void Node::start_epoch() {
  locks::Record first = record::EpochStart{std::max(table_->last_granted(), floor_)};
  in_flight_.clear();
  in_flight_.add(first);
  unsent_ = true;
  auto encode = [&](std::string& out) { locks::encode_record(out, first); };
  if (settings_.cluster.nodes.empty()) {
    replica_.become_primary(encode);
  } else {
    replica_.start_epoch(encode);
    out_->append = true;
  }
}

void Node::serve() {
  serving_ = true;
  for (ConnectionId connection : std::exchange(parked_for_role_, {})) resume(connection);
  if (promotion_) answer(*std::exchange(promotion_, std::nullopt), reply::Done{});
}

// Whatever its predecessor knew of times, every lease and session starts anew with its full TTL
// (T5): never early. Nothing else changes the table until all have: it is not served yet.
void Node::arm() {
  Slot end = arming_->next + arm_slice;
  Slot leases_end = table_->acquisitions_end();
  Slot sessions_end = table_->sessions_end();
  for (Slot slot = arming_->next; slot < std::min(end, leases_end); ++slot) arm_lease(slot);
  for (Slot slot = arming_->next; slot < std::min(end, sessions_end); ++slot) arm_session(slot);
  arming_->next = end;
  if (end < std::max(leases_end, sessions_end)) return;
  skipped_ += (now_ - skipped_) - arming_->began;  // nobody could renew meanwhile
  arming_.reset();
  serve();
}

void Node::arm_lease(Slot slot) {
  const locks::Acquisition& acquisition = table_->acquisition(slot);
  bool holds = acquisition.stage == locks::Stage::holding && table_->head_of(slot) == slot;
  bool delays = acquisition.stage == locks::Stage::delaying;
  if ((!holds && !delays) || is_mutant(Mutant::standby_expires)) return;
  const locks::Details* details = table_->details(acquisition.details);
  bool forgets = is_mutant(Mutant::max_hold_forgotten);
  if (details != nullptr && details->max_hold_ms != 0 && !forgets) {
    max_holds_.set(slot, full_term(details->max_hold_ms));
  }
  if (acquisition.session != no_slot) return;
  leases_.set(slot, full_term(acquisition.ttl_ms));
  lease_connections_.note(slot, {});
}

void Node::arm_session(Slot slot) {
  const locks::Session& session = table_->session(slot);
  if (session.id.value == 0 || is_mutant(Mutant::standby_expires)) return;
  if (session.dead) {
    backlog_.sweeps.push_back(session.id);
  } else {
    sessions_.set(slot, full_term(session.ttl_ms));
  }
}

Moment Node::full_term(std::uint32_t ttl_ms) const {
  return lease_end(is_mutant(Mutant::promotion_shortens) ? ttl_ms / 2 : ttl_ms);
}

// What stands in the log may still come to be, and so may a wait; all else certainly did nothing.
void Node::step_down(const replication::SteppedDown& down) {
  constexpr std::string_view ask_again = "the primary changed: ask again with the same id";
  serving_ = false;
  statistics_.forget_grants();
  arming_.reset();
  stepped_down_why_ = explain(down.reason);
  if (down.to) successor_ = down.to;
  for (const Origin& origin : down.unknown) refuse(origin, ErrorCode::no_quorum, ask_again);
  std::vector<Slot> waits;
  askers_.each([&](Slot acquisition) { waits.push_back(acquisition); });
  for (Slot wait : waits) {
    for (Asker asker = askers_.take(wait); asker.origin.connection; asker = askers_.take(wait)) {
      refuse(asker.origin, ErrorCode::no_quorum, ask_again);
    }
  }
  for (Unconfirmed& one : std::exchange(unconfirmed_, {})) {
    if (is_mutant(Mutant::steps_down_in_silence)) {
      answer(one.reply.to, std::move(one.reply.body));
    } else {
      refuse_as_standby(one.reply.to);
    }
  }
  connections_.each([this](ConnectionId id, Connection& connection) {
    bool was_opening = connection.opening > replica_.applied();
    if (connection.attachment == Attachment::attached) {
      connections_.detach(id, Attachment::failed);
    } else if (was_opening) {
      connection.attachment = Attachment::failed;
    }
    connection.opening = connection.last_record = {};
  });
  // They are told by the one who serves next; here, that it is not this one.
  for (const Parked& one : std::exchange(parked_, {})) resume(one.connection);
  for (ConnectionId one : std::exchange(parked_for_meta_, {})) resume(one);
  for (ConnectionId one : std::exchange(parked_for_role_, {})) resume(one);
  for (const HeldBack& one : std::exchange(held_back_, {})) {
    if (!one.resumed) resume(one.connection);
  }
  for (const auto& scan : std::exchange(lock_scans_, {})) resume(scan.connection());
  for (const auto& scan : std::exchange(awaited_scans_, {})) resume(scan.connection());
  for (const auto& scan : std::exchange(session_scans_, {})) resume(scan.connection());
  untold_.clear();
  in_flight_.clear();
  backlog_.clear();
  judged_.clear();
  expiries_decided_ = backlog_decided_ = {};
  leases_.reset();
  max_holds_.reset();
  sessions_.reset();
  end_watches({.code = ErrorCode::not_primary,
               .message = "the watch ends: WATCH again at the primary",
               .primary = std::string{primary_address()}});
  end_handover(down.reason == replication::StepDownReason::handed_over);
}

void Node::end_handover(bool done) {
  for (ConnectionId one : std::exchange(parked_for_role_, {})) resume(one);
  if (handover_) {
    Origin asked = *std::exchange(handover_, std::nullopt);
    if (done) {
      answer(asked, reply::Done{});
    } else {
      refuse(asked, ErrorCode::no_quorum, "no other node took over in time; STATUS tells who can");
    }
  }
  // A drain that nobody relieves.
  if (draining_ && serving_) end_waits_to_drain();
}

void Node::end_waits_to_drain() {
  end_watches({.code = ErrorCode::shutting_down, .message = "the server stops: the watch ends"});
  for (HeldBack& held : held_back_) {
    if (!std::exchange(held.resumed, true)) out_->resumed.push_back(held.connection);
  }
  askers_.each([this](Slot acquisition) { end_wait(acquisition, locks::WaitEnd::disconnected); });
}

// True if the request was answered or set aside here.
bool Node::refuse_elsewhere(Origin from, const Request& request) {
  bool needs_nobody = std::visit(
      Overloaded{
          [](const request::Hello&) { return true; }, [](const request::Help&) { return true; },
          [](const request::Ping&) { return true; }, [](const request::Events&) { return true; },
          [](const request::Auth&) { return true; }, [](const request::Status&) { return true; },
          [](const request::Promote&) { return true; },
          [](const request::Malformed&) { return true; }, [](const auto&) { return false; }},
      request);
  if (needs_nobody) return false;
  if (replica_.stage() == replication::Stage::primary) {
    // It is about to serve, or to know that another one does.
    out_->parked = true;
    parked_for_role_.push_back(from.connection);
    return true;
  }
  if (std::holds_alternative<request::Quit>(request)) return false;
  bool is_session = std::holds_alternative<request::Open>(request) ||
                    std::holds_alternative<request::Resume>(request);
  Connection& connection = *connections_.find(from.connection);
  if (is_session) connection.attachment = Attachment::failed;
  // CLOSE has nothing to close where no session can be.
  if (std::holds_alternative<request::Close>(request)) connection.attachment = Attachment::none;
  refuse_as_standby(from);
  return true;
}

void Node::refuse_as_standby(Origin from) {
  reply::Error error{.code = ErrorCode::not_primary, .primary = std::string{primary_address()}};
  if (!awaits_.empty()) error.message = no_primary_yet_;
  answer(from, std::move(error));
}

// Where clients find the primary, as far as this node knows.
std::string_view Node::primary_address() const {
  std::optional<Member> primary = replica_.primary() ? replica_.primary() : successor_;
  if (!primary || *primary == replica_.membership().self()) return {};
  return settings_.cluster.nodes[primary->value].client;
}

void Node::on(Origin from, const request::Handover& request) {
  if (!has_peers()) {
    refuse(from, ErrorCode::bad_request, "one node alone has nobody to hand over to");
    return;
  }
  replication::HandOver handover;
  if (!request.to.empty()) {
    const std::vector<ClusterNode>& nodes = settings_.cluster.nodes;
    auto at = std::find_if(nodes.begin(), nodes.end(),
                           [&](const ClusterNode& node) { return node.id == request.to; });
    if (at == nodes.end()) {
      refuse(from, ErrorCode::bad_request, "no node of this cluster goes by that name");
      return;
    }
    handover.to = Member{static_cast<std::uint8_t>(at - nodes.begin())};
    if (handover.to == replica_.membership().self()) return answer(from, reply::Done{});
    if (!replica_.may_take_over(*handover.to)) {
      return refuse(from, ErrorCode::bad_request,
                    "that node is not there, or has not caught up: STATUS tells who has");
    }
  }
  handover_ = from;
  pass_on(handover);
}

void Node::on(Origin from, const request::Promote& request) {
  const replication::Membership& membership = replica_.membership();
  auto no = [&](std::string_view message) { refuse(from, ErrorCode::bad_request, message); };
  if (!has_peers()) return no("one node alone is always primary: nothing to promote");
  if (promotion_ || membership.is_alone())
    return no("this node votes alone already, or is about to");
  if (membership.size() != 2) return no("three nodes and more elect their primary themselves");
  if (replica_.stage() == replication::Stage::primary || replica_.primary()) {
    return no("both nodes are there: HANDOVER moves the primary");
  }
  if (replica_.is_damaged() || replica_.is_blank()) {
    return no("this node lost records or never had them: promote the other one");
  }
  // Its own promotion would undo what the promoted one granted alone.
  if ((incarnation_ & journal::promoted_half) != 0) {
    return no(
        "this node is a copy of the other one, which was promoted, and may be behind it: "
        "start that one; if it is lost for good, see in the README how to restore a copy");
  }
  const ClusterNode& other = settings_.cluster.nodes[membership.self().value == 0 ? 1 : 0];
  if (request.lost != other.id) return no("name the node that is lost: PROMOTE <its id>");
  promotion_ = from;
  const std::uint64_t leap = promotion_leap(membership.self());
  floor_ = Token{std::max(table_->last_granted(), meta_.ceiling).value + leap};
  out_->store_promotion = floor_;
}

void Node::on(const PromotionStored&) { pass_on(replication::PromoteAlone{}); }

}  // namespace pawl::node
