// SPDX-License-Identifier: Apache-2.0
//
// Looks at the servers again and again, or once, and hands on what they told, for whoever prints
// it. Who never answered is a Failure; one that goes away later is said once, and awaited.
#pragma once

#include <boost/asio/io_context.hpp>
#include <functional>

#include "cli/globals.hpp"
#include "cli/top/looker.hpp"
#include "pawl/types.hpp"

namespace pawl::cli::top {

class Blocks {
 public:
  // `span`: since the one before.
  using Print = std::function<void(const Told& told, Milliseconds span)>;

  Blocks(const Globals& globals, Question question);

  // Without `once` only a signal or a Failure ends it.
  int run(Milliseconds interval, bool once, const Print& print);

 private:
  using Time = std::chrono::steady_clock::time_point;

  Told look();
  Told look_for_the_first();
  void sleep_until(Time time);

  std::chrono::milliseconds timeout_;
  Question question_;
  boost::asio::io_context context_{1};
  Looker looker_;
};

}  // namespace pawl::cli::top
