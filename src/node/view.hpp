// SPDX-License-Identifier: Apache-2.0
//
// What a node shows of itself to whoever looks on, as its own last step left it. Reading changes
// nothing and confirms nothing: whether the node still is primary is for its caller to find out.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/ids.hpp"
#include "base/moment.hpp"
#include "base/reply.hpp"
#include "base/request.hpp"
#include "locks/lock_table.hpp"
#include "node/node.hpp"
#include "node/scan.hpp"

namespace pawl::node {

// A lock that is waited for.
struct Contended {
  reply::LockLine lock;
  Milliseconds oldest_wait{0};
  std::optional<reply::Holder> holder;  // the oldest
};

class View {
 public:
  // As of the node's last step, or of `now`: then what runs on without a step, the uptime and how
  // long ago a peer was heard, is of that moment.
  explicit View(const Node& node) : View(node, node.now_) {}
  View(const Node& node, Moment now) : node_(node), table_(node.table()), now_(now) {}

  [[nodiscard]] reply::Status status() const;
  // Clients are answered here.
  [[nodiscard]] bool serves() const { return node_.serves(); }
  // New locks are refused: there is no room on the disk.
  [[nodiscard]] bool is_disk_full() const { return node_.disk_full_; }
  // … or in memory.
  [[nodiscard]] bool is_memory_full() const {
    return table_.memory() >= node_.settings_.limits.memory;
  }
  // New grants wait so long: a start may have forgotten what somebody still believes in.
  [[nodiscard]] Span held_back_for() const {
    return node_.grants_from_ > now_ ? node_.grants_from_ - now_ : Span{0};
  }
  // By name; empty: it knows none.
  [[nodiscard]] std::string primary() const;
  // For how long it has known none.
  [[nodiscard]] Span without_primary() const;
  [[nodiscard]] reply::Show show(const request::Show& request) const;

  // LIST and SESSIONS, slice by slice: true once all was seen, then `result` says what.
  bool run(Scan<std::string>& scan) const;
  bool run(AwaitedScan& scan) const;
  bool run(Scan<SessionId>& scan) const;
  [[nodiscard]] reply::List result(Scan<std::string>& scan) const;
  [[nodiscard]] reply::List result(AwaitedScan& scan) const;
  [[nodiscard]] reply::Sessions result(Scan<SessionId>& scan) const;

  // Who it is, and since when.
  void describe(const locks::Acquisition& acquisition, reply::Person& person) const;
  // Nothing: nobody waits for it.
  [[nodiscard]] std::optional<Contended> contended(std::string_view name) const;
  // How long ago that was, by the wall clock; never negative.
  [[nodiscard]] Milliseconds age_of(std::int64_t stamp_ms) const;

  // How long the lost hold will still delay who comes next.
  [[nodiscard]] Milliseconds delay_left(Slot delay) const;

 private:
  void describe_nodes(reply::Status& status) const;
  [[nodiscard]] reply::Holder holder_of(Slot acquisition) const;
  [[nodiscard]] reply::LockLine line_of(Slot lock) const;
  [[nodiscard]] reply::SessionLine line_of(Slot slot, const locks::Session& session) const;
  [[nodiscard]] Milliseconds delay_of(const locks::Lock& lock) const;
  [[nodiscard]] Milliseconds since(Moment moment) const;

  const Node& node_;
  const locks::LockTable& table_;
  Moment now_;
};

}  // namespace pawl::node
