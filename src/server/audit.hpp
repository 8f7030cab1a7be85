// SPDX-License-Identifier: Apache-2.0
//
// Lines of the log about who did, or tried, what: every BREAK, SLOTS, PROMOTE and HANDOVER that was
// done, every UNLOCK and RENEW of another's; those that failed and requests that were denied. Who
// fails or is denied again and again is told of ten times a minute, for each kind of request, and
// how often nothing was told stands in the next such line.
#pragma once

#include <chrono>
#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>
#include <vector>

#include "base/moment.hpp"
#include "base/reply.hpp"
#include "base/request.hpp"
#include "server/log.hpp"
#include "server/said_lately.hpp"

namespace pawl::server {

struct Client {
  std::string_view user;  // empty: has not said
  std::string address;
};

class Audit {
 public:
  explicit Audit(const Log& log) : log_(log) {}

  // Is it one of an operator's?
  [[nodiscard]] static bool concerns(const Request& request);
  // A request is about to be stepped; again and again, perhaps, until it is answered.
  void asked(Origin from, const Request& request, const Client& client);
  void answered(const Reply& reply, Moment now);
  void denied(const Request& request, const Client& client, ErrorCode code, Moment now);
  // What this connection asked will not be answered.
  void gone(ConnectionId connection);

  [[nodiscard]] bool awaits_answers() const { return !pending_.empty(); }

 private:
  struct Pending {
    Origin from;
    std::string_view what;
    std::string user;
    std::string address;
    std::string about;
    std::uint64_t token = 0;
    std::string reason;
  };
  void write(const Pending& done, std::string_view outcome);
  // May this failure be told? Else it is counted.
  [[nodiscard]] bool may_say(std::initializer_list<std::string_view> what, Moment now);

  const Log& log_;
  std::vector<Pending> pending_;
  SaidLately said_{std::chrono::minutes(1), 10};
  std::uint64_t untold_ = 0;  // failures since the last that was told
};

}  // namespace pawl::server
