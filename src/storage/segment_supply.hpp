// SPDX-License-Identifier: Apache-2.0
//
// Keeps one prepared segment and the ballast ready, so that a full disk is met here and never in
// the middle of an append. The ballast is given up only when the log would have to stop. All file
// work runs on the background worker.
#pragma once

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <mutex>
#include <optional>

#include "storage/file.hpp"
#include "storage/worker.hpp"

namespace pawl::storage {

class SegmentSupply {
 public:
  // Called on the worker's thread.
  struct Listener {
    std::function<void(bool low)> on_space;  // when it changes; at first it is not low
    std::function<void(const Failure&)> on_failed;
  };

  SegmentSupply(Directory& directory, std::uint64_t segment_bytes, Worker& worker,
                Listener listener);
  ~SegmentSupply();
  SegmentSupply(const SegmentSupply&) = delete;
  SegmentSupply& operator=(const SegmentSupply&) = delete;

  // Looks after segment, ballast, free space and the directory itself; at the start and about every
  // second. From any thread.
  void check();

  // As the last check found it; nothing before the first. Any thread.
  [[nodiscard]] std::optional<std::uint64_t> free_bytes() const;

  // Waits for the prepared segment, as long as it takes while the disk is full. False: none will
  // come. Then rotate the log, then call rotated().
  [[nodiscard]] bool take();
  void rotated();

  // take() no longer waits for space.
  void stop();

 private:
  enum class Next : std::uint8_t { absent, preparing, ready, taken };

  void work();
  [[nodiscard]] Result<void> prepare(bool urgent);
  [[nodiscard]] Result<void> keep_ballast(std::uint64_t free);
  [[nodiscard]] Result<void> look_after();
  void set_next(Next next);

  Directory& directory_;
  const std::uint64_t segment_bytes_;
  Worker& worker_;
  const Listener listener_;

  std::mutex mutex_;
  std::condition_variable changed_;
  Next next_ = Next::absent;
  bool wanted_ = false;  // take() waits
  bool stopping_ = false;
  bool failed_ = false;
  std::uint64_t attempts_ = 0;

  static constexpr std::uint64_t unknown = ~std::uint64_t{0};
  std::atomic<std::uint64_t> free_{unknown};

  std::optional<bool> ballast_;  // the worker's alone, as is low_
  bool low_ = false;
};

}  // namespace pawl::storage
