// SPDX-License-Identifier: Apache-2.0
//
// How far a peer is, as its primary knows it: what it has on disk (match), what to send next, how
// much is on its way. It is probed with one message at a time until both agree, then sent ahead
// within a window; what the log no longer has comes as a snapshot.
#pragma once

#include <cstdint>
#include <deque>

#include "base/moment.hpp"
#include "replication/message.hpp"

namespace pawl::replication {

struct Window {
  std::size_t messages = 64;
  std::size_t bytes = std::size_t{1} << 20;
};

class Progress {
 public:
  enum class Stage : std::uint8_t { probe, replicate, snapshot };

  Progress() = default;
  // A new epoch, whose primary's log ends with `last`.
  Progress(LogIndex last, Window window) : window_(window), next_{last.value + 1} {}

  [[nodiscard]] Stage stage() const { return stage_; }
  [[nodiscard]] LogIndex match() const { return match_; }
  [[nodiscard]] LogIndex next() const { return next_; }
  // Another record may be sent.
  [[nodiscard]] bool has_room() const;

  // Records from next() on, so many; 0: a heartbeat.
  void on_sent(std::uint64_t records, std::size_t bytes);
  void on_accepted(LogIndex held, LogIndex flushed);
  // `refused` is what the message followed; `agree` the furthest place where both may agree.
  // False: an old refusal, since disproved.
  bool on_refused(LogIndex refused, LogIndex agree);
  // What was on its way is lost.
  void on_link_lost();

  void begin_snapshot();
  void on_installed(LogIndex upto);

  // A damaged replica: all it ever said is void. True the first time.
  bool forget(RepairId repair, LogIndex primary_last);
  [[nodiscard]] RepairId repair() const { return repair_; }
  [[nodiscard]] LogIndex whole_at() const { return whole_at_; }
  // Not damaged, or no more: all it was ever counted for is on its disk.
  [[nodiscard]] bool is_whole() const { return repair_.value == 0 || match_ >= whole_at_; }

 private:
  struct Sent {
    LogIndex last;
    std::size_t bytes;
  };

  void probe_from(LogIndex next);

  Window window_;
  Stage stage_ = Stage::probe;
  LogIndex match_;
  LogIndex next_{1};
  bool probed_ = false;  // a probe is on its way
  std::deque<Sent> sent_;
  std::size_t sent_bytes_ = 0;
  RepairId repair_;
  LogIndex whole_at_;
};

}  // namespace pawl::replication
