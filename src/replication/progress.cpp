// SPDX-License-Identifier: Apache-2.0
#include "replication/progress.hpp"

#include <algorithm>

namespace pawl::replication {

bool Progress::has_room() const {
  switch (stage_) {
    case Stage::probe: return !probed_;
    case Stage::replicate: return sent_.size() < window_.messages && sent_bytes_ < window_.bytes;
    case Stage::snapshot: return false;
  }
  return false;
}

void Progress::on_sent(std::uint64_t records, std::size_t bytes) {
  if (stage_ == Stage::probe) probed_ = true;
  if (stage_ != Stage::replicate || records == 0) return;
  next_.value += records;
  sent_.push_back({LogIndex{next_.value - 1}, bytes});
  sent_bytes_ += bytes;
}

void Progress::on_accepted(LogIndex held, LogIndex flushed) {
  match_ = std::max(match_, flushed);
  if (stage_ == Stage::snapshot) return;
  if (stage_ == Stage::probe) {
    stage_ = Stage::replicate;
    probed_ = false;
    next_ = LogIndex{std::max(held, match_).value + 1};
  }
  next_ = std::max(next_, LogIndex{std::max(held, match_).value + 1});
  // The window is about what the peer's memory and disk have still to take.
  while (!sent_.empty() && sent_.front().last <= match_) {
    sent_bytes_ -= sent_.front().bytes;
    sent_.pop_front();
  }
}

bool Progress::on_refused(LogIndex refused, LogIndex agree) {
  if (stage_ == Stage::snapshot || refused <= match_) return false;
  if (stage_ == Stage::probe && refused.value != next_.value - 1) return false;
  probe_from(LogIndex{std::max(agree, match_).value + 1});
  return true;
}

void Progress::on_link_lost() { probe_from(LogIndex{match_.value + 1}); }

void Progress::probe_from(LogIndex next) {
  stage_ = Stage::probe;
  next_ = next;
  probed_ = false;
  sent_.clear();
  sent_bytes_ = 0;
}

void Progress::begin_snapshot() {
  probe_from(next_);
  stage_ = Stage::snapshot;
}

void Progress::on_installed(LogIndex upto) {
  match_ = std::max(match_, upto);
  if (stage_ == Stage::snapshot) probe_from(LogIndex{match_.value + 1});
}

bool Progress::forget(RepairId repair, LogIndex primary_last) {
  if (repair == repair_) return false;
  repair_ = repair;
  whole_at_ = primary_last;
  match_ = {};
  probe_from(LogIndex{primary_last.value + 1});
  return true;
}

}  // namespace pawl::replication
