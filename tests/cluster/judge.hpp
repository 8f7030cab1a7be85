// SPDX-License-Identifier: Apache-2.0
//
// What all clients asked and were told, by their own clocks, and whether it can be true: no token
// repeats or falls, nobody is granted what another may still count on, nothing acknowledged is lost
// before its time. The first thing that cannot be true is kept. Any thread.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <mutex>
#include <string>

#include "cluster/wire.hpp"

namespace pawl::testing {

// One acquisition. A client counts on it until `until`, or until it asks for the release.
struct Hold {
  std::string name;
  std::string id;           // unique
  std::uint64_t floor = 0;  // tokens known when it was first asked for
  std::uint64_t token = 0;  // once granted
  TimePoint until = {};
};

class Judge {
 public:
  void asks(Hold& hold);
  void granted(Hold& hold, std::uint64_t token, TimePoint sent, std::chrono::milliseconds ttl);
  // By RENEW or VERIFY.
  void confirmed(Hold& hold, TimePoint sent, std::chrono::milliseconds ttl);
  void releases(const Hold& hold);
  // Nobody asked for its end.
  void not_held(const Hold& hold, const std::string& reply);

  void wrong(const std::string& what);
  [[nodiscard]] std::string first_wrong() const;  // empty: all can be true
  [[nodiscard]] std::size_t grants() const;

 private:
  struct Claim {
    std::string id;
    TimePoint granted;  // at the latest
    TimePoint until;    // or the release
  };
  void look_at(const std::string& name);
  void wrong_locked(const std::string& what);

  mutable std::mutex mutex_;
  std::uint64_t highest_ = 0;
  std::map<std::uint64_t, std::string> ids_;                      // by token
  std::map<std::string, std::map<std::uint64_t, Claim>> claims_;  // by name, by token
  std::string first_wrong_;
};

}  // namespace pawl::testing
