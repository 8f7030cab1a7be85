// SPDX-License-Identifier: Apache-2.0
//
// Requests about the connection itself, and what operators look at.
#include <algorithm>

#include "node/node.hpp"
#include "node/view.hpp"

namespace pawl::node {

void Node::on(Origin from, const request::Malformed& malformed) {
  reply::Error error{.code = malformed.code, .message = malformed.message};
  if (malformed.of_session) {
    if (parked_behind_own(from)) return;
    refuse_session(from, error);
  } else {
    answer(from, error);
  }
}

void Node::on(Origin from, const request::Hello&) {
  answer(from, reply::Hello{settings_.node, replica_.role(), replica_.epoch()});
}

void Node::on(Origin from, const request::Help&) { answer(from, reply::Help{}); }

void Node::on(Origin from, const request::Ping&) { answer(from, reply::Pong{}); }

void Node::on(Origin from, const request::Events& request) {
  connections_.find(from.connection)->events = request.on;
  answer(from, reply::Done{});
}

// The waits of the connection end first; what they still get is sent before the goodbye.
void Node::on(Origin from, const request::Quit&) {
  Connection& connection = *connections_.find(from.connection);
  if (!connection.input_ended) on(InputEnded{from.connection});
  if (connection.first_asker != no_slot) {
    make_records_of_backlog();
    return park(from);
  }
  if (parked_behind_own(from)) return;
  answer(from, reply::Bye{});
  out_->closing.push_back(from.connection);
}

void Node::on(Origin from, const request::Status&) {
  if (parked_behind_own(from)) return;
  reply::Status status = View{*this}.status();
  // What a standby knows it knows alone.
  if (!serves()) return answer(from, std::move(status));
  confirm(from, std::move(status));
}

void Node::on(Origin from, const request::Show& request) {
  if (!parked_behind_own(from)) confirm(from, View{*this}.show(request));
}

namespace {

template <class Scans>
auto find_scan(Scans& scans, ConnectionId connection) {
  return std::find_if(scans.begin(), scans.end(),
                      [&](const auto& scan) { return scan.connection() == connection; });
}

}  // namespace

// A scan that needs more than one slice parks its request, which then finds it done.
template <class OneScan>
void Node::scan(Origin from, std::vector<OneScan>& scans, OneScan fresh) {
  const View view{*this};
  auto found = find_scan(scans, from.connection);
  if (found == scans.end()) {
    if (!view.run(fresh)) {
      scans.push_back(std::move(fresh));
      out_->parked = true;
      return;
    }
    confirm(from, view.result(fresh));
    return;
  }
  if (!found->is_done()) {
    out_->parked = true;
    return;
  }
  confirm(from, view.result(*found));
  scans.erase(found);
}

void Node::on(Origin from, const request::List& request) {
  if (parked_behind_own(from)) return;
  if (request.by == request::ListOrder::waiters) {
    return scan(from, awaited_scans_,
                AwaitedScan{from.connection, {}, std::string{request.prefix}, request.limit});
  }
  scan(from, lock_scans_,
       Scan<std::string>{from.connection, std::string{request.after}, std::string{request.prefix},
                         request.limit});
}

void Node::on(Origin from, const request::Sessions& request) {
  if (parked_behind_own(from)) return;
  scan(from, session_scans_, Scan<SessionId>{from.connection, request.after, {}, request.limit});
}

void Node::continue_scans() {
  auto one_slice = [this](auto& scans) {
    for (auto& scan : scans) {
      if (scan.is_done()) continue;
      if (View{*this}.run(scan)) out_->resumed.push_back(scan.connection());
      return;
    }
  };
  one_slice(lock_scans_);
  one_slice(awaited_scans_);
  one_slice(session_scans_);
}

}  // namespace pawl::node
