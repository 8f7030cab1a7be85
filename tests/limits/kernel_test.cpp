// SPDX-License-Identifier: Apache-2.0
//
// What the kernel does for pawld's clients. One that says nothing may stay: it is counted, and
// asked whether it is there.
#include <catch2/catch.hpp>
#include <stdexcept>
#include <string>

#include "limits/ask.hpp"
#include "system/process.hpp"

namespace pawl::testing {
namespace {

// What the kernel knows of the server's side of all connections to this port.
std::string connections_of(std::uint16_t port) {
  Process ss({"/usr/bin/env", "PATH=/usr/sbin:/usr/bin:/sbin:/bin", "ss", "-Htnom", "state",
              "established", "( sport = :" + std::to_string(port) + " )"});
  if (ss.wait() != 0) throw std::runtime_error("ss: " + ss.output());
  return ss.output();
}

// The number behind `key` in skmem:(r0,rb65536,t0,tb131072,…).
int number_behind(const std::string& text, const std::string& key) {
  const std::size_t at = text.find(key);
  REQUIRE(at != text.npos);
  return std::stoi(text.substr(at + key.size()));
}

}  // namespace

TEST_CASE("the kernel lends a client little for what it sends and does not read") {
  const Daemon daemon({"--set", "durability=none"});
  LineClient client(daemon.port());
  REQUIRE(ask(client, "PING") == "OK pong");
  const std::string it = connections_of(daemon.port());
  INFO(it);
  // It counts its own bookkeeping, too: twice what was set.
  CHECK(number_behind(it, ",rb") == 2 * 32'768);
  CHECK(number_behind(it, ",tb") == 2 * 65'536);
}

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
