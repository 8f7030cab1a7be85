// SPDX-License-Identifier: Apache-2.0
//
// Commands ask servers by the library: what -s, --timeout and the options of access say becomes an
// Asker, and what a server refuses a Failure. That none answers is thrown as client::Unreachable,
// that none accepts who asks as client::Denied.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "cli/failure.hpp"
#include "cli/globals.hpp"
#include "client/asking/asker.hpp"
#include "client/reply_line.hpp"
#include "client/request_line.hpp"
#include "client/server_address.hpp"

namespace pawl::cli {

// host:port[,host:port…]. Throws Failure: it is none.
[[nodiscard]] std::vector<client::ServerAddress> servers_of(const Globals& globals);
[[nodiscard]] client::Asker asker_of(const Globals& globals);  // throws Failure likewise

// The OK; throws Failure for an ERR.
client::ReplyLine ask(client::Asker& asker, const client::RequestLine& request);

// The field that this OK must have. Throws Failure: it makes no sense without.
[[nodiscard]] std::uint64_t number_in(const client::ReplyLine& reply, std::string_view key);

}  // namespace pawl::cli
