// SPDX-License-Identifier: Apache-2.0
#include "cli/bench/contend.hpp"

#include <cmath>

namespace pawl::cli::bench {
namespace {

struct Contest {
  Tally& tally;
  std::size_t grant;
  std::size_t unlock;
  std::vector<std::uint64_t> last_tokens;  // of each lock
  std::vector<std::uint64_t> grants;       // of each connection
};

class Contender : public Driver {
 public:
  Contender(Contest& contest, const Plan& plan, std::size_t connection)
      : contest_(contest),
        connection_(connection),
        last_token_(contest.last_tokens[connection % contest.last_tokens.size()]) {
    const std::string name = plan.prefix + std::to_string(connection % contest.last_tokens.size());
    lock_line_ = "LOCK " + name + " wait=forever ttl=" + std::to_string(plan.ttl.count()) + "\n";
    unlock_head_ = "UNLOCK " + name + " token=";
  }

  void on_open(Link& link) override { queue_up(link); }

  void on_reply(Link& link, const Asked& asked, const Answer& answer) override {
    is_busy_ = false;
    if (asked.what == What::unlock) {
      is_holding_ = false;
      judge(answer.kind == Answer::Kind::done, contest_.unlock, link.now() - asked.sent, answer);
      return queue_up(link);
    }
    // A grant comes after the UNLOCK before it was sent, so that we have read the lesser token.
    const bool is_new = answer.kind == Answer::Kind::granted && answer.token > last_token_;
    if (!judge(is_new, contest_.grant, link.now() - asked.sent, answer)) return queue_up(link);
    last_token_ = answer.token;
    ++contest_.grants[connection_];
    is_holding_ = is_busy_ = true;
    link.ask(unlock_head_, answer.token, What::unlock);
  }

  void on_end(Link& /*link*/) override { is_ending_ = true; }
  [[nodiscard]] bool is_done() const override { return !is_busy_; }
  // A wait ends with its connection.
  [[nodiscard]] std::uint64_t held() const override { return is_holding_ ? 1 : 0; }

 private:
  void queue_up(Link& link) {
    if (is_ending_) return;
    is_busy_ = true;
    link.ask(lock_line_, What::lock);
  }

  bool judge(bool is_right, std::size_t measure, Span took, const Answer& answer) {
    if (is_right) {
      contest_.tally.success(measure, took);
    } else {
      contest_.tally.error(error_of(answer));
    }
    return is_right;
  }

  Contest& contest_;
  std::size_t connection_;
  std::uint64_t& last_token_;
  std::string lock_line_;
  std::string unlock_head_;
  bool is_busy_ = false;  // something is asked
  bool is_holding_ = false;
  bool is_ending_ = false;
};

class Contend : public Workload {
 public:
  Contend(const Plan& plan, Tally& tally)
      : plan_(plan),
        contest_{tally, tally.add_operation("grant"), tally.add_part("unlock"),
                 std::vector<std::uint64_t>(plan.locks),
                 std::vector<std::uint64_t>(plan.connections)} {}

  [[nodiscard]] std::size_t connections() const override { return plan_.connections; }
  std::unique_ptr<Driver> driver(std::size_t connection) override {
    return std::make_unique<Contender>(contest_, plan_, connection);
  }
  void end(Time /*now*/) override { grants_ = contest_.grants; }
  [[nodiscard]] Facts facts() const override {
    const double fairness = std::floor(fairness_of(grants_) * 10'000) / 10'000;
    const Json value = fairness;
    return {{"fairness", value, "fairness (Jain's index): " + value.dump()}};
  }

 private:
  const Plan& plan_;
  Contest contest_;
  std::vector<std::uint64_t> grants_;  // until the end of what was measured
};

}  // namespace

double fairness_of(const std::vector<std::uint64_t>& counts) {
  double sum = 0;
  double squares = 0;
  for (const std::uint64_t count : counts) {
    const auto value = static_cast<double>(count);
    sum += value;
    squares += value * value;
  }
  return squares > 0 ? sum * sum / (static_cast<double>(counts.size()) * squares) : 1;
}

std::unique_ptr<Workload> make_contend(const Plan& plan, Tally& tally) {
  return std::make_unique<Contend>(plan, tally);
}

}  // namespace pawl::cli::bench
