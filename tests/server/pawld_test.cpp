// SPDX-License-Identifier: Apache-2.0
//
// The program: how it starts, reloads and ends.
#include <unistd.h>

#include <catch2/catch.hpp>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <thread>
#include <vector>

#include "daemon.hpp"
#include "line_client.hpp"

using namespace std::chrono_literals;
using pawl::test::Daemon;
using pawl::test::LineClient;

namespace {

const std::vector<std::string> free_port = {"--set", "listen.client=127.0.0.1:0"};

class TemporaryFile {
 public:
  explicit TemporaryFile(const std::string& text) {
    std::string name = (std::filesystem::temp_directory_path() / "pawld-XXXXXX").string();
    const int descriptor = ::mkstemp(name.data());
    REQUIRE(descriptor >= 0);
    ::close(descriptor);
    path = name;
    write(text);
  }
  TemporaryFile(const TemporaryFile&) = delete;
  TemporaryFile& operator=(const TemporaryFile&) = delete;
  ~TemporaryFile() { std::filesystem::remove(path); }

  void write(const std::string& text) const { std::ofstream(path) << text; }

  std::filesystem::path path;
};

}  // namespace

TEST_CASE("SIGTERM answers waits, closes connections and exits 0") {
  Daemon daemon(free_port);
  const std::uint16_t port = daemon.port();
  LineClient client(port);
  CHECK(client.ask("LOCK a").starts_with("OK token="));
  CHECK(client.ask("#w LOCK a wait=forever\nPING") == "OK pong");
  daemon.signal(SIGTERM);
  CHECK(client.line().value_or("").starts_with("#w ERR SHUTTING_DOWN"));
  CHECK(client.line() == std::nullopt);
  CHECK(daemon.exit_code() == 0);
}

TEST_CASE("a client that does not read does not hold up the end for long") {
  Daemon daemon(free_port);
  const std::uint16_t port = daemon.port();
  LineClient client(port, 4'096);
  LineClient other(port);
  std::string helps;
  for (int i = 0; i < 1'000; ++i) helps += "HELP\n";
  // Many times without room: the server reads no more, because its outbox is full.
  for (int without_room = 0; without_room < 100;) {
    const long now = client.send_some(helps);
    REQUIRE(now >= 0);
    without_room = now == 0 ? without_room + 1 : 0;
    CHECK(other.ask("PING") == "OK pong");
  }
  daemon.signal(SIGTERM);
  CHECK(daemon.exit_code() == 0);
}

TEST_CASE("a port in use is one clear line and exit 75") {
  Daemon first(free_port);
  const std::string address = "127.0.0.1:" + std::to_string(first.port());
  Daemon second({"--set", "listen.client=" + address});
  const auto line = second.logged("cannot listen");
  REQUIRE(line);
  CHECK(line->starts_with("pawld: cannot listen on " + address +
                          ": address already in use (is another pawld running?"));
  CHECK(second.exit_code() == 75);
}

TEST_CASE("an address that is not this machine's is a mistake of configuration") {
  Daemon daemon({"--set", "listen.client=192.0.2.1:7295", "--set", "security.insecure=on"});
  CHECK(daemon.logged("pawld: cannot listen on 192.0.2.1:7295: this machine has no such address"));
  CHECK(daemon.exit_code() == 78);
}

TEST_CASE("SIGHUP reloads limits, names what needs a restart, and keeps a bad file out") {
  const TemporaryFile file("limits:\n  line: 4KiB\n");
  std::vector<std::string> arguments = free_port;
  arguments.insert(arguments.end(), {"--config", file.path.string()});
  Daemon daemon(arguments);
  const std::uint16_t port = daemon.port();
  const std::string line = "PING" + std::string(2'000, ' ');
  LineClient client(port);
  CHECK(client.ask(line) == "OK pong");

  file.write("limits:\n  lime: 1KiB\n");
  daemon.signal(SIGHUP);
  CHECK(daemon.logged("configuration not reloaded"));
  CHECK(client.ask(line) == "OK pong");

  file.write("node: other\nlimits:\n  line: 1KiB\n");
  daemon.signal(SIGHUP);
  const auto reloaded = daemon.logged("configuration reloaded");
  CHECK(reloaded.value_or("").find("limits.line") != std::string::npos);
  CHECK(daemon.logged("needs a restart").value_or("").find("node") != std::string::npos);
  CHECK(client.ask(line).starts_with("ERR TOO_LONG"));
}

TEST_CASE("the descriptors that a flood leaves are enough, also where a client may take two") {
  constexpr std::size_t limit = 300;
  const bool forwards = GENERATE(true, false);
  const bool serves_http = GENERATE(true, false);
  const std::size_t reserved = serves_http ? 128 : 64;
  std::vector<std::string> settings = free_port;
  if (serves_http) settings.insert(settings.end(), {"--set", "listen.http=127.0.0.1:0"});
  if (forwards) settings.insert(settings.end(), {"--set", "resp.forward=on"});
  Daemon daemon(settings, limit);
  const std::uint16_t port = daemon.port();
  std::vector<LineClient> crowd;
  while (crowd.emplace_back(port).ask("PING") == "OK pong") REQUIRE(crowd.size() < limit);
  CHECK(crowd.size() - 1 == (limit - reserved) / (forwards ? 2 : 1));
  for (std::size_t i = 0; i < limit; ++i) crowd.emplace_back(port);
  while (crowd.back().line()) continue;  // until all have been seen
  daemon.signal(SIGTERM);
  CHECK_FALSE(daemon.logged("cannot accept connections"));
}

TEST_CASE("too few descriptors for clients and the disk is one clear line and exit 78") {
  Daemon daemon(free_port, 127);
  CHECK(daemon.logged("pawld: only 127 file descriptors are allowed, at least 128 are needed"));
  CHECK(daemon.exit_code() == 78);
}

// Sanitized, an object's type is looked up through a pipe, for which there is no descriptor here: a
// false alarm.
#ifndef __SANITIZE_ADDRESS__
TEST_CASE("out of file descriptors pawld says so once, idles, and serves again later") {
  Daemon daemon(free_port);
  const std::uint16_t port = daemon.port();
  daemon.wait_for_file("ballast");  // the last that the disk needs a descriptor for
  constexpr std::size_t room = 20;
  daemon.allow_descriptors(room);
  std::vector<LineClient> crowd;
  for (std::size_t i = 0; i < 5 * room; ++i) crowd.emplace_back(port);
  CHECK(daemon.logged("cannot accept connections"));
  CHECK(crowd.front().ask("LOCK a ttl=1h") == "OK token=1 ttl=3600000");

  const auto before = daemon.processor_time();
  std::this_thread::sleep_for(1s);
  CHECK(daemon.processor_time() - before < 200ms);

  CHECK(crowd.front().ask("UNLOCK a token=1") == "OK");
  for (std::size_t i = 0; i < 4 * room; ++i) crowd[i].close();
  CHECK(crowd.back().ask("PING") == "OK pong");
  daemon.signal(SIGTERM);
  CHECK_FALSE(daemon.logged("cannot accept connections"));
  CHECK(daemon.exit_code() == 0);
}
#endif
