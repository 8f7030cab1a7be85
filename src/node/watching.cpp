// SPDX-License-Identifier: Apache-2.0
//
// WATCH: what becomes of locks, told in log order to whoever asked. Only what is applied is told,
// so it needs no confirming; whoever watches a node that is no primary any more is told that.
#include <utility>

#include "node/node.hpp"

namespace pawl::node {

using Kind = event::Watched::Kind;

void Node::on(Origin from, const request::Watch& request) {
  if (parked_behind_own(from)) return;
  Slot connection = from.connection.slot;
  if (watches_.has(connection, request.prefix)) return answer(from, reply::Done{});
  if (watches_.count(connection) >= settings_.limits.watches) {
    answer(from, reply::Error{.code = ErrorCode::limit, .limit = "watches"});
    return;
  }
  if (refuse_for_memory(from)) return;
  // Once its input has ended it is about to be closed.
  if (!connections_[connection].input_ended) watches_.add(connection, request.prefix);
  answer(from, reply::Done{});
}

void Node::on(Origin from, const request::Unwatch& request) {
  if (parked_behind_own(from)) return;
  if (request.prefix.empty()) {
    watches_.remove_all(from.connection.slot);
  } else {
    watches_.remove(from.connection.slot, request.prefix);
  }
  answer(from, reply::Done{});
}

// The changes of a record do not say it, and its bytes are gone when they are told.
void Node::keep_reason(const locks::Record& record) {
  if (const auto* broken = std::get_if<locks::record::Break>(&record)) {
    break_reason_ = broken->reason;
  }
}

void Node::announce(const locks::change::Granted& granted) {
  Token token = table_->acquisition(granted.acquisition).token();
  table_->each_name(granted.acquisition, [&](Slot slot) { announce(slot, token, Kind::granted); });
}

void Node::announce(const locks::change::Released& released) {
  using locks::HoldEnd;
  auto tell = [&](Kind kind, std::string reason = {}) {
    announce(released.acquisition, released.token, kind, std::move(reason));
  };
  switch (released.end) {
    case HoldEnd::unlocked:
    case HoldEnd::closed: return tell(Kind::released);
    case HoldEnd::expired: return tell(Kind::expired, "ttl");
    case HoldEnd::lapsed: return tell(Kind::expired, "session");
    case HoldEnd::disconnected: return tell(Kind::expired, "disconnect");
    case HoldEnd::max_hold: return tell(Kind::expired, "max_hold");
    case HoldEnd::broken: return tell(Kind::broken, break_reason_);
  }
}

void Node::announce(Slot acquisition, Token token, Kind kind, std::string reason) {
  std::string_view name = table_->name_of(table_->acquisition(acquisition).lock);
  std::vector<ConnectionId> to;
  watches_.each(name, [&](Slot connection) { to.push_back(connections_.id_of(connection)); });
  if (to.empty()) return;
  out_->announcements.push_back(
      {cause_, {std::string{name}, token, kind, std::move(reason)}, std::move(to)});
}

void Node::end_watches(const reply::Error& error) {
  watches_.each_watcher([&](Slot slot) {
    ConnectionId id = connections_.id_of(slot);
    watches_.remove_all(slot);
    out_->last_lines.push_back({id, error});
    if (!serving_) out_->closing.push_back(id);  // by a drain the shell closes all
  });
}

}  // namespace pawl::node
