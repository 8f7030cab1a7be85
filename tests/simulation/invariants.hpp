// SPDX-License-Identifier: Apache-2.0
//
// The laws (I1 unique tokens … I16 bounds) judged while the simulation runs: by what clients were
// told and when, and by a look into the lock table after every step. A broken law is thrown as a
// Violation. What a reply promised is counted from the send of its request, on the one true clock.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/reply.hpp"
#include "history.hpp"
#include "options.hpp"
#include "truth.hpp"

namespace pawl::simulation {

struct Violation {
  std::string law;
  std::string text;
};

class Invariants {
 public:
  Invariants(History& history, const Options& options, const Truth& truth)
      : history_(history), options_(options), truth_(truth) {}

  // At the clients (promises.cpp).
  void on_invoked(Operation& operation);
  void on_returned(const Operation& operation, std::int64_t drift_permyriad);
  void on_let_go(std::uint32_t client, std::uint32_t link,
                 Moment now);  // the client ends a connection
  // At the node (invariants.cpp).
  void on_stepped(Operation& operation);
  void on_answered(Operation& operation);
  void on_push(const EventBody& push);
  void on_input_ended(std::uint32_t link);
  void on_ended(std::uint32_t link, SessionId session);
  void on_flushed(LogIndex index) { flushed_ = index; }
  void on_pause(Span length);
  void on_disk_full() { disk_was_full_ = true; }
  // DEADLOCK is about to be told for this LOCK; the last look was just before it
  // (deadlock_laws.cpp).
  void on_deadlock(const Operation& asker, SessionId session);
  // Of a cluster (failover_laws.cpp): a new primary serves; it was nobody's fault that nothing was.
  void on_new_epoch(Moment now);
  void on_disturbed(Span length) { slack_ += length; }
  void note_gap(Moment now);
  // At the end of a process and the start of the next (restarts.cpp).
  struct Restart {
    Moment at;
    Span down;
    Moment grants_from;
    bool forgot;  // as the durability allows
  };
  void on_process_ended(Moment now);
  void on_link_lost(std::uint32_t link);
  void on_restart(const Restart& restart);
  // Around every step (table_laws.cpp).
  void before_step(Moment now);
  void after_step(Moment now);
  // What should be over by now (late_laws.cpp).
  void after_tick(Moment now);
  void check_overdue(Moment now) const;
  void check_empty() const;

  // The session that this secret opens, if it is alive.
  [[nodiscard]] SessionId session_behind(std::string_view secret) const;
  [[nodiscard]] std::uint64_t grants() const { return holds_.size(); }

 private:
  struct Promise {
    std::uint64_t operation;
    Moment sent;
    Moment until;
    Span gaps;  // the node's stalls up to then; later ones are added to every deadline
  };
  struct Lapse {  // the latest moment by which the node may be expected to end it
    Moment at = Moment::min();
    Span slack{0};
  };
  struct Part {  // one name of a hold
    std::string name;
    Moment ended = never;
    bool unlock_asked = false;
    bool break_asked = false;
    bool let_go = false;  // by the client, or it was told of the loss
  };
  struct Hold {
    std::vector<Part> parts;
    std::string id;
    SessionId session;
    std::uint64_t creator = 0;
    Moment seen = never;
    std::vector<Promise> made;            // as replies left the node
    std::vector<Promise> told;            // as they reached the client, its margin taken off
    std::vector<std::uint64_t> new_ttls;  // RENEWs that asked for another TTL
    Lapse lapse;
    Mode mode = Mode::exclusive;
    std::uint32_t slots = 0;
    Milliseconds delay{0};
    Milliseconds max_hold{0};          // 0: none
    Promise held{};                    // … and until when that lets it be held at least
    Lapse held_lapse;                  // … at most
    Moment held_told = Moment::min();  // … as its client counts it

    [[nodiscard]] Part* part(std::string_view name);
    [[nodiscard]] const std::string& name() const { return parts.front().name; }
  };
  struct Session {
    SessionId id;
    std::uint32_t client = 0;
    Milliseconds ttl{0};
    bool release = true;
    bool closing = false;
    bool abandoned = false;   // release, and its last connection has ended
    Lapse release_by{};       // … since then
    Moment let_go = never;    // when its client last ended a connection
    bool close_sent = false;  // by its client
    Moment seen = never;
    bool ended = false;
    std::vector<std::uint32_t> links;
    Promise made{};
    Promise told{};
    Lapse lapse;
  };
  struct Id {
    std::vector<std::uint64_t> asked;     // LOCKs the node has seen
    std::vector<std::uint64_t> new_ttls;  // LOCKs that asked for a TTL
    bool cancel_asked = false;
    bool spent = false;
    Token floor{~std::uint64_t{0}};
  };
  struct Holder {
    std::uint64_t token;
    Mode mode;
    SessionId session;
  };
  struct Delay {
    std::uint64_t token;  // that was lost
    Mode mode;
    Milliseconds length;
    Moment least;  // it stands so long
    Span gaps;
    Lapse lapse;
  };
  struct Waiter {
    std::uint64_t creator;
    ClaimNumber claim;
    bool claimed;
    bool several;  // names
    Mode mode;
    SessionId session;
    bool deadlock;  // its session may be in one
    std::uint64_t arrival;
    Moment unclaimed_since;
    Span slack;
  };
  struct View {  // of one lock, as of the last step
    std::string name;
    std::vector<Holder> holders;
    std::vector<Delay> delays;
    std::vector<Waiter> queue;
    Moment last_busy = Moment::min();

    [[nodiscard]] bool is_held_by(std::uint64_t token) const;
    [[nodiscard]] bool is_delayed_by(std::uint64_t token) const;
  };
  struct Link {
    bool input_ended = false;
    bool over = false;
    bool let_go = false;  // by its client
    Moment close_sent = Moment::min();
  };
  struct Former {  // a hold that was forgotten, and whose client does not know
    std::string name;
    std::uint64_t token;
    Mode mode;
    std::uint32_t slots;
    std::uint32_t client;
    bool in_session;
    Moment until;
  };
  struct Outstanding {
    std::uint64_t operation;
    Span slack;
  };

  [[noreturn]] void fail(std::string law, std::string text) const;
  [[nodiscard]] std::string describe(std::uint64_t token) const;

  // Answers (invariants.cpp).
  void on_lock_granted(Operation& operation);
  void on_token_ok(Operation& operation);
  void on_cancel_ok(Operation& operation);
  void on_session_ok(Operation& operation);
  void on_error(const Operation& operation);
  void on_lock_error(const Operation& operation);
  void on_busy(const Operation& operation);
  void on_not_held(const Operation& operation);
  [[nodiscard]] bool has_other_names(const Operation& operation);
  void on_hold_asked(const Ask& ask);
  void on_id_asked(const Operation& operation);
  Session& session_seen(SessionId id, const Operation& operation);
  Hold& hold_seen(Token token, const Operation& operation, SessionId session);
  // The live hold of an id, if any.
  [[nodiscard]] Hold* hold_of_id(SessionId session, const Ask& ask);
  [[nodiscard]] static std::string key_of(SessionId session, std::string_view name,
                                          std::string_view id);
  // In a session the id alone is the key, else each name has one.
  template <class Visit>
  static void each_key(SessionId session, const Ask& ask, Visit visit) {
    if (session.value != 0) return visit(key_of(session, {}, ask.id));
    ask.each_name([&](const std::string& name) { visit(key_of(session, name, ask.id)); });
  }
  void note_kind(Hold& hold, const Operation& creator);
  void check_max_hold(const Hold& hold, const Operation& told, Milliseconds ttl) const;

  // Time (promises.cpp).
  void promise(Hold& hold, const Operation& operation, Milliseconds ttl);
  void promise(Session& session, const Operation& operation, Milliseconds ttl);
  void expect_lapse(Lapse& lapse, Milliseconds ttl) const;
  [[nodiscard]] bool is_overdue(const Lapse& lapse) const;
  [[nodiscard]] Moment capped(const Hold& hold, const Promise& promise, Moment until) const;
  [[nodiscard]] Moment protected_until(const Hold& hold) const;
  [[nodiscard]] Moment protected_until(const Session& session) const;
  [[nodiscard]] bool is_believed(const Hold& hold, const Part& part) const;
  void check_exclusion(const Operation& told, const Hold& hold, const Part& part);
  [[nodiscard]] bool may_end(const Hold& hold, const Part& part) const;
  [[nodiscard]] bool may_be_asked_for(const Hold& hold, const Part& part) const;
  [[nodiscard]] bool may_be_lost(const Hold& hold, const Part& part) const;
  void begin_anew(Hold& hold);
  void begin_anew(Delay& delay);
  [[nodiscard]] bool may_end(const Session& session) const;
  [[nodiscard]] Span flush_allowance() const;
  [[nodiscard]] Span counted(Milliseconds ttl) const;

  // Restarts (restarts.cpp).
  void forget();
  void note_parts_gone();
  [[nodiscard]] Former former_of(std::uint64_t token, const Hold& hold, const Part& part) const;
  void check_former(const Operation& told, Hold& hold);
  void each_hold_anew();

  // Failover (failover_laws.cpp).
  void forget_link(std::uint32_t link);
  void expect_renewal(const Operation& stepped);

  // The table (table_laws.cpp).
  void look_at(View& view);
  void look_at_holders(const View& before, const locks::Lock& lock);
  [[nodiscard]] bool is_held(const std::string& name, std::uint64_t token) const;
  void look_at_delay(const View& before, const locks::Acquisition& acquisition);
  void look_at_modes(const View& view) const;
  void look_at_ends(const View& before);
  void look_at_grants() const;
  void look_at_acquisition(const View& view, const locks::Acquisition& acquisition);
  void begin_hold(const locks::Acquisition& acquisition);
  void end_part(std::uint64_t token, const std::string& name);
  void look_at_sessions();
  // Its queues (wait_laws.cpp).
  void look_at_queue(const View& before, const locks::Lock& lock);
  void look_at_wait(const View& view, const locks::Acquisition& acquisition);
  void look_at_order(const View& before, const Holder& granted) const;
  void look_for_who_could_hold() const;
  [[nodiscard]] bool could_hold(std::uint64_t creator) const;
  [[nodiscard]] bool has_room_for(const View& view, const Waiter& waiter) const;
  // Who waits for whom (deadlock_laws.cpp).
  [[nodiscard]] bool is_blocked(const View& view, std::size_t place,
                                const std::vector<SessionId>& stuck) const;
  [[nodiscard]] std::vector<SessionId> deadlocked(const std::vector<View>& views) const;
  void look_for_deadlocks() const;
  void judge_deadlocks();
  [[nodiscard]] std::uint64_t creator_of(const locks::Acquisition& acquisition) const;
  [[nodiscard]] std::string_view id_of(const locks::Acquisition& acquisition) const;
  [[nodiscard]] SessionId session_of(const locks::Acquisition& acquisition) const;
  [[nodiscard]] bool is_asking(std::uint64_t operation) const;

  History& history_;
  const Options& options_;
  const Truth& truth_;
  Moment now_{Span{0}};
  Moment last_step_ = never;
  Span gaps_{0};   // as the node counts them: over a second between two steps
  Span slack_{0};  // stalls of any length: how much later things may be
  Token last_before_step_;
  Token greatest_told_;
  LogIndex flushed_;
  LogIndex looked_at_;
  std::uint64_t arrivals_ = 0;
  std::uint64_t cancels_ = 0;  // each is remembered anew
  std::map<std::uint64_t, Hold> holds_;
  std::map<std::uint64_t, Session> sessions_;
  std::map<std::string, Id> ids_;
  std::map<std::uint32_t, Link> links_;
  std::vector<View> views_;
  View now_there_;                      // what is looked at
  bool has_new_waits_ = false;          // made or claimed in this step
  std::vector<std::uint64_t> granted_;  // tokens that are new in the table
  std::vector<std::uint64_t> fresh_;    // … told in this step
  // Ids in the table, and whose: to find one twice.
  std::vector<std::pair<std::string, std::uint64_t>> keys_;
  std::vector<std::uint64_t> to_deadlocked_;                    // told DEADLOCK in this step
  std::map<std::string, std::vector<std::uint64_t>> believed_;  // by lock: tokens clients know
  std::vector<Outstanding> outstanding_;
  std::vector<Former> former_;
  // By token: what was asked for before a restart may be answered behind it.
  std::map<std::uint64_t, std::vector<std::uint64_t>> new_ttls_before_;
  Token granted_before_;  // by processes that have ended
  Moment restarted_at_ = Moment::min();
  Moment grants_from_ = Moment::min();
  bool recovering_ = false;
  bool forgot_ = false;
  bool disk_was_full_ = false;
  std::vector<std::uint64_t> live_sessions_;
};

}  // namespace pawl::simulation
