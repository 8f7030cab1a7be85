// SPDX-License-Identifier: Apache-2.0
//
// Which server to try next, for how long, and after what pause: who stood well is tried again, then
// whom a server named, then the next of the list. Attempts and pauses grow with each round of
// the servers, until a connection stands well.
#pragma once

#include <cstddef>
#include <optional>
#include <random>
#include <string>
#include <string_view>
#include <vector>

#include "base/moment.hpp"
#include "client/server_address.hpp"
#include "pawl/types.hpp"

namespace pawl::client {

class Route {
 public:
  Route(std::vector<ServerAddress> servers, std::uint32_t seed);

  // The server of this attempt.
  [[nodiscard]] const ServerAddress& server() const;
  // How often each of them was tried in vain.
  [[nodiscard]] std::size_t round() const { return attempts_ / servers_.size(); }
  void begin() { ++attempts_; }
  // How long to wait for a connection: longer in each round, for where the way is long.
  [[nodiscard]] Span attempt_length(Span longest) const;
  // Why this attempt failed.
  void failed(std::string why);
  // Of each server, why it was not reached: for people.
  [[nodiscard]] std::string failures() const;
  // The connection is of use.
  void stands() { attempts_ = 0; }
  // The attempt, or the connection it became, is over; the pause before the next attempt, which is
  // to the same server if `again`, or to the `primary` that it named, if it did.
  Span leave(bool again, std::string_view primary, Span longest_pause);

 private:
  std::vector<ServerAddress> servers_;  // at least one
  std::vector<std::string> failures_;   // by server, the last; empty: it did not answer
  std::size_t at_ = 0;
  std::optional<ServerAddress> primary_;  // in place of servers_[at_]
  std::size_t attempts_ = 0;              // since a connection stood well
  std::minstd_rand random_;
};

}  // namespace pawl::client
