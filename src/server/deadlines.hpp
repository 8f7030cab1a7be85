// SPDX-License-Identifier: Apache-2.0
//
// When the shell must look at a connection again. At most one live entry per connection: a later
// deadline waits until the earlier entry comes up and is put back, so re-arming costs nothing.
#pragma once

#include <cstddef>
#include <optional>
#include <vector>

#include "base/ids.hpp"
#include "base/moment.hpp"

namespace pawl::server {

class Deadlines {
 public:
  struct Entry {
    Moment when;
    ConnectionId connection;
  };

  void add(Moment when, ConnectionId connection);
  [[nodiscard]] Moment next() const { return heap_.empty() ? never : heap_.front().when; }
  [[nodiscard]] std::optional<Entry> take_due(Moment now);

 private:
  std::vector<Entry> heap_;  // the earliest in front
};

}  // namespace pawl::server
