// SPDX-License-Identifier: Apache-2.0
#include "replication/replica.hpp"

#include <algorithm>
#include <array>

namespace pawl::replication {

void Replica::on_flushed(LogIndex index) {
  ensure(index <= log_.last());
  flushed_ = std::max(flushed_, index);
  std::array<LogIndex, 1> reached{flushed_};
  LogIndex commit = reached_by_majority(std::span<LogIndex>{reached});
  // Records of an older epoch commit only beneath one of this epoch (R6).
  if (commit < epoch_start_) return;
  ensure(commit >= commit_);
  commit_ = commit;
}

void Replica::on_applied() {
  ensure(has_committed());
  ++applied_.value;
  if (applied_ == epoch_start_) role_ = Role::primary;
  log_.release(applied_);
}

Round Replica::begin_round() {
  ++last_round_.value;
  std::array<Round, 1> answered{last_round_};
  confirmed_ = reached_by_majority(std::span<Round>{answered});
  return last_round_;
}

}  // namespace pawl::replication
