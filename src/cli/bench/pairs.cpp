// SPDX-License-Identifier: Apache-2.0
#include "cli/bench/pairs.hpp"

#include "cli/bench/outage.hpp"
#include "cli/text/duration.hpp"
#include "client/request_line.hpp"

namespace pawl::cli::bench {

PairDriver::PairDriver(const PairNames& names, Tally& tally, PairCounter& counter)
    : tally_(tally), counter_(counter), slots_(names.depth) {
  for (std::size_t i = 0; i < slots_.size(); ++i) {
    std::string name = names.prefix;
    name.append(std::to_string(names.connection)).append("-").append(std::to_string(i));
    client::RequestLine lock("LOCK");
    lock.word(name);
    if (names.with_ids) lock.option("id", std::string_view("bench"));
    lock.option("ttl", names.ttl);
    slots_[i].lock_line = lock.text() + "\n";
    slots_[i].unlock_head = client::RequestLine("UNLOCK").word(name).text() + " token=";
  }
}

// What was under way on a connection that was lost is asked again.
void PairDriver::on_open(Link& link) {
  for (std::uint32_t i = 0; i < slots_.size(); ++i) {
    if (slots_[i].stage == Stage::idle) {
      go_on(link, i);
    } else {
      ask(link, i);
    }
  }
}

void PairDriver::ask(Link& link, std::uint32_t slot) {
  const Slot& of = slots_[slot];
  if (of.stage == Stage::locking) {
    link.ask(of.lock_line, What::lock, slot);
  } else {
    link.ask(of.unlock_head, of.token, What::unlock, slot);
  }
}

void PairDriver::on_reply(Link& link, const Asked& asked, const Answer& answer) {
  Slot& slot = slots_[asked.slot];
  const Span took = link.now() - asked.sent;
  if (asked.what == What::unlock) {
    if (answer.kind == Answer::Kind::done) {
      counter_.unlocked(took);
      counter_.paired(slot.since, link.now());
    } else {
      tally_.error(error_of(answer));
    }
  } else if (answer.kind == Answer::Kind::granted && answer.token > slot.token) {
    counter_.locked(took);
    slot.token = answer.token;
    slot.stage = Stage::unlocking;
    return ask(link, asked.slot);
  } else {
    tally_.error(error_of(answer));
  }
  --busy_;
  slot.stage = Stage::idle;
  go_on(link, asked.slot);
}

void PairDriver::go_on(Link& link, std::uint32_t slot) {
  if (is_ending_) return;
  ++busy_;
  slots_[slot].stage = Stage::locking;
  slots_[slot].since = link.now();
  ask(link, slot);
}

void PairDriver::on_end(Link& /*link*/) { is_ending_ = true; }

namespace {

class Pairs : public Workload, public PairCounter {
 public:
  Pairs(const Plan& plan, Tally& tally) : plan_(plan), tally_(tally) {
    pair_ = tally.add_operation("pair");
    lock_ = tally.add_part("lock");
    unlock_ = tally.add_part("unlock");
  }

  [[nodiscard]] std::size_t connections() const override { return plan_.connections; }
  std::unique_ptr<Driver> driver(std::size_t connection) override {
    const PairNames names{plan_.prefix, connection, plan_.depth, plan_.ttl, with_ids()};
    return std::make_unique<PairDriver>(names, tally_, *this);
  }

 private:
  [[nodiscard]] bool with_ids() const { return plan_.kind == Kind::failover; }

  void locked(Span took) override { tally_.success(lock_, took); }
  void unlocked(Span took) override { tally_.success(unlock_, took); }
  void paired(Time asked, Time now) override {
    tally_.success(pair_, now - asked);
    succeeded(now);
  }
  virtual void succeeded(Time /*now*/) {}

  const Plan& plan_;
  Tally& tally_;
  std::size_t pair_ = 0;
  std::size_t lock_ = 0;
  std::size_t unlock_ = 0;
};

class Failover : public Pairs {
 public:
  using Pairs::Pairs;

  void begin(Time start) override { outage_.begin(start); }
  void end(Time now) override { outage_.end(now); }
  [[nodiscard]] Facts facts() const override {
    const auto longest = std::chrono::duration_cast<Milliseconds>(outage_.longest());
    const auto since = std::chrono::duration_cast<Milliseconds>(outage_.since());
    return {{"longest_outage_ms", longest.count(),
             "longest time without a success: " + duration_text(longest) + ", " +
                 duration_text(since) + " after the start"},
            {"longest_outage_at_ms", since.count(), ""}};
  }

 private:
  void succeeded(Time now) override { outage_.success(now); }

  Outage outage_;
};

}  // namespace

std::unique_ptr<Workload> make_pair(const Plan& plan, Tally& tally) {
  return std::make_unique<Pairs>(plan, tally);
}

std::unique_ptr<Workload> make_failover(const Plan& plan, Tally& tally) {
  return std::make_unique<Failover>(plan, tally);
}

}  // namespace pawl::cli::bench
