// SPDX-License-Identifier: Apache-2.0
#include "cli/asking.hpp"

#include <chrono>
#include <string>
#include <utility>

#include "cli/access.hpp"
#include "cli/text/printable.hpp"

namespace pawl::cli {

std::vector<client::ServerAddress> servers_of(const Globals& globals) {
  auto addresses = client::parse_server_addresses(globals.servers);
  if (addresses) return *std::move(addresses);
  throw Failure(exit_usage, "not host:port[,host:port...]: " + in_quotes(globals.servers));
}

client::Asker asker_of(const Globals& globals) {
  return {servers_of(globals), std::chrono::milliseconds{globals.timeout_ms}, access_of(globals)};
}

client::ReplyLine ask(client::Asker& asker, const client::RequestLine& request) {
  client::ReplyLine reply = asker.ask(request);
  if (reply.kind == client::ReplyLine::Kind::error) throw failure_of(reply);
  return reply;
}

std::uint64_t number_in(const client::ReplyLine& reply, std::string_view key) {
  const auto number = reply.number(key);
  if (number) return *number;
  throw Failure(exit_refused,
                "the reply makes no sense: an OK whose " + std::string(key) + "= is no number");
}

}  // namespace pawl::cli
