// SPDX-License-Identifier: Apache-2.0
#include "server/deadlines.hpp"

#include <algorithm>

namespace pawl::server {
namespace {

bool later(const Deadlines::Entry& left, const Deadlines::Entry& right) {
  return left.when > right.when;
}

}  // namespace

void Deadlines::add(Moment when, ConnectionId connection) {
  heap_.push_back({when, connection});
  std::push_heap(heap_.begin(), heap_.end(), later);
}

std::optional<Deadlines::Entry> Deadlines::take_due(Moment now) {
  if (next() > now || heap_.empty()) return std::nullopt;
  std::pop_heap(heap_.begin(), heap_.end(), later);
  const Entry entry = heap_.back();
  heap_.pop_back();
  return entry;
}

}  // namespace pawl::server
