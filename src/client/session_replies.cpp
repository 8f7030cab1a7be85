// SPDX-License-Identifier: Apache-2.0
//
// What each line means to a session, and what of it is a hold's to judge.
#include <algorithm>
#include <utility>

#include "client/pace.hpp"
#include "client/session.hpp"
#include "client/verdict.hpp"

namespace pawl::client {

void Session::on_line(Moment now, std::string_view line, SessionActions& out) {
  if (over_ || !connected_) return;
  if (opened_ && now >= until_) return on_tick(now, out);  // too late, whatever it says
  const std::optional<ReplyLine> reply = parse_reply_line(line);
  if (!reply) return;
  if (reply->kind == ReplyLine::Kind::event) {
    on_event(now, *reply);
    if (connected_ && !opened_ && !renewing_ && !over_) greet(now, out);
  } else if (const auto asked = requests_.take(reply->tag)) {
    reached_ = true;
    on_reply(now, *asked, *reply, out);
  }
  settle(now, out);
}

void Session::on_event(Moment now, const ReplyLine& event) {
  if (event.word != "LOST") return;
  if (!handle_.empty() && event.field("session") == handle_) return expire(now);
  const auto name = event.field("name");
  const auto token = event.number("token");
  if (!name || !token) return;
  for (auto& [key, hold] : holds_) {
    if (!hold.is_named(*name)) continue;
    hold.on_lost(now, Token{*token});
    touch(key);
  }
}

void Session::on_reply(Moment now, const Asked& asked, const ReplyLine& reply,
                       SessionActions& out) {
  if (reply.kind == ReplyLine::Kind::error && on_refused(now, asked, reply, out)) return;
  switch (asked.verb) {
    case Verb::open:
    case Verb::resume:
    case Verb::keepalive: return on_renewal(asked, reply, out);
    case Verb::close: return finish({"CLOSED", "the client is closed"}, true);
    case Verb::lock:
      // A LOCK that was granted renewed the session, too.
      if (const auto ttl = ttl_in(reply); ttl && opened_) renewed(asked.sent, *ttl, out);
      break;
    case Verb::verify: out.renewed = true; break;
    case Verb::cancel:
    case Verb::unlock: break;
  }
  const auto found = holds_.find(asked.hold);
  if (found == holds_.end()) return;
  found->second.on_reply(now, asked, reply);
  touch(asked.hold);
}

// True if it is about the node or the session: then every request is asked again on the next
// connection, or in the next session.
bool Session::on_refused(Moment now, const Asked& asked, const ReplyLine& error,
                         SessionActions& out) {
  const std::string& code = error.word;
  const bool is_greeting = asked.verb == Verb::open || asked.verb == Verb::resume;
  if (is_greeting && !is_unknown(code)) on_not_attached(asked, error);
  if (is_greeting) note_refused(now, refusal_of(error));
  if (over_) return true;
  if (code == "SESSION_EXPIRED") {
    expire(now);
    if (!over_) greet(now, out);
    return true;
  }
  if (!asks_again(code)) return false;
  if (const auto found = holds_.find(asked.hold); found != holds_.end()) {
    found->second.resolve(asked, error);
  }
  leave_connection(out);
  out.soon = code == "NOT_PRIMARY";
  out.primary = error.field("primary").value_or("");
  return true;
}

// On the next connection.
bool Session::asks_again(std::string_view code) const {
  if (code == "UNAUTHENTICATED") return wanted_.names_user;
  return says_go_elsewhere(code) || is_of_the_node(code) || code == "NO_SESSION";
}

// What stands behind a greeting that failed finds no session, and does nothing.
void Session::on_not_attached(const Asked& greeting, const ReplyLine& error) {
  if (greeting.verb == Verb::open) --unresolved_opens_;
  if (closing_ && !may_be_open()) return finish({"CLOSED", {}}, true);
  for (const Asked& asked : requests_.take_all()) {
    const auto found = holds_.find(asked.hold);
    if (found != holds_.end()) found->second.resolve(asked, error);
  }
}

void Session::on_renewal(const Asked& asked, const ReplyLine& reply, SessionActions& out) {
  if (const auto ttl = ttl_in(reply)) {
    renewing_ = false;
    silences_ = 0;
    renewed(asked.sent, *ttl, out);
    if (asked.verb == Verb::keepalive) return;
    attached_ = true;
    unresolved_opens_ = 0;
    for (auto& [key, hold] : holds_) hold.forget_note();
    handle_ = reply.field("handle").value_or("");
    return;
  }
  const bool is_final = asked.verb == Verb::open ? !is_full(reply.word) : is_denial(reply.word);
  if (reply.kind == ReplyLine::Kind::error && is_final) return refuse(refusal_of(reply));
  leave_connection(out);
}

// Nothing is held in a session that is not to be had now; whoever has not the time to wait for one
// is told why.
void Session::note_refused(Moment now, const Refusal& refusal) {
  for (auto& [key, hold] : holds_) {
    if (!hold.is_waiting()) continue;
    hold.note(now, refusal);
    touch(key);
  }
}

// No session like this is ever opened, or nobody says what became of it.
void Session::refuse(Refusal refusal) {
  refusal_ = std::move(refusal);
  finish(*refusal_);
}

}  // namespace pawl::client
