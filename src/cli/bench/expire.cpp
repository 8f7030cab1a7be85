// SPDX-License-Identifier: Apache-2.0
#include "cli/bench/expire.hpp"

#include "cli/bench/filler.hpp"
#include "cli/bench/pairs.hpp"
#include "cli/bench/status.hpp"
#include "cli/text/duration.hpp"

namespace pawl::cli::bench {
namespace {

using namespace std::chrono_literals;

constexpr std::uint64_t fill_depth = 256;

// When what happens, known to all connections.
struct Course {
  Time start{};
  Time fill_until{};           // late enough for many, early enough to end with the others
  Time moment{};               // when the leases end
  std::optional<Time> filled;  // all connections are done with it: the pairs begin
  std::optional<Time> gone;    // the server has none of them any more
  std::uint64_t filling = 0;   // connections that still do
};

class ExpireDriver : public Driver {
 public:
  ExpireDriver(Course& course, std::unique_ptr<Filler> filler, std::unique_ptr<PairDriver> pairs)
      : course_(course), filler_(std::move(filler)), pairs_(std::move(pairs)) {
    ++course_.filling;
  }

  void on_open(Link& link) override {
    filler_->on_open(link);
    after_fill(link);
  }
  void on_reply(Link& link, const Asked& asked, const Answer& answer) override {
    if (asked.what == What::lock || asked.what == What::unlock) {
      return pairs_->on_reply(link, asked, answer);
    }
    filler_->on_reply(link, asked, answer);
    after_fill(link);
  }
  void on_tick(Link& link) override {
    if (!course_.filled || is_pairing_) return;
    is_pairing_ = true;
    pairs_->on_open(link);
  }
  void on_end(Link& link) override {
    pairs_->on_end(link);
    is_over_ = link.now() >= course_.moment;
    if (!is_over_) filler_->on_end(link);
  }
  [[nodiscard]] bool is_done() const override { return filler_->is_done() && pairs_->is_done(); }
  [[nodiscard]] std::uint64_t held() const override {
    return pairs_->held() + (is_over_ ? 0 : filler_->held());
  }

 private:
  void after_fill(Link& link) {
    if (is_full_ || !filler_->is_full()) return;
    is_full_ = true;
    if (--course_.filling == 0) course_.filled = link.now();
  }

  Course& course_;
  std::unique_ptr<Filler> filler_;
  std::unique_ptr<PairDriver> pairs_;
  bool is_full_ = false;
  bool is_pairing_ = false;
  bool is_over_ = false;
};

class Expire : public Workload, public Hoard, public PairCounter {
 public:
  Expire(const Plan& plan, Tally& tally)
      : plan_(plan),
        tally_(tally),
        before_(tally.add_operation("before")),
        during_(tally.add_operation("during")),
        after_(tally.add_operation("after")) {}

  [[nodiscard]] std::size_t connections() const override { return plan_.connections + 1; }
  std::unique_ptr<Driver> driver(std::size_t connection) override {
    if (connection == plan_.connections) {
      return std::make_unique<StatusDriver>(
          10ms, tally_, [this](std::uint64_t locks, Time now) { on_status(locks, now); });
    }
    const PairNames names{plan_.prefix, connection, plan_.depth, brief_ttl, false};
    return std::make_unique<ExpireDriver>(
        course_, std::make_unique<Filler>(share_of(plan_, connection, fill_depth), tally_, *this),
        std::make_unique<PairDriver>(names, tally_, *this));
  }

  void begin(Time start) override {
    course_.start = start;
    course_.fill_until = start + plan_.ttl * 3 / 5;
    course_.moment = start + plan_.ttl;
  }
  void end(Time now) override {
    const Time gone = course_.gone.value_or(now);
    set_span(before_, course_.filled.value_or(course_.moment), std::min(course_.moment, now));
    set_span(during_, course_.moment, gone);
    set_span(after_, gone, now);
  }
  [[nodiscard]] Facts facts() const override;

 private:
  static constexpr Milliseconds brief_ttl{10'000};

  void set_span(std::size_t measure, Time from, Time to) {
    tally_.measure(measure).span = std::max<Span>(to - from, 1ns);
  }

  [[nodiscard]] std::optional<Milliseconds> ttl(Time now) const override {
    if (now >= course_.fill_until) return std::nullopt;
    return std::chrono::floor<Milliseconds>(course_.moment - now);
  }
  void filled(Span /*took*/, Time /*now*/) override { ++filled_; }

  void locked(Span /*took*/) override {}
  void unlocked(Span /*took*/) override {}
  void paired(Time asked, Time now) override {
    tally_.success(measure_of(asked, now), now - asked);
  }
  // What was under way at any time of it belongs to it.
  [[nodiscard]] std::size_t measure_of(Time asked, Time now) const {
    if (now < course_.moment) return before_;
    return course_.gone && asked >= *course_.gone ? after_ : during_;
  }

  // The pairs have one lock each at most, whatever else is on the server counts before and after.
  void on_status(std::uint64_t locks, Time now) {
    if (now < course_.moment) {
      counted_ = locks;
    } else if (!course_.gone && locks + filled_ <= counted_ + plan_.connections * plan_.depth) {
      course_.gone = now;
    }
  }

  const Plan& plan_;
  Tally& tally_;
  std::size_t before_;
  std::size_t during_;
  std::size_t after_;
  Course course_;
  std::uint64_t filled_ = 0;
  std::uint64_t counted_ = 0;  // by the server, last before the moment
};

Facts Expire::facts() const {
  const std::string many =
      std::to_string(filled_) + " of " + std::to_string(plan_.locks) + " leases to end at once";
  if (!course_.gone) {
    return {{"leases", filled_, many + "; not seen to be gone by the end"},
            {"gone_after_ms", nullptr, ""}};
  }
  const auto late = std::chrono::ceil<Milliseconds>(*course_.gone - course_.moment);
  return {{"leases", filled_, many + "; all gone within " + duration_text(late)},
          {"gone_after_ms", late.count(), ""}};
}

}  // namespace

std::unique_ptr<Workload> make_expire(const Plan& plan, Tally& tally) {
  return std::make_unique<Expire>(plan, tally);
}

}  // namespace pawl::cli::bench
