// SPDX-License-Identifier: Apache-2.0
//
// A client under load that remembers what it was told, so that it can look after a crash whether
// that is still so, and take up again what was cut off.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <random>
#include <string>
#include <string_view>
#include <vector>

#include "durability/door.hpp"
#include "durability/history.hpp"

namespace pawl::testing {

// By lock name, as SHOW tells them.
using Shown = std::map<std::string, std::vector<Holder>>;

class Worker {
 public:
  Worker(unsigned number, bool has_session, std::uint64_t seed, History& history);

  // Until the server is gone or something was wrong.
  void work(const Door& door);

  // After a restart: is it all still so? Takes up again what was cut off.
  void check(const Door& door, const Shown& shown);
  // After a restart that may have forgotten: goes on with other names, for these may be held.
  void forget(std::uint64_t era);

  static std::vector<std::string> lock_names();

 private:
  enum class Session : std::uint8_t { none, opening, open, closing };
  enum class Doing : std::uint8_t { nothing, locking, unlocking };
  struct Released {
    std::string name;
    std::uint64_t token = 0;
  };

  void one_request(Connection& client);
  void open(Connection& client);
  void close(Connection& client);
  void lock(Connection& client);
  void unlock(Connection& client);
  void renew(Connection& client);
  void on_lock_reply(std::string_view reply);
  void released();

  void check_session(Connection& client, const Shown& shown);
  void check_holds(Connection& client, const Shown& shown);
  void check_releases(Connection& client);
  void settle_lock(Connection& client, const Shown& shown);
  void settle_unlock(Connection& client, const Shown& shown);

  std::string ask(Connection& client, const std::string& line);
  [[nodiscard]] std::string lock_line() const;
  [[nodiscard]] std::uint64_t below(std::uint64_t end) { return random_() % end; }
  void new_secret();

  const std::string who_;
  const bool has_session_;
  std::mt19937_64 random_;
  History& history_;

  Session session_ = Session::none;
  std::string secret_;
  std::string era_;            // of its names
  std::uint64_t counted_ = 0;  // what it asked for, for notes and ids

  std::vector<Acquisition> held_;   // acknowledged
  std::vector<Released> released_;  // acknowledged, since the last start
  Doing doing_ = Doing::nothing;    // asked for and not answered yet
  Acquisition subject_;             // of what it is doing
  bool waits_ = false;
};

// What holds these names now.
[[nodiscard]] Shown show(const Door& door, const std::vector<std::string>& names, History& history);

}  // namespace pawl::testing
