// SPDX-License-Identifier: Apache-2.0
#include "server/connection.hpp"

#include <algorithm>

namespace pawl::server {
namespace {

Moment after(Moment since, Milliseconds span) { return since == never ? never : since + span; }

}  // namespace

bool Connection::may_step(const Limits& limits, std::uint64_t unread) const {
  if (state != State::open || parked || overrun || unheard) return false;
  if (outbox.unread_bytes() > unread) return false;
  // Once the client has said its last word, what it sent is bounded; stepping it all is the way to
  // its end of input, which ends the waits that fill the pipeline.
  return peer_finished || outbox.pipelined() < limits.pipelined;
}

// For each request: a list of all would be written to memory first.
Moment Connection::deadline(const Limits& limits) const {
  const Moment half_line = after(half_line_since, limits.half_line);
  const Moment overfull = after(overfull_since, limits.unread_output_for);
  const Moment stuck = after(stuck_since, limits.unread_output_for);
  const Moment unread = std::min(overfull, stuck);
  const Moment own = std::min(linger_until, std::min(look_at, known_by));
  return std::min(own, std::min(half_line, unread));
}

Connection& ConnectionTable::add(std::unique_ptr<Connection> connection) {
  if (free_.empty()) {
    free_.push_back(static_cast<std::uint32_t>(slots_.size()));
    slots_.emplace_back();
  }
  const std::uint32_t index = free_.back();
  free_.pop_back();
  Slot& slot = slots_[index];
  if (++slot.generation == 0) ++slot.generation;  // 0 means none
  connection->id = {index, slot.generation};
  slot.connection = std::move(connection);
  return *slot.connection;
}

Connection* ConnectionTable::find(ConnectionId id) {
  if (id.slot >= slots_.size() || slots_[id.slot].generation != id.generation) return nullptr;
  return slots_[id.slot].connection.get();
}

void ConnectionTable::remove(ConnectionId id) {
  if (find(id) == nullptr) return;
  slots_[id.slot].connection.reset();
  free_.push_back(id.slot);
}

}  // namespace pawl::server
