// SPDX-License-Identifier: Apache-2.0
//
// How the servers are entered: who asks, and whether the connections are encrypted. The same for
// each connection, to servers that others name, too.
#pragma once

#include <optional>
#include <string>

#include "client/reply_line.hpp"
#include "pawl/tls.hpp"

namespace pawl::client {

struct Access {
  std::string user;    // empty: nobody is named by AUTH
  std::string secret;  // never shown, never said
  std::optional<TlsOptions> tls;
};

// What is wrong with it, for a person; empty: nothing that is seen without a server.
[[nodiscard]] std::string problem_in(const Access& access);

// The AUTH that is the first line of each connection.
[[nodiscard]] std::string auth_line(const Access& access);

// Of an ERR: "LIMIT: limit=connections".
[[nodiscard]] std::string why_not_accepted(const ReplyLine& error);

// It will be refused again: by who asks, not by the state of the server.
[[nodiscard]] bool is_denied(const ReplyLine& reply);

}  // namespace pawl::client
