// SPDX-License-Identifier: Apache-2.0
#include "storage/segment_supply.hpp"

#include <chrono>
#include <string>
#include <utility>

#include "journal/names.hpp"
#include "journal/retention.hpp"
#include "storage/log.hpp"

namespace pawl::storage {
namespace {

const std::string ballast(journal::ballast_name);
constexpr std::chrono::seconds retry_after{1};

}  // namespace

SegmentSupply::SegmentSupply(Directory& directory, std::uint64_t segment_bytes, Worker& worker,
                             Listener listener)
    : directory_(directory),
      segment_bytes_(segment_bytes),
      worker_(worker),
      listener_(std::move(listener)) {}

SegmentSupply::~SegmentSupply() { worker_.drain(); }

void SegmentSupply::check() {
  worker_.post([this] { work(); });
}

// Only now is the prepared file's name free: while the log renames it, nobody may make it anew.
void SegmentSupply::rotated() {
  set_next(Next::absent);
  check();
}

bool SegmentSupply::take() {
  std::unique_lock lock(mutex_);
  wanted_ = true;
  while (next_ != Next::ready && !failed_) {
    const std::uint64_t attempts = attempts_;
    worker_.post([this] { work(); });
    const auto over = [&] { return next_ == Next::ready || failed_ || attempts_ != attempts; };
    changed_.wait(lock, over);
    if (next_ == Next::ready || failed_) break;
    if (stopping_) break;
    changed_.wait_for(lock, retry_after, [&] { return stopping_ || failed_; });
  }
  wanted_ = false;
  if (failed_ || next_ != Next::ready) return false;
  next_ = Next::taken;
  return true;
}

void SegmentSupply::stop() {
  const std::lock_guard lock(mutex_);
  stopping_ = true;
  changed_.notify_all();
}

void SegmentSupply::set_next(Next next) {
  const std::lock_guard lock(mutex_);
  next_ = next;
}

void SegmentSupply::work() {
  {
    const std::lock_guard lock(mutex_);
    if (failed_) return;
  }
  const auto done = look_after();
  if (!done) listener_.on_failed(done.error());
  const std::lock_guard lock(mutex_);
  if (!done) failed_ = true;
  attempts_ += 1;
  changed_.notify_all();
}

Result<void> SegmentSupply::look_after() {
  if (const auto there = directory_.check(); !there) return there.error();
  if (!ballast_) ballast_ = bool{directory_.open(ballast)};
  bool needed = false;
  bool urgent = false;
  {
    const std::lock_guard lock(mutex_);
    needed = next_ == Next::absent;
    urgent = wanted_;
    if (needed) next_ = Next::preparing;
  }
  bool full = false;
  if (needed) {
    const auto prepared = prepare(urgent);
    full = !prepared && prepared.error().kind == FailureKind::no_space;
    if (!prepared && !full) return prepared.error();
    set_next(prepared ? Next::ready : Next::absent);
  }
  const auto free = directory_.free_bytes();
  if (!free) return free.error();
  free_ = *free;
  if (const auto kept = keep_ballast(*free); !kept) return kept.error();
  const journal::Space space{*free, segment_bytes_, !full, *ballast_};
  const bool low = full || journal::is_space_low(space, low_);
  if (low != std::exchange(low_, low)) listener_.on_space(low);
  return {};
}

std::optional<std::uint64_t> SegmentSupply::free_bytes() const {
  const std::uint64_t free = free_;
  return free == unknown ? std::nullopt : std::optional(free);
}

Result<void> SegmentSupply::prepare(bool urgent) {
  auto prepared = prepare_segment(directory_, segment_bytes_);
  if (prepared || prepared.error().kind != FailureKind::no_space) return prepared;
  if (!urgent || !*ballast_) return prepared;
  if (const auto removed = directory_.remove(ballast); !removed) return removed.error();
  ballast_ = false;
  return prepare_segment(directory_, segment_bytes_);
}

// Made again only when there is plenty: making it must not itself bring the space low.
Result<void> SegmentSupply::keep_ballast(std::uint64_t free) {
  if (*ballast_ || free < 4 * segment_bytes_) return {};
  const std::string temporary = ballast + std::string(journal::temporary_suffix);
  const auto made = make_zero_file(directory_, temporary, segment_bytes_);
  if (!made && made.error().kind == FailureKind::no_space) return {};
  if (!made) return made.error();
  if (const auto named = directory_.rename(temporary, ballast); !named) return named.error();
  ballast_ = true;
  return directory_.sync();
}

}  // namespace pawl::storage
