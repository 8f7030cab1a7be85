// SPDX-License-Identifier: Apache-2.0
//
// Connections that have work left, each waiting for its next go: first come, first served, and
// whoever is put back stands behind all others. Keeps its storage.
#pragma once

#include <cstddef>
#include <vector>

#include "base/ids.hpp"

namespace pawl::server {

class Round {
 public:
  void add(ConnectionId connection) { later_.push_back(connection); }

  [[nodiscard]] bool empty() const { return at_ == now_.size() && later_.empty(); }

  // Not of an empty one.
  [[nodiscard]] ConnectionId take() {
    if (at_ == now_.size()) {
      now_.clear();
      now_.swap(later_);
      at_ = 0;
    }
    return now_[at_++];
  }

 private:
  std::vector<ConnectionId> now_;
  std::size_t at_ = 0;  // of now_, the next to be taken
  std::vector<ConnectionId> later_;
};

}  // namespace pawl::server
