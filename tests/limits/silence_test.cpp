// SPDX-License-Identifier: Apache-2.0
//
// A client that says nothing may stay: it is counted, and the kernel asks whether it is there.
#include <catch2/catch.hpp>
#include <string>

#include "limits/ask.hpp"
#include "system/process.hpp"

namespace pawl::testing {
namespace {

// What the kernel knows of the server's side of all connections to this port.
std::string connections_of(std::uint16_t port) {
  Process ss({"/usr/bin/env", "PATH=/usr/sbin:/usr/bin:/sbin:/bin", "ss", "-Htno", "state",
              "established", "( sport = :" + std::to_string(port) + " )"});
  if (ss.wait() != 0) throw std::runtime_error("ss: " + ss.output());
  return ss.output();
}

}  // namespace

TEST_CASE("the kernel asks silent clients whether they are still there") {
  const Daemon daemon({"--set", "durability=none"});
  LineClient silent(daemon.port());
  LineClient client(daemon.port());
  REQUIRE(ask(client, "PING") == "OK pong");  // the one before is in, too
  const std::string all = connections_of(daemon.port());
  INFO(all);
  const std::size_t first = all.find("timer:(keepalive,");
  REQUIRE(first != all.npos);
  CHECK(all.find("timer:(keepalive,", first + 1) != all.npos);
  CHECK(ask(client, "STATUS").find("\"connections\":2,") != std::string::npos);
}

}  // namespace pawl::testing
