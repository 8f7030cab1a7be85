// SPDX-License-Identifier: Apache-2.0
//
// One server as a pure value: step(now, event) → actions. Requests become records, records that a
// majority has become replies. It is the simulator's and the daemon's alike, to the letter.
// Laws: no reply before what it promises is durable; nothing is confirmed but by a majority asked
// since; nobody loses a lease early; every decision is a record before it is a fact.
#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/settings.hpp"
#include "locks/lock_table.hpp"
#include "locks/record_codec.hpp"
#include "node/arriving_snapshot.hpp"
#include "node/askers.hpp"
#include "node/awaited.hpp"
#include "node/backlog.hpp"
#include "node/connections.hpp"
#include "node/event.hpp"
#include "node/in_flight.hpp"
#include "node/lease_connections.hpp"
#include "node/recovered.hpp"
#include "node/scan.hpp"
#include "node/state_hash.hpp"
#include "node/statistics.hpp"
#include "node/timer_queue.hpp"
#include "node/watches.hpp"
#include "replication/replica.hpp"

namespace pawl::node {

class Node {
 public:
  // `wall_offset_ms`: what to add to `now` in milliseconds for the wall clock's, for display only.
  Node(Settings settings, Moment now, std::int64_t wall_offset_ms, std::uint64_t hash_seed = 0);
  // Goes on from what the disk had.
  Node(Settings settings, Moment now, std::int64_t wall_offset_ms, Recovered recovered);

  void step(Moment now, const Event& event, Actions& out);
  // The shell calls again at the latest then.
  [[nodiscard]] Moment next_deadline() const;
  // Visits the log entries that were not handed over yet, in order, once.
  template <class Visit>
  void hand_over(Visit visit) {
    replica_.hand_over(visit);
  }

  // Another node is being made primary: a drain waits for it.
  [[nodiscard]] bool is_handing_over() const { return replica_.is_handing_over(); }
  // Blank: whom it has still to meet, by name, for people; else empty.
  [[nodiscard]] const std::string& awaits() const { return awaits_; }
  // Who asks through it; empty: nobody has said.
  [[nodiscard]] std::string_view user_of(ConnectionId connection) const;
  [[nodiscard]] const Statistics& statistics() const { return statistics_; }
  [[nodiscard]] const locks::LockTable& table() const { return *table_; }
  [[nodiscard]] const replication::Replica& replica() const { return replica_; }

 private:
  friend class View;

  // Events (node.cpp).
  void on(const Tick&);
  void on(const Connected& event);
  void on(const InputEnded& event);
  void on(const Disconnected& event);
  void on(const ClientRequest& event);
  void on(const Flushed& event);
  void on(const MetaStored& event);
  void on(const SnapshotPartTaken&);
  void on(const SnapshotSaved& event);
  void on(const DiskSpace& event);
  void on(const Configured& event);
  void on(const Drain&);

  // What peers and the disk say, and what the replica makes of it (replicating.cpp).
  void on(const replication::Received& event) { pass_on(event); }
  void on(const replication::PeerLost& event) { pass_on(event); }
  void on(const replication::Met& event);
  void on(const replication::VoteStored& event) { pass_on(event); }
  void on(const replication::PartRead& event) { pass_on(event); }
  void on(const replication::PartStored& event);
  void on(const PromotionStored&);
  void pass_on(const replication::Event& event);
  void tick_replica();
  void want_part(const replication::PartWanted& wanted);
  void take_part(replication::message::SnapshotPart part);
  void load_snapshot(const replication::LoadSnapshot& load);
  void note_role();
  void note_awaited();
  void compare_state(LogIndex index, std::string_view bytes, const locks::Record& record);
  [[nodiscard]] bool has_peers() const { return replica_.membership().size() > 1; }

  // Who may do what (authorise.cpp): true says that it answered.
  void on(Origin from, const request::Auth& request);
  void on(const Identified& event);
  bool refuse_unauthorised(Origin from, const Request& request);
  bool refuse_of_another(Origin from, Slot hold);
  [[nodiscard]] bool is_of_another(Origin from, const locks::Session& session) const;
  [[nodiscard]] std::string cycle_for(Origin to) const;
  [[nodiscard]] std::string_view user_name(Origin from) const {
    return settings_.access.is_on() ? user_of(from.connection) : std::string_view{};
  }
  void review_connections(const access::Access& before);
  void end_soon(ConnectionId id);

  // Which part this node plays (roles.cpp).
  void start_epoch();
  void serve();
  void arm();
  void arm_lease(Slot slot);
  void arm_session(Slot slot);
  [[nodiscard]] Moment full_term(std::uint32_t ttl_ms) const;
  void step_down(const replication::SteppedDown& down);
  void end_handover(bool done);
  void end_waits_to_drain();
  // Requests that only a primary can answer: refused, or set aside while that is being settled.
  [[nodiscard]] bool serves() const { return serving_ && !replica_.is_handing_over(); }
  bool refuse_elsewhere(Origin from, const Request& request);
  [[nodiscard]] std::string_view primary_address() const;
  void refuse_as_standby(Origin from);

  // Requests about what is held or awaited (hold_requests.cpp).
  void on(Origin from, const request::Unlock& request);
  void on(Origin from, const request::Renew& request);
  void on(Origin from, const request::Verify& request);
  void on(Origin from, const request::Cancel& request);
  void on(Origin from, const request::Slots& request);
  void on(Origin from, const request::Break& request);
  [[nodiscard]] Slot find_hold(std::string_view name, Token token) const;
  [[nodiscard]] bool awaits_end(Slot hold);
  [[nodiscard]] bool nothing_in_flight_for_any_of(Slot hold) const;

  // LOCK (lock_requests.cpp).
  void on(Origin from, const request::Lock& request);
  void lock(Origin from, const request::Lock& request);
  // LOCK, step by step: each answers or parks the request and says so with true, or leaves it to
  // the next; what nobody settled becomes a record.
  bool refuse_lock(Origin from, const request::Lock& request);
  bool lock_by_id(Origin from, const request::Lock& request, Slot session);
  bool lock_again(Origin from, const request::Lock& request, Slot acquisition);
  bool refuse_busy(Origin from, const request::Lock& request, Slot session);
  bool refuse_beyond_limits(Origin from, const request::Lock& request, Slot session);
  void make_lock_record(Origin from, const request::Lock& request, Slot session);
  // The session that requests of this connection act in, or none; true if they cannot act at all.
  bool refuse_without_session(Origin from);
  [[nodiscard]] Slot session_of(Origin from);
  [[nodiscard]] bool is_ttl_in_range(Milliseconds ttl) const;
  [[nodiscard]] bool differs_in_slots(const request::Lock& request) const;
  struct Room {
    std::string_view name;
    std::uint64_t now;
    std::uint64_t limit;
    std::uint64_t wanted = 1;
  };
  bool refuse_locks(Origin from, Names names);
  bool refuse_waiters(Origin from, Names names, bool& may_wait);
  // Is there room for what is wanted, whatever the records in flight bring?
  [[nodiscard]] bool is_surely_free(const Room& room) const;
  // Counts what is wanted, with what records in flight may add; answers or parks.
  bool refuse_at_limit(Origin from, const Room& room);
  [[nodiscard]] std::size_t memory_used() const;
  bool refuse_for_memory(Origin from);
  bool refuse_for_disk(Origin from);
  [[nodiscard]] bool nothing_in_flight_for(std::string_view name) const;
  [[nodiscard]] bool nothing_in_flight_for(Names names) const;

  // Requests about sessions (session_requests.cpp).
  void on(Origin from, const request::Open& request);
  void on(Origin from, const request::Resume& request);
  void on(Origin from, const request::KeepAlive& request);
  void on(Origin from, const request::Close& request);
  void keep_alive_named(Origin from, Names secrets);
  void refuse_session(Origin from, const reply::Error& error);
  [[nodiscard]] Slot find_own_session(Origin from, std::string_view secret) const;
  void refuse_others_session(Origin from);

  // Requests about the connection and the server (server_requests.cpp).
  void on(Origin from, const request::Malformed& request);
  void on(Origin from, const request::Hello&);
  void on(Origin from, const request::Help&);
  void on(Origin from, const request::Ping&);
  void on(Origin from, const request::Events& request);
  void on(Origin from, const request::Status&);
  void on(Origin from, const request::Promote& request);
  void on(Origin from, const request::Handover& request);
  void on(Origin from, const request::Quit&);
  void on(Origin from, const request::Show& request);
  void on(Origin from, const request::List& request);
  void on(Origin from, const request::Sessions& request);
  template <class OneScan>
  void scan(Origin from, std::vector<OneScan>& scans, OneScan fresh);
  void continue_scans();

  // Who watches, and what they are told (watching.cpp).
  void on(Origin from, const request::Watch& request);
  void on(Origin from, const request::Unwatch& request);
  void keep_reason(const locks::Record& record);
  void announce(const locks::change::Granted& change);
  void announce(const locks::change::Released& change);
  void announce(Slot acquisition, Token token, event::Watched::Kind kind, std::string reason = {});
  // Each watching connection gets a last line that says why it hears no more.
  void end_watches(const reply::Error& error);

  // From decision to record to fact (node.cpp).
  void write_ranges();
  LogIndex propose(const locks::Record& record, Origin origin);
  // Of the request being stepped: what the record views lasts for the step.
  template <class What>
  LogIndex propose_request(const What& record, Origin origin) {
    if (log_is_kept()) return propose(record, origin);
    unwritten_.record.emplace<What>(record);
    return unwritten_.index = append(origin, [](std::string&) {});
  }
  template <class Encode>
  LogIndex append(Origin origin, Encode encode) {
    LogIndex index = replica_.append(origin, encode);
    unsent_ = true;
    if (Connection* connection = connections_.find(origin.connection)) {
      connection->last_record = index;
    }
    out_->append = true;
    return index;
  }
  void apply_committed();
  void apply_next();
  void apply(const replication::Entry& entry, const locks::Record& record);
  void apply_and_settle();
  template <class Body>
  void answer(Origin to, Body body) {
    if (connections_.find(to.connection) == nullptr) return;
    const Reply& reply = out_->add_reply(to, std::move(body));
    if (const auto* error = std::get_if<reply::Error>(&reply.body)) count_refusal(error->code);
  }
  void count_refusal(ErrorCode code);
  void refuse(Origin to, ErrorCode code, std::string_view message = {});
  // Sent once a majority, asked from now on, agrees that this node is primary.
  void confirm(Origin to, ReplyBody body);
  void release_confirmed();
  // The request waits until all that stands in the log now is applied.
  void park(Origin from);
  // Parks a request that must see the earlier records of its own connection; true if it did.
  bool parked_behind_own(Origin from);
  void resume_parked();
  void resume(ConnectionId connection);

  // What the disk must know beside the log (durable.cpp).
  void want_meta();
  void write_snapshot_part();
  // No record in the log grants a greater one, in whatever order locks are handed on.
  [[nodiscard]] Token furthest_token() const;
  // Parks until META has the TTL, where the log alone would forget it; true if it did.
  bool parked_for_ttl(Origin from, Milliseconds ttl);
  // Parks a LOCK until META has the token it may get; true if it did.
  bool parked_for_tokens(Origin from);
  void park_for_meta(Origin from);
  // After a start that may have forgotten a lock: answers or parks what would tell anybody that he
  // has it.
  bool hold_back(Origin from, const request::Lock& request);
  bool hold_back(Origin from, const request::Cancel& request);
  [[nodiscard]] std::optional<Moment> take_held_back(ConnectionId connection);
  void remember_held_back(ConnectionId connection, Moment deadline);
  void resume_held_back();
  [[nodiscard]] Moment next_held_back() const;
  [[nodiscard]] bool log_is_kept() const { return settings_.durability != Durability::none; }

  // What the primary decides by its clock (decisions.cpp).
  void notice_gap(Moment now);
  void decide_expiries();
  void decide_lapses();
  void decide_session_lapses();
  void decide_max_holds();
  // Names all that is held of it: a part may be gone once the decision applies.
  void name_holds(Slot hold, std::vector<locks::HoldName>& names) const;
  void take_back(Slot hold, std::vector<locks::HoldName>& taken);
  void make_records_of_backlog();
  void rearm_wait(Slot acquisition);
  void end_waits_of(const Connection& connection);
  void end_waits_alone(const Connection& connection);
  void refuse_ended_wait(Origin to);
  void end_wait(Slot acquisition, locks::WaitEnd reason);
  // A session with on_disconnect=release whose last connection has ended, ends.
  void end_if_abandoned(Slot session);
  // Past its end: decided once all that stands in the log now is applied, for a renewal there came
  // first. Until then requests about it await the outcome.
  void judge(Slot acquisition);
  void judge_session(Slot session, locks::SessionEnd reason);
  bool settle_judged();  // true if it made records
  bool settle_session(const Judged& judged);
  void expire_session(Slot session, locks::SessionEnd reason);
  [[nodiscard]] bool may_decide(LogIndex last) const;
  [[nodiscard]] Moment lease_end(std::uint32_t ttl_ms) const;
  [[nodiscard]] Moment wait_deadline(Milliseconds wait) const;
  [[nodiscard]] Milliseconds left_of(Moment deadline) const;
  [[nodiscard]] Milliseconds expires_in(Slot acquisition) const;
  [[nodiscard]] Milliseconds renewed(Slot acquisition) const;
  void renew_session(Slot session);
  void note_renewal(const TimerQueue& timers, Slot slot, std::uint32_t ttl_ms);
  [[nodiscard]] std::int64_t wall_ms() const;

  // What an applied record means for people and deadlines (outcomes.cpp).
  void tell(LogIndex index, Origin origin);
  void on(const locks::change::Granted& change);
  void on(const locks::change::Renewed& change);
  void on(const locks::change::Released& change);
  void on(const locks::change::Delayed& change);
  void on(const locks::change::DelayEnded& change);
  void on(const locks::change::Claimed& change);
  void on(const locks::change::Unclaimed& change);
  void on(const locks::change::WaitEnded& change);
  void on(const locks::change::SessionOpened& change);
  void on(const locks::change::SessionEnded& change);
  void on(const locks::change::SessionSwept& change);
  void answer_lock(Origin origin, Moment wait_deadline);
  void answer_session(Origin origin);
  void give_back(Slot hold);
  void refuse_untold(Slot acquisition);
  void tell_lost(Slot acquisition, Token token, LossReason reason);
  void count_granted(const locks::change::Granted& change);
  void count_lost(const locks::change::Released& change);
  [[nodiscard]] reply::Error busy(Slot lock) const;
  [[nodiscard]] Milliseconds ttl_of(Slot hold) const;

  Settings settings_;
  std::int64_t wall_offset_ms_;
  Moment started_;
  Moment now_;
  Span skipped_{0};         // loop gaps: leases run on now − skipped, so a gap ends nobody's
  Actions* out_ = nullptr;  // during a step
  Origin cause_;            // of the record being told about
  const Request* asked_ = nullptr;  // while it is stepped
  bool draining_ = false;
  bool serving_ = false;  // primary, the first record of its epoch is applied, all is armed
  std::optional<Arming> arming_;
  std::string ttl_range_;  // for people

  std::unique_ptr<locks::LockTable> table_;
  Watches watches_{table_->hash_seed()};
  std::string break_reason_;  // of the record being told about
  locks::RecordDecoder decoder_;
  Unwritten unwritten_;
  locks::Effects effects_;
  replication::Replica replica_;
  replication::Actions replica_out_;
  bool unsent_ = false;  // records or rounds that peers have not been told of
  std::optional<replication::Member>
      successor_;                   // handed over to, and not heard of a primary since
  std::optional<Origin> handover_;  // who asked for it
  std::optional<Origin> promotion_;
  std::uint64_t incarnation_ = 0;
  StateHash state_hash_;  // of several nodes
  std::unique_ptr<ArrivingSnapshot> arriving_;
  bool part_is_last_ = false;
  RoleChange role_;  // as told last
  std::string_view stepped_down_why_;
  std::string awaits_;  // "n2, n3"
  std::string no_primary_yet_;

  Statistics statistics_;
  Connections connections_;
  Askers askers_{connections_};
  LeaseConnections lease_connections_;
  InFlight in_flight_;
  Backlog backlog_;
  TimerQueue leases_;         // by acquisition: lease, wait, reclaim or delay, as its stage says
  TimerQueue max_holds_;      // by acquisition, of the few that have one
  TimerQueue sessions_;       // by session
  std::vector<Slot> untold_;  // granted, but the end of its session stands in the log
  std::deque<Unconfirmed> unconfirmed_;
  std::deque<Parked> parked_;
  std::deque<Judged> judged_;
  LogIndex expiries_decided_;  // the end of the log then
  LogIndex backlog_decided_;
  std::vector<ConnectionId> parked_for_meta_;
  std::vector<ConnectionId> parked_for_role_;  // until it serves, or certainly does not
  std::vector<HeldBack> held_back_;
  Moment grants_from_ = Moment::min();
  MetaStored meta_{last_token, Milliseconds::max()};  // durable
  MetaStored wanted_ = meta_;                         // asked for
  bool meta_asked_ = true;
  Token floor_;
  Moment lock_deadline_ = never;  // of the LOCK being stepped
  bool disk_full_ = false;
  std::uint64_t log_bytes_ = 0;       // since the last snapshot began
  std::uint64_t snapshot_bytes_ = 0;  // of the last snapshot
  SnapshotPart snapshot_part_;        // of the one under way
  bool snapshot_part_out_ = false;
  bool snapshot_wanted_ = false;  // a peer needs one
  LogIndex snapshot_saved_;       // of the newest one on the disk
  std::vector<Scan<std::string>> lock_scans_;
  std::vector<AwaitedScan> awaited_scans_;
  std::vector<Scan<SessionId>> session_scans_;
};

}  // namespace pawl::node
