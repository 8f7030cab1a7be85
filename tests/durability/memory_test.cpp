// SPDX-License-Identifier: Apache-2.0
//
// What reading a log at a start leaves of memory: nothing, however long the log is.
#include <catch2/catch.hpp>
#include <cstdint>
#include <string>

#include "durability/node.hpp"
#include "scale/size.hpp"
#include "system/line_client.hpp"

namespace pawl::testing {
namespace {

constexpr std::uint64_t MiB = std::uint64_t{1} << 20;

// Three segments of 16 MiB, and no snapshot: that is due at 64.
void fill_log(std::uint16_t port) {
  constexpr int grants = 40'000;
  constexpr int at_once = 100;
  LineClient client(port);
  const std::string note(1'000, 'n');
  for (int granted = 0; granted < grants; granted += at_once) {
    for (int lock = 0; lock < at_once; ++lock)
      client.send("LOCK a" + std::to_string(lock) + " note=" + note);
    for (int lock = 0; lock < at_once; ++lock) {
      const std::string reply = client.read_line();
      REQUIRE(reply.starts_with("OK token="));
      client.send("UNLOCK a" + std::to_string(lock) + " " +
                  reply.substr(3, reply.find(' ', 3) - 3));
    }
    for (int lock = 0; lock < at_once; ++lock) REQUIRE(client.read_line() == "OK");
  }
}

TEST_CASE("a start keeps nothing of the memory it read the log with") {
  const StateDirectory directory;
  const StateDirectory empty;
  {
    Node node({.directory = directory.path()});
    fill_log(node.port());
    REQUIRE(node.kill() == Node::killed);
  }
  const Node fresh({.directory = empty.path()});
  const Node restarted({.directory = directory.path()});
  INFO("fresh " << fresh.resident_bytes() << ", restarted " << restarted.resident_bytes());
  if (full_size) CHECK(restarted.resident_bytes() < fresh.resident_bytes() + 4 * MiB);
}

}  // namespace
}  // namespace pawl::testing
