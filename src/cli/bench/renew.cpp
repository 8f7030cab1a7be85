// SPDX-License-Identifier: Apache-2.0
#include "cli/bench/renew.hpp"

namespace pawl::cli::bench {
namespace {

struct Renewals {
  Tally& tally;
  std::size_t keepalive;
  std::size_t renew;
};

// First the leased locks, then the session: a connection that has one takes no more leases.
class Renewer : public Driver {
 public:
  Renewer(Renewals& renewals, const Plan& plan, std::size_t connection)
      : renewals_(renewals), ttl_(" ttl=" + std::to_string(plan.ttl.count()) + "\n") {
    for (std::uint64_t i = 0; i < plan.depth; ++i) {
      names_.push_back(plan.prefix + std::to_string(connection) + "-" + std::to_string(i));
    }
    renew_heads_.resize(names_.size());
    tokens_.resize(names_.size());
  }

  void on_open(Link& link) override {
    for (std::uint32_t slot = 0; slot < names_.size(); ++slot) {
      link.ask("LOCK " + names_[slot] + ttl_, What::lock, slot);
    }
    link.ask("OPEN on_disconnect=release" + ttl_, What::open);
    held_ = names_.size();
  }

  void on_reply(Link& link, const Asked& asked, const Answer& answer) override {
    if (asked.what == What::lock) on_lock(link, asked, answer);
    if (asked.what == What::open) on_session(link, answer);
    if (asked.what == What::keepalive || asked.what == What::renew) on_renewal(link, asked, answer);
    if (asked.what == What::unlock) --held_;
    is_quiet_ = link.asked().empty();
  }

  void on_end(Link& link) override {
    is_ending_ = true;
    if (!link.is_open()) return;
    for (std::uint32_t slot = 0; slot < names_.size(); ++slot) {
      if (tokens_[slot] != 0) give_back(link, slot);
    }
    if (has_session_) link.ask("CLOSE\n", What::close);
    is_quiet_ = link.asked().empty();
  }

  [[nodiscard]] bool is_done() const override { return is_quiet_; }
  [[nodiscard]] std::uint64_t held() const override { return held_; }

 private:
  void give_back(Link& link, std::uint32_t slot) {
    link.ask("UNLOCK " + names_[slot] + " token=", tokens_[slot], What::unlock, slot);
  }

  void on_lock(Link& link, const Asked& asked, const Answer& answer) {
    if (answer.kind != Answer::Kind::granted) {
      --held_;
      return renewals_.tally.error(error_of(answer));
    }
    tokens_[asked.slot] = answer.token;
    renew_heads_[asked.slot] = "RENEW " + names_[asked.slot] + " token=";
    if (is_ending_) give_back(link, asked.slot);
  }

  void on_session(Link& link, const Answer& answer) {
    has_session_ = answer.kind == Answer::Kind::told && answer.text.starts_with("session=");
    if (!has_session_) return renewals_.tally.error(error_of(answer));
    if (is_ending_) return link.ask("CLOSE\n", What::close);
    for (std::uint32_t slot = 0; slot < names_.size(); ++slot) {
      if (tokens_[slot] != 0) go_on(link, {What::renew, slot, {}});
    }
  }

  void on_renewal(Link& link, const Asked& asked, const Answer& answer) {
    const bool is_session = asked.what == What::keepalive;
    if (answer.kind == Answer::Kind::lasting) {
      renewals_.tally.success(is_session ? renewals_.keepalive : renewals_.renew,
                              link.now() - asked.sent);
    } else {
      renewals_.tally.error(error_of(answer));
    }
    go_on(link, asked);
  }

  void go_on(Link& link, const Asked& before) {
    if (is_ending_) return;
    if (before.what == What::renew) {
      link.ask("KEEPALIVE\n", What::keepalive, before.slot);
    } else {
      link.ask(renew_heads_[before.slot], tokens_[before.slot], What::renew, before.slot);
    }
  }

  Renewals& renewals_;
  std::string ttl_;
  std::vector<std::string> names_;  // one a slot
  std::vector<std::string> renew_heads_;
  std::vector<std::uint64_t> tokens_;  // 0: not granted
  std::uint64_t held_ = 0;
  bool has_session_ = false;
  bool is_quiet_ = true;  // all is answered
  bool is_ending_ = false;
};

class Renew : public Workload {
 public:
  Renew(const Plan& plan, Tally& tally)
      : plan_(plan),
        renewals_{tally, tally.add_operation("keepalive"), tally.add_operation("renew")} {}

  [[nodiscard]] std::size_t connections() const override { return plan_.connections; }
  std::unique_ptr<Driver> driver(std::size_t connection) override {
    return std::make_unique<Renewer>(renewals_, plan_, connection);
  }

 private:
  const Plan& plan_;
  Renewals renewals_;
};

}  // namespace

std::unique_ptr<Workload> make_renew(const Plan& plan, Tally& tally) {
  return std::make_unique<Renew>(plan, tally);
}

}  // namespace pawl::cli::bench
