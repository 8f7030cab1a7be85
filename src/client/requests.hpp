// SPDX-License-Identifier: Apache-2.0
//
// What was asked on this connection and is not answered yet: the one place where a reply meets its
// request. A new connection begins with none; tags are never used twice.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/moment.hpp"
#include "client/request_line.hpp"

namespace pawl::client {

enum class Verb : std::uint8_t { open, resume, keepalive, close, lock, verify, cancel, unlock };

// Names a hold to whoever drives its session; 0: the session itself.
using HoldKey = std::uint64_t;

struct Asked {
  Verb verb = Verb::keepalive;
  HoldKey hold = 0;
  std::uint32_t round = 0;  // of the hold, which begins a new one to ask anew
  Moment sent;
};

class Requests {
 public:
  void ask(const Asked& asked, RequestLine line, std::vector<std::string>& lines);
  std::optional<Asked> take(std::string_view tag);
  std::vector<Asked> take_all();
  void clear() { asked_.clear(); }

 private:
  std::map<std::string, Asked, std::less<>> asked_;  // by tag
  std::uint64_t last_tag_ = 0;
};

}  // namespace pawl::client
