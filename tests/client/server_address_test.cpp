// SPDX-License-Identifier: Apache-2.0
#include "client/server_address.hpp"

#include <catch2/catch.hpp>

namespace pawl::client {
namespace {

using Addresses = std::vector<ServerAddress>;

TEST_CASE("an address is host:port, [v6]:port, or a host with the default port") {
  CHECK(parse_server_address("db1:7300") == ServerAddress{"db1", "7300"});
  CHECK(parse_server_address("db1") == ServerAddress{"db1", "7295"});
  CHECK(parse_server_address("[::1]:7300") == ServerAddress{"::1", "7300"});
  CHECK(parse_server_address("[::1]") == ServerAddress{"::1", "7295"});
}

TEST_CASE("what is no address is told") {
  const std::string text =
      GENERATE("[[]:1", "a[b:1", "[a]]:1", "", ":7295", "a:", "a:0", "a:65536", "a:x", "a:1:2",
               "::1", "[::1", "[]:1", "[::1]7295", "a b:1", " a", "a\t", "a:+1");
  INFO(text);
  CHECK_FALSE(parse_server_address(text));
}

TEST_CASE("several addresses stand with commas between them, in their order") {
  CHECK(parse_server_addresses("a:7295,b,[::1]:7297") ==
        Addresses{{"a", "7295"}, {"b", "7295"}, {"::1", "7297"}});
  CHECK(parse_server_addresses("a") == Addresses{{"a", "7295"}});
}

TEST_CASE("a list with an empty or a wrong entry is none") {
  const std::string text = GENERATE("", ",", "a,", ",a", "a,,b", "a, b", "a:1,b:0", "[::1,a]");
  INFO(text);
  CHECK_FALSE(parse_server_addresses(text));
}

}  // namespace
}  // namespace pawl::client
