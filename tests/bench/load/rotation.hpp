// SPDX-License-Identifier: Apache-2.0
//
// Renews what is held, one after the other and again from the first: locks by their tokens, or
// sessions by their secrets.
#pragma once

#include <vector>

#include "load/engine.hpp"
#include "load/histogram.hpp"
#include "load/names.hpp"

namespace pawl::bench {

class Rotation final : public Workload {
 public:
  Rotation(Op op, const Names& names, const std::vector<std::uint64_t>& tokens)
      : op_(op), names_(names), tokens_(tokens) {}

  std::optional<Request> next(Lane /*lane*/, Moment /*now*/) override {
    if (finishing_) return std::nullopt;
    const std::size_t i = next_;
    next_ = i + 1 == names_.size() ? 0 : i + 1;
    return Request{op_, names_[i], tokens_.empty() ? 0 : tokens_[i], std::chrono::hours(1)};
  }

  void on_reply(Lane /*lane*/, const Request& /*asked*/, const Reply& reply, Span took,
                Moment /*now*/) override {
    if (reply.right) renewals_.add(took);
  }

  void finish() { finishing_ = true; }
  void forget() { renewals_ = {}; }
  [[nodiscard]] const Histogram& figures() const { return renewals_; }

 private:
  Op op_;
  const Names& names_;
  const std::vector<std::uint64_t>& tokens_;
  std::size_t next_ = 0;
  bool finishing_ = false;
  Histogram renewals_;
};

}  // namespace pawl::bench
