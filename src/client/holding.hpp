// SPDX-License-Identifier: Apache-2.0
//
// Drives one Acquisition over the network, on one io_context and its thread: looks names up,
// connects to one server after the other, reconnects at once and often, ticks. Time is a BootTimer
// and a clock that takes the larger elapsed of CLOCK_BOOTTIME and CLOCK_MONOTONIC_RAW, so that a
// suspended machine finds its lease gone when it wakes.
#pragma once

#include <boost/asio/io_context.hpp>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "client/acquisition.hpp"
#include "client/lookup.hpp"
#include "client/server_address.hpp"

namespace pawl::client {

struct HoldingOptions {
  std::vector<ServerAddress> servers;  // at least one; tried in turn, who answered last first
  Wanted wanted;                       // its patience is the timeout
  Milliseconds timeout{5'000};         // to reach a server at all, and for release() to be answered
  Resolve resolve = ask_system;        // how names are looked up: on threads of its own
};

class Holding {
 public:
  // `changed` is called, never from within a call of ours, after each change of state() and each
  // move of held_until(), and when unreachable() or gave_up() become true.
  Holding(boost::asio::io_context& context, HoldingOptions options, std::function<void()> changed);
  ~Holding();  // closes the connection; gives nothing back
  Holding(const Holding&) = delete;
  Holding& operator=(const Holding&) = delete;

  [[nodiscard]] const Acquisition& acquisition() const;
  [[nodiscard]] Moment now() const;  // reads the clock

  // No server answered within the timeout and none ever had: `why` is for a person.
  [[nodiscard]] bool unreachable() const;
  [[nodiscard]] std::string why_unreachable() const;

  // Acquisition::release, asked again over new connections until answered, or for the timeout or
  // until held_until(), whichever comes first: then gave_up(); what is left ends with its lease.
  void release();
  [[nodiscard]] bool gave_up() const;

 private:
  class Impl;
  std::shared_ptr<Impl> impl_;
};

}  // namespace pawl::client
