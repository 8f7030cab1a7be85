// SPDX-License-Identifier: Apache-2.0
//
// One connection's share of many locks: acquired as fast as `depth` requests at once allow, then
// held, and given back at the end.
#pragma once

#include <optional>

#include "cli/bench/driver.hpp"

namespace pawl::cli::bench {

// What many connections fill together.
class Hoard {
 public:
  Hoard() = default;
  virtual ~Hoard() = default;
  Hoard(const Hoard&) = delete;
  Hoard& operator=(const Hoard&) = delete;

  // Of a lease that is asked for now. Nothing: it is too late for more.
  [[nodiscard]] virtual std::optional<Milliseconds> ttl(Time now) const = 0;
  virtual void filled(Span took, Time now) = 0;
};

struct Share {
  std::string prefix;
  std::uint64_t first = 0;  // of the numbers in the names
  std::uint64_t count = 0;
  std::uint64_t depth = 1;
};

// Of `locks` for `connections`, that of one: they differ by one at most.
[[nodiscard]] Share share_of(const Plan& plan, std::size_t connection, std::uint64_t depth);

class Filler : public Driver {
 public:
  Filler(Share share, Tally& tally, Hoard& hoard);

  void on_open(Link& link) override;
  void on_reply(Link& link, const Asked& asked, const Answer& answer) override;
  void on_end(Link& link) override;
  [[nodiscard]] bool is_done() const override { return asked_ == 0; }
  [[nodiscard]] std::uint64_t held() const override { return held_ + (is_ending_ ? 0 : asked_); }
  // No more is to come: all is asked for and answered, or it is too late.
  [[nodiscard]] bool is_full() const { return asked_ == 0 && (next_ == share_.count || is_late_); }

 private:
  void go_on(Link& link);
  void fill(Link& link);
  void give_back(Link& link);
  void release(Link& link, std::uint64_t slot);
  void on_filled(Link& link, const Asked& asked, const Answer& answer);

  Share share_;
  Tally& tally_;
  Hoard& hoard_;
  std::vector<std::uint64_t> tokens_;  // 0: not held
  std::uint64_t next_ = 0;             // to be acquired; at the end, to be given back
  std::uint64_t asked_ = 0;
  std::uint64_t held_ = 0;
  bool is_late_ = false;
  bool is_ending_ = false;
};

}  // namespace pawl::cli::bench
