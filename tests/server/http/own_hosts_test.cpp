// SPDX-License-Identifier: Apache-2.0
#include "server/http/own_hosts.hpp"

#include <catch2/catch.hpp>

namespace pawl::server::http {

TEST_CASE("addresses, localhost and the own names are this machine, with or without a port") {
  const OwnHosts hosts({"Pawl.Example", ""});
  const char* host = GENERATE("127.0.0.1", "127.0.0.1:7297", "10.1.2.3:80", "[::1]", "[::1]:7297",
                              "localhost", "LOCALHOST:7297", "pawl.example", "PAWL.example:1");
  CAPTURE(host);
  CHECK(hosts.include(host));
}

TEST_CASE("any other name is not: it may be made to point here") {
  const OwnHosts hosts({"pawl.example", ""});
  const char* host = GENERATE("evil.example", "pawl.example.evil.example", "xpawl.example", "",
                              ":7297", "[::1", "[::1]x", "127.0.0.1.evil.example", "[evil]");
  CAPTURE(host);
  CHECK_FALSE(hosts.include(host));
}

TEST_CASE("this machine has a name") { CHECK_FALSE(own_host_name().empty()); }

}  // namespace pawl::server::http
