// SPDX-License-Identifier: Apache-2.0
//
// Counts of the whole server, reached at their defaults. In a build that is not optimized a tenth
// of them is the limit.
#include <sys/resource.h>

#include <algorithm>
#include <catch2/catch.hpp>
#include <iostream>
#include <string>
#include <vector>

#include "limits/ask.hpp"
#include "scale/load.hpp"
#include "scale/server.hpp"
#include "scale/size.hpp"

namespace pawl::testing {
namespace {

constexpr std::size_t locks = scaled(5'000'000);
constexpr std::size_t sessions = scaled(200'000);
constexpr std::size_t connections = scaled(20'000);

std::vector<std::string> limit(const std::string& name, std::size_t count) {
  if (full_size) return {};  // the default is to be right
  return {"limits." + name + "=" + std::to_string(count)};
}

// For this process and for pawld, which inherits it; as many as the system allows.
std::size_t allow_descriptors(std::size_t wanted) {
  rlimit limit{wanted, wanted};
  if (setrlimit(RLIMIT_NOFILE, &limit) == 0) return wanted;
  getrlimit(RLIMIT_NOFILE, &limit);
  limit.rlim_cur = limit.rlim_max;
  setrlimit(RLIMIT_NOFILE, &limit);
  return limit.rlim_cur;
}

Script once(const std::string& text, std::size_t peers) {
  return {1, [text, asked = std::vector<bool>(peers)](std::size_t peer, std::string& out) mutable {
            if (!asked[peer]) out += text;
            asked[peer] = true;
          }};
}

}  // namespace

TEST_CASE("5,000,000 locks are held, not one more, within the memory that is the default") {
  Server server(limit("locks", locks));
  Load crew(server.port());
  crew.open(16);
  for (std::size_t begun = 0; begun < locks; begun += locks / 50) {
    crew.perform({256, [&, made = begun](std::size_t, std::string& out) mutable {
                    if (made == begun + locks / 50) return;
                    out += "LOCK full/";
                    append_number(out, made++, 9);
                    out += " ttl=24h\n";
                  }});
    REQUIRE(crew.first_refusal().empty());
  }
  LineClient client(server.port());
  CHECK(ask(client, "LOCK one-more") == "ERR LIMIT limit=locks");
  CHECK(ask(client, "LOCK full/000000000 wait=0").starts_with("ERR BUSY "));
  CHECK(server.counts().locks == locks);
  std::cout << "  " << server.resident_bytes() / 1'048'576 << " MiB of memory" << std::endl;
  CHECK(server.end() == 0);
}

TEST_CASE("200,000 sessions live, not one more, and one that ends makes room") {
  Server server(limit("sessions", sessions));
  constexpr std::size_t at_once = 100;
  for (std::size_t opened = 0; opened < sessions; opened += at_once) {
    Load brief(server.port());
    brief.open(at_once);
    brief.perform(once("OPEN ttl=24h\n", at_once));
    REQUIRE(brief.first_refusal().empty());
  }
  LineClient client(server.port());
  CHECK(ask(client, "OPEN") == "ERR LIMIT limit=sessions");
  CHECK(server.counts().sessions == sessions);
  CHECK(server.end() == 0);
}

TEST_CASE("20,000 clients are connected, and the next is told so") {
  constexpr std::size_t spare = 500;
  const std::size_t most = std::min(connections, allow_descriptors(connections + spare) - spare);
  if (most < connections) WARN("the system's descriptors allow no more than " << most);
  Server server(most < connections ? std::vector{"limits.connections=" + std::to_string(most)}
                                   : limit("connections", connections));
  Load crowd(server.port());
  crowd.open(most - 1);  // and the one that asks for STATUS
  CHECK(server.counts().connections == most);
  LineClient late(server.port());
  CHECK(late.read_line() == "ERR LIMIT limit=connections msg=\"too many connections\"");
  CHECK(late.is_closed());
  crowd.perform(once("LOCK a wait=0\n", most));
  CHECK(crowd.refusals() == most - 2);  // all but one: BUSY
  CHECK(server.end() == 0);
}

}  // namespace pawl::testing
