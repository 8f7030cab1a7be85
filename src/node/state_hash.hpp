// SPDX-License-Identifier: Apache-2.0
//
// A hash over every record applied, whom it changed and what it left in the table. Nodes that
// applied the same records have the same one; the primary puts its own into the log now and then,
// and a node that has another must not go on (R20).
#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <string_view>

#include "base/ids.hpp"
#include "locks/lock_table.hpp"

namespace pawl::node {

class StateHash {
 public:
  static constexpr std::uint64_t interval = 1'024;  // records

  // Goes on behind a snapshot with what its head says; nothing: not known here, and never compared.
  void begin_behind(std::string_view head);
  [[nodiscard]] std::string head() const;

  void add(LogIndex index, std::string_view record, const locks::LockTable& table,
           const locks::Effects& effects);
  // To be put into the log by a primary, once for each interval.
  [[nodiscard]] std::optional<locks::record::StateHash> take_due();
  // The primary's. False: this node's state differs.
  [[nodiscard]] bool agrees(const locks::record::StateHash& theirs);

 private:
  bool known_ = true;
  std::uint64_t hash_ = 0;
  bool due_ = false;
  std::deque<locks::record::StateHash> own_;  // not compared yet
};

}  // namespace pawl::node
