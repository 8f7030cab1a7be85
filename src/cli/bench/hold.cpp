// SPDX-License-Identifier: Apache-2.0
#include "cli/bench/hold.hpp"

#include <algorithm>

#include "cli/bench/filler.hpp"
#include "cli/bench/status.hpp"
#include "cli/text/duration.hpp"

namespace pawl::cli::bench {
namespace {

using namespace std::chrono_literals;

class Hold : public Workload, public Hoard {
 public:
  Hold(const Plan& plan, Tally& tally)
      : plan_(plan), tally_(tally), lock_(tally.add_operation("lock")) {}

  [[nodiscard]] std::size_t connections() const override { return plan_.connections + 1; }
  std::unique_ptr<Driver> driver(std::size_t connection) override {
    if (connection == plan_.connections) {
      return std::make_unique<StatusDriver>(100ms, tally_, [this](std::uint64_t locks, Time) {
        counted_ = std::max(counted_, locks);
      });
    }
    return std::make_unique<Filler>(share_of(plan_, connection, plan_.depth), tally_, *this);
  }

  void begin(Time start) override { start_ = start; }
  void end(Time now) override {
    held_ = filled_;
    took_ = (held_ == plan_.locks ? last_ : now) - start_;
    tally_.measure(lock_).span = took_;
  }

  [[nodiscard]] Facts facts() const override {
    const auto took = std::chrono::ceil<Milliseconds>(took_);
    const std::string text = "held: " + std::to_string(held_) + " of " +
                             std::to_string(plan_.locks) + " after " + duration_text(took) +
                             ", STATUS counted " + std::to_string(counted_) + " locks";
    return {
        {"held", held_, text}, {"held_after_ms", took.count(), ""}, {"server_locks", counted_, ""}};
  }

 private:
  [[nodiscard]] std::optional<Milliseconds> ttl(Time /*now*/) const override { return plan_.ttl; }
  void filled(Span took, Time now) override {
    tally_.success(lock_, took);
    ++filled_;
    last_ = now;
  }

  const Plan& plan_;
  Tally& tally_;
  std::size_t lock_;
  Time start_{};
  Time last_{};
  Span took_{0};
  std::uint64_t filled_ = 0;
  std::uint64_t held_ = 0;     // at the end of what was measured
  std::uint64_t counted_ = 0;  // by the server, at most
};

}  // namespace

std::unique_ptr<Workload> make_hold(const Plan& plan, Tally& tally) {
  return std::make_unique<Hold>(plan, tally);
}

}  // namespace pawl::cli::bench
