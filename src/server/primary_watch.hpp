// SPDX-License-Identifier: Apache-2.0
//
// How long there has been no primary. A moment without one is an election, and nobody's trouble;
// what lasts is said, and again after a while.
#pragma once

#include <optional>

#include "base/moment.hpp"

namespace pawl::server {

class PrimaryWatch {
 public:
  PrimaryWatch(Span patience, Span pause) : patience_(patience), pause_(pause) {}

  // Now and then. For how long there has been none, if that is to be said now.
  [[nodiscard]] std::optional<Span> look(Moment now, bool has_primary) {
    if (has_primary) since_ = never;
    if (!has_primary && since_ == never) since_ = say_at_ = now;
    if (has_primary || now - since_ < patience_ || now < say_at_) return std::nullopt;
    say_at_ = now + pause_;
    return now - since_;
  }

 private:
  Span patience_;
  Span pause_;
  Moment since_ = never;
  Moment say_at_ = never;
};

}  // namespace pawl::server
