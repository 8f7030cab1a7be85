// SPDX-License-Identifier: Apache-2.0
//
// Asks something once for each of many names, and keeps the tokens: locks to be held.
#pragma once

#include <algorithm>
#include <vector>

#include "load/engine.hpp"
#include "load/names.hpp"

namespace pawl::bench {

// What any server takes. Who comes so late that this is more than is left has to notice.
inline constexpr std::chrono::milliseconds least_ttl{1'000};

class EachOnce final : public Workload {
 public:
  EachOnce(Op op, const Names& names, std::chrono::milliseconds ttl)
      : op_(op), names_(names), ttl_(ttl), tokens_(names.size()) {}

  // Locks that end at that moment, whenever they begin.
  EachOnce(const Names& names, Moment all_end)
      : op_(Op::acquire), names_(names), all_end_(all_end), tokens_(names.size()) {}

  std::optional<Request> next(Lane lane, Moment now) override {
    if (asked_ == names_.size()) return std::nullopt;
    if (all_end_ != Moment{}) ttl_ = left_at(now);
    if (lane >= index_.size()) index_.resize(lane + 1);
    index_[lane] = asked_;
    return Request{op_, names_[asked_++], 2'000'000, ttl_};
  }

  void on_reply(Lane lane, const Request& /*asked*/, const Reply& reply, Span /*took*/,
                Moment /*now*/) override {
    tokens_[index_[lane]] = reply.value;
    if (reply.right) ++right_;
  }

  [[nodiscard]] std::size_t right() const { return right_; }
  [[nodiscard]] const std::vector<std::uint64_t>& tokens() const { return tokens_; }

 private:
  [[nodiscard]] std::chrono::milliseconds left_at(Moment now) const {
    return std::max(std::chrono::ceil<std::chrono::milliseconds>(all_end_ - now), least_ttl);
  }

  Op op_;
  const Names& names_;
  std::chrono::milliseconds ttl_{};
  Moment all_end_{};
  std::vector<std::size_t> index_;  // by lane: whose reply is due
  std::vector<std::uint64_t> tokens_;
  std::size_t asked_ = 0;
  std::size_t right_ = 0;
};

}  // namespace pawl::bench
