// SPDX-License-Identifier: Apache-2.0
//
// How long the records of a turn take to be committed. Of all that are on their way one turn at a
// time is watched.
#pragma once

#include <chrono>

#include "base/histogram.hpp"
#include "base/ids.hpp"
#include "base/moment.hpp"

namespace pawl::server {

class CommitWatch {
 public:
  // A turn made records, up to this one.
  void on_made(LogIndex last, Moment now) {
    if (watched_.value != 0) return;
    watched_ = last;
    since_ = now;
  }
  void on_applied(LogIndex applied, Moment now) {
    if (watched_.value == 0 || applied < watched_) return;
    spans_.add(now - since_);
    watched_ = {};
  }
  // What was made may never be committed.
  void forget() { watched_ = {}; }

  [[nodiscard]] const Histogram& spans() const { return spans_; }

 private:
  LogIndex watched_;  // none: 0
  Moment since_;
  Histogram spans_{std::chrono::microseconds{100}};
};

}  // namespace pawl::server
