// SPDX-License-Identifier: Apache-2.0
//
// LOCK and UNLOCK of names of its own, again and again, `depth` at once on a connection. With ids
// (failover) what a lost connection left open is asked again on the next: the same acquisition,
// the same token, and nothing is left held. Without, a lost connection is the end of its driver.
#pragma once

#include "cli/bench/driver.hpp"

namespace pawl::cli::bench {

// What became of the pairs.
class PairCounter {
 public:
  PairCounter() = default;
  virtual ~PairCounter() = default;
  PairCounter(const PairCounter&) = delete;
  PairCounter& operator=(const PairCounter&) = delete;

  virtual void locked(Span took) = 0;
  virtual void unlocked(Span took) = 0;
  virtual void paired(Time asked, Time now) = 0;  // from the first time it was asked
};

struct PairNames {
  std::string prefix;
  std::size_t connection = 0;
  std::uint64_t depth = 1;
  Milliseconds ttl{0};
  bool with_ids = false;
};

class PairDriver : public Driver {
 public:
  PairDriver(const PairNames& names, Tally& tally, PairCounter& counter);

  void on_open(Link& link) override;
  void on_reply(Link& link, const Asked& asked, const Answer& answer) override;
  void on_end(Link& link) override;
  [[nodiscard]] bool is_done() const override { return busy_ == 0; }
  [[nodiscard]] std::uint64_t held() const override { return busy_; }

 private:
  enum class Stage : std::uint8_t { idle, locking, unlocking };
  struct Slot {
    std::string lock_line;
    std::string unlock_head;
    Stage stage = Stage::idle;
    Time since{};
    std::uint64_t token = 0;  // the last granted: the next must be greater
  };

  void ask(Link& link, std::uint32_t slot);
  void go_on(Link& link, std::uint32_t slot);

  Tally& tally_;
  PairCounter& counter_;
  std::vector<Slot> slots_;
  std::uint64_t busy_ = 0;  // slots that are not idle
  bool is_ending_ = false;
};

[[nodiscard]] std::unique_ptr<Workload> make_pair(const Plan& plan, Tally& tally);
[[nodiscard]] std::unique_ptr<Workload> make_failover(const Plan& plan, Tally& tally);

}  // namespace pawl::cli::bench
