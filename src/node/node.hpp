// SPDX-License-Identifier: Apache-2.0
#pragma once
#include "base/settings.hpp"
#include "node/event.hpp"
namespace pawl::node {
class Node {
 public:
  Node(Settings settings, Moment now, std::int64_t wall_offset_ms);
  void step(Moment now, const Event& event, Actions& out);
  [[nodiscard]] Moment next_deadline() const;
};
}  // namespace pawl::node
