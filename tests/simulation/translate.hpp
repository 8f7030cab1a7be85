// SPDX-License-Identifier: Apache-2.0
//
// Between a client's words and the node's: an Ask becomes a request of views, a reply becomes what
// the client keeps of it.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/reply.hpp"
#include "base/request.hpp"
#include "history.hpp"

namespace pawl::simulation {

// Valid as long as the operation is.
class Translation {
 public:
  explicit Translation(const Operation& operation);
  Translation(const Translation&) = delete;
  Translation& operator=(const Translation&) = delete;
  [[nodiscard]] const Request& request() const { return request_; }

 private:
  Request make(const Operation& operation);

  std::vector<std::string_view> words_;
  std::string note_;
  Request request_;
};

[[nodiscard]] Outcome outcome_of(const ReplyBody& body);

// Which session a connection is attached to, once this reply has been given.
[[nodiscard]] SessionId session_after(SessionId before, const Operation& answered);

[[nodiscard]] std::string to_text(const Operation& operation);

}  // namespace pawl::simulation
