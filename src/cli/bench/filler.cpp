// SPDX-License-Identifier: Apache-2.0
#include "cli/bench/filler.hpp"

#include <algorithm>
#include <utility>

namespace pawl::cli::bench {

Share share_of(const Plan& plan, std::size_t connection, std::uint64_t depth) {
  const std::uint64_t whole = plan.locks / plan.connections;
  const std::uint64_t rest = plan.locks % plan.connections;
  const std::uint64_t extra = std::min<std::uint64_t>(connection, rest);
  return {plan.prefix + "many/", connection * whole + extra, whole + (connection < rest ? 1 : 0),
          depth};
}

Filler::Filler(Share share, Tally& tally, Hoard& hoard)
    : share_(std::move(share)), tally_(tally), hoard_(hoard), tokens_(share_.count) {}

void Filler::on_open(Link& link) { go_on(link); }

void Filler::go_on(Link& link) {
  if (is_ending_) return give_back(link);
  fill(link);
}

void Filler::fill(Link& link) {
  while (asked_ < share_.depth && next_ < share_.count) {
    const auto ttl = hoard_.ttl(link.now());
    is_late_ = !ttl;
    if (is_late_) return;
    const std::string name = share_.prefix + std::to_string(share_.first + next_);
    ++asked_;
    link.ask("LOCK " + name + " ttl=" + std::to_string(ttl->count()) + "\n", What::fill,
             static_cast<std::uint32_t>(next_++));
  }
}

void Filler::give_back(Link& link) {
  for (; asked_ < share_.depth && next_ < share_.count; ++next_) {
    if (tokens_[next_] != 0) release(link, next_);
  }
}

void Filler::release(Link& link, std::uint64_t slot) {
  ++asked_;
  link.ask("UNLOCK " + share_.prefix + std::to_string(share_.first + slot) + " token=",
           tokens_[slot], What::empty);
  tokens_[slot] = 0;
}

void Filler::on_reply(Link& link, const Asked& asked, const Answer& answer) {
  --asked_;
  if (asked.what == What::fill) {
    on_filled(link, asked, answer);
  } else {
    --held_;
  }
  go_on(link);
}

void Filler::on_filled(Link& link, const Asked& asked, const Answer& answer) {
  if (answer.kind != Answer::Kind::granted) return tally_.error(error_of(answer));
  ++held_;
  tokens_[asked.slot] = answer.token;
  hoard_.filled(link.now() - asked.sent, link.now());
  // The search for what is held may have passed it by.
  if (is_ending_) release(link, asked.slot);
}

void Filler::on_end(Link& link) {
  is_ending_ = true;
  next_ = 0;
  if (link.is_open()) give_back(link);
}

}  // namespace pawl::cli::bench
