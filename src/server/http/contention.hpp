// SPDX-License-Identifier: Apache-2.0
//
// Which locks are waited for most, and since when the first waits. Looks at what is awaited, in
// slices, each a handler of its own. What took more than one slice is kept for a second: however
// many ask, and however often, the loop is not at it all the time.
#pragma once

#include <boost/asio/io_context.hpp>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "base/moment.hpp"
#include "node/node.hpp"
#include "node/scan.hpp"

namespace pawl::server::http {

class Contention {
 public:
  static constexpr std::size_t most = 20;

  struct Found {
    std::vector<std::string> names;  // most waiters first
    std::optional<std::int64_t> oldest_stamp_ms;
  };
  using Done = std::function<void(const Found&)>;

  Contention(boost::asio::io_context& context, const node::Node& node)
      : context_(context), node_(node) {}

  // Calls `done` once: at once, or in a later handler.
  void find(Moment now, Done done);

 private:
  void go_on();

  boost::asio::io_context& context_;
  const node::Node& node_;
  std::optional<node::AwaitedScan> scan_;  // under way
  bool took_long_ = false;                 // more than one slice
  Moment began_;
  std::vector<Done> waiting_;
  std::optional<Found> kept_;
  Moment kept_until_;
};

}  // namespace pawl::server::http
