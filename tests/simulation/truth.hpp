// SPDX-License-Identifier: Apache-2.0
//
// What the laws are judged by: the lock table as committed records make it, and whether more is on
// its way. Of one node it is that node's own; of a cluster, that of all records ever committed.
#pragma once

#include "base/ids.hpp"
#include "base/moment.hpp"
#include "history.hpp"
#include "locks/lock_table.hpp"

namespace pawl::simulation {

class Truth {
 public:
  virtual ~Truth() = default;
  [[nodiscard]] virtual const locks::LockTable& table() const = 0;
  [[nodiscard]] virtual LogIndex applied() const = 0;
  // Records may stand in the log that are not applied.
  [[nodiscard]] virtual bool is_in_flight() const = 0;
  // Decisions that are made already may be about to become records.
  [[nodiscard]] virtual bool is_due(Moment now) const = 0;
  // This connection is to the node that decides.
  [[nodiscard]] virtual bool is_reigning(std::uint32_t /*link*/) const { return true; }
  // The process at its other end is not stopped.
  [[nodiscard]] virtual bool is_running_at(std::uint32_t /*link*/) const { return true; }
  // What else an answer must obey, as it leaves the node.
  virtual void judge(const Operation&) const {}
};

}  // namespace pawl::simulation
