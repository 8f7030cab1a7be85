// SPDX-License-Identifier: Apache-2.0
#include "node/authorise.hpp"

#include <algorithm>
#include <string>
#include <utility>

#include "base/ensure.hpp"
#include "node/node.hpp"

namespace pawl::node {
namespace {

using access::Right;
using access::Rights;

constexpr Rights to_share = Right::lock | Right::shared;
constexpr Rights to_use = to_share | Right::break_lock;      // a hold: of one's own, or as operator
constexpr Rights to_look = to_use | Right::observe;          // at one lock, whose name one knows
constexpr Rights to_survey = Right::observe | Right::admin;  // names one does not know

struct Judge {
  const std::vector<access::Rule>& rules;

  [[nodiscard]] bool on(Rights any_of, std::string_view name) const {
    return access::covers(rules, any_of, name);
  }
  [[nodiscard]] bool on(Rights any_of, Names names) const {
    return std::all_of(names.begin(), names.end(),
                       [&](std::string_view name) { return on(any_of, name); });
  }
  [[nodiscard]] bool on_something(Rights any_of) const {
    return access::covers_something(rules, any_of);
  }

  // About the connection, or nothing but what it asked for itself.
  bool operator()(const request::Malformed&) const { return true; }
  bool operator()(const request::Hello&) const { return true; }
  bool operator()(const request::Help&) const { return true; }
  bool operator()(const request::Ping&) const { return true; }
  bool operator()(const request::Auth&) const { return true; }
  bool operator()(const request::Events&) const { return true; }
  bool operator()(const request::Unwatch&) const { return true; }
  bool operator()(const request::Close&) const { return true; }
  bool operator()(const request::Quit&) const { return true; }

  bool operator()(const request::Open&) const { return on_something(to_share); }
  bool operator()(const request::Resume&) const { return on_something(to_share); }
  bool operator()(const request::KeepAlive&) const { return on_something(to_share); }

  bool operator()(const request::Lock& lock) const {
    return on(lock.mode == Mode::shared ? to_share : Rights{Right::lock}, lock.names);
  }
  bool operator()(const request::Cancel& cancel) const { return on(to_share, cancel.name); }
  bool operator()(const request::Unlock& unlock) const { return on(to_use, unlock.names); }
  bool operator()(const request::Renew& renew) const { return on(to_use, renew.name); }
  bool operator()(const request::Verify& verify) const { return on(to_look, verify.name); }
  bool operator()(const request::Show& show) const { return on(to_look, show.name); }

  bool operator()(const request::List& list) const { return on(to_survey, list.prefix); }
  bool operator()(const request::Watch& watch) const { return on(to_survey, watch.prefix); }
  bool operator()(const request::Sessions&) const { return on(to_survey, std::string_view{}); }
  bool operator()(const request::Status&) const { return on_something(access::every_right); }

  bool operator()(const request::Break& broken) const { return on(Right::break_lock, broken.name); }
  bool operator()(const request::Slots& slots) const { return on(Right::break_lock, slots.name); }
  bool operator()(const request::Promote&) const { return on(Right::admin, std::string_view{}); }
  bool operator()(const request::Handover&) const { return on(Right::admin, std::string_view{}); }
};

constexpr std::string_view who_asks = "AUTH user secret first: this server wants to know who asks";
constexpr std::string_view not_allowed = "this user may not do that here (security.roles)";
constexpr std::string_view changed =
    "the configuration changed what this connection may do: connect and AUTH anew";
constexpr std::uint8_t most_failures = 3;

const access::User* user_at(const access::Access& access, const Connection& connection) {
  return connection.user == 0 ? nullptr : &access.users[connection.user - 1];
}

const std::vector<access::Rule>& rules_of(const access::Access& access,
                                          const Connection& connection) {
  const access::User* user = user_at(access, connection);
  return user == nullptr ? access.anonymous : user->rules;
}

}  // namespace

bool is_allowed(const std::vector<access::Rule>& rules, const Request& request) {
  return std::visit(Judge{rules}, request);
}

std::string_view Node::user_of(ConnectionId id) const {
  const Connection* connection = connections_.find(id);
  const access::User* user =
      connection == nullptr ? nullptr : user_at(settings_.access, *connection);
  return user == nullptr ? std::string_view{} : user->name;
}

bool Node::refuse_unauthorised(Origin from, const Request& request) {
  const access::Access& access = settings_.access;
  Connection& connection = *connections_.find(from.connection);
  if (is_allowed(rules_of(access, connection), request)) return false;
  // What one holds may be given back, whatever one may do no more; where that is not known, it is
  // refused for another reason.
  const auto* unlock = std::get_if<request::Unlock>(&request);
  if (unlock != nullptr && connection.user != 0) {
    auto is_own = [&](std::string_view name) {
      Slot hold = table_->find_holder(name, unlock->token);
      return hold != no_slot && table_->user_of(table_->acquisition(hold)) == user_name(from);
    };
    if (!serves() || std::all_of(unlock->names.begin(), unlock->names.end(), is_own)) return false;
  }
  bool is_session = std::holds_alternative<request::Open>(request) ||
                    std::holds_alternative<request::Resume>(request);
  if (is_session && connection.attachment != Attachment::attached) {
    connection.attachment = Attachment::failed;
  }
  bool is_known = connection.user != 0;
  refuse(from, is_known ? ErrorCode::forbidden : ErrorCode::unauthenticated,
         is_known ? not_allowed : who_asks);
  return true;
}

// What it is that a token names was found: whose is it?
bool Node::refuse_of_another(Origin from, Slot hold) {
  const access::Access& access = settings_.access;
  if (!access.is_on()) return false;
  const locks::Acquisition& one = table_->acquisition(hold);
  if (table_->user_of(one) == user_name(from)) return false;
  const Connection& connection = *connections_.find(from.connection);
  std::string_view name = table_->name_of(one.lock);
  if (access::covers(rules_of(access, connection), Right::break_lock, name)) {
    out_->as_operator = true;
    return false;
  }
  refuse(from, ErrorCode::forbidden,
         "another user holds it: only that user or an operator may release or renew it");
  return true;
}

bool Node::is_of_another(Origin from, const locks::Session& session) const {
  return settings_.access.is_on() && session.user != user_name(from);
}

// Who waits for whom in a deadlock, if the asker may look at each lock of it.
std::string Node::cycle_for(Origin to) const {
  const Connection* connection = connections_.find(to.connection);
  if (connection == nullptr || !settings_.access.is_on()) return effects_.cycle;
  const std::vector<access::Rule>& rules = rules_of(settings_.access, *connection);
  const auto may_see = [&](Slot lock) {
    return access::covers(rules, to_look, table_->name_of(lock));
  };
  const auto& locks = effects_.cycle_locks;
  return std::all_of(locks.begin(), locks.end(), may_see) ? effects_.cycle : std::string();
}

void Node::on(Origin from, const request::Auth& request) {
  if (!settings_.access.is_on()) {
    return refuse(from, ErrorCode::bad_request,
                  "no users are configured here (security.users): leave AUTH out");
  }
  if (parked_behind_own(from)) return;
  Connection& connection = *connections_.find(from.connection);
  const access::User* user = request.is_right ? settings_.access.find(request.user) : nullptr;
  if (user == nullptr) {
    refuse(from, ErrorCode::unauthenticated, "no such user, or not its secret");
    if (++connection.failures < most_failures) return;
    end_soon(from.connection);
    return;
  }
  auto number = static_cast<std::uint32_t>(user - settings_.access.users.data()) + 1;
  if (connection.user != 0 && connection.user != number) {
    return refuse(from, ErrorCode::bad_request,
                  "this connection is another user's: take a new one");
  }
  if (connection.user == 0 && connection.attachment == Attachment::attached) {
    return refuse(from, ErrorCode::bad_request, "CLOSE this session first: it is nobody's");
  }
  connection.user = number;
  answer(from, reply::Authenticated{user->name});
}

void Node::on(const Identified& event) {
  Connection* connection = connections_.find(event.connection);
  ensure(connection != nullptr);
  const access::User* user = settings_.access.find(event.user);
  if (user == nullptr) return;
  connection->user = static_cast<std::uint32_t>(user - settings_.access.users.data()) + 1;
}

void Node::on(const Configured& event) {
  const Settings before = std::exchange(settings_, event.settings);
  write_ranges();
  if (before.access != settings_.access) review_connections(before.access);
}

// Who may do now what it might before stays; all others connect anew, and lose nothing by it.
void Node::review_connections(const access::Access& before) {
  const bool same_for_anonymous =
      before.is_on() == settings_.access.is_on() && before.anonymous == settings_.access.anonymous;
  std::vector<ConnectionId> others;
  connections_.each([&](ConnectionId id, Connection& connection) {
    if (connection.user == 0) {
      if (!same_for_anonymous) others.push_back(id);
      return;
    }
    const access::User& was = *user_at(before, connection);
    const access::User* is = settings_.access.find(was.name);
    if (is != nullptr && *is == was) {
      connection.user = static_cast<std::uint32_t>(is - settings_.access.users.data()) + 1;
    } else {
      connection.user = 0;
      others.push_back(id);
    }
  });
  for (ConnectionId id : others) {
    out_->last_lines.push_back({id, {.code = ErrorCode::unauthenticated, .message = changed}});
    end_soon(id);
  }
}

void Node::end_soon(ConnectionId id) {
  if (!connections_.find(id)->input_ended) on(InputEnded{id});
  out_->closing.push_back(id);
}

}  // namespace pawl::node
