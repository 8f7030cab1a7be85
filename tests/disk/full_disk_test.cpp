// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>

#include "disk/data_directory.hpp"

using namespace pawl::testing;

namespace {

// A file system of its own, seen by pawld alone: nothing of it is left when pawld ends.
Words on_small_disk(const std::string& path, const std::string& size) {
  std::filesystem::create_directory(path);
  return {"/usr/bin/unshare",
          "-m",
          "/bin/sh",
          "-c",
          R"(mount -t tmpfs -o mode=700,size=)" + size + R"( none "$0" && exec "$@")",
          path};
}

void fill(const std::string& path) {
  std::ofstream file(path, std::ios::binary);
  const std::string piece(1 << 20, 'x');
  while (file.write(piece.data(), static_cast<std::streamsize>(piece.size())).flush()) continue;
}

void wait_for_line(Process& process, std::string_view text) {
  while (const auto line = process.read_line()) {
    if (line->find(text) != std::string::npos) return;
  }
  FAIL("pawld ended before it said: " << text);
}

}  // namespace

TEST_CASE("on a full disk new locks are refused, all that ends or renews them goes on") {
  if (!may_mount()) {
    WARN("not tried: mounting is not allowed here");
    return;
  }
  const DataDirectory data;
  const auto daemon = data.start({}, {}, on_small_disk(data.path(), "128m"));
  LineClient client(daemon->port());
  LineClient session(daemon->port());
  CHECK(ask(client, "LOCK a ttl=1h") == "OK token=1 ttl=3600000");
  CHECK(ask(session, "OPEN ttl=1h").starts_with("OK session="));
  CHECK(ask(session, "LOCK b") == "OK token=2 ttl=3600000");

  const std::string filler =
      "/proc/" + std::to_string(daemon->process().pid()) + "/root" + data.path() + "/filler";
  fill(filler);
  wait_for_line(daemon->process(), "disk full");

  // The line comes a moment before its effect.
  int locks = 0;
  while (ask(client, "LOCK n/" + std::to_string(locks) + " ttl=1h").starts_with("OK ")) ++locks;
  CHECK(ask(client, "LOCK d ttl=1h").starts_with("ERR DISK_FULL"));
  LineClient third(daemon->port());
  CHECK(ask(third, "OPEN ttl=1h").starts_with("ERR DISK_FULL"));
  CHECK(ask(client, "RENEW a token=1 ttl=2h") == "OK ttl=7200000");
  CHECK(ask(session, "KEEPALIVE") == "OK ttl=3600000");
  CHECK(ask(session, "UNLOCK b token=2") == "OK");
  CHECK(ask(client, "VERIFY b token=2").starts_with("ERR NOT_HELD"));

  REQUIRE(std::filesystem::remove(filler));
  wait_for_line(daemon->process(), "disk has room again");
  std::string reply = ask(client, "LOCK d ttl=1h");
  while (reply.starts_with("ERR DISK_FULL")) reply = ask(client, "LOCK d ttl=1h");
  CHECK(reply.starts_with("OK token="));
}

TEST_CASE("a start without room for the log says so") {
  if (!may_mount()) {
    WARN("not tried: mounting is not allowed here");
    return;
  }
  const DataDirectory data;

  const Outcome outcome = data.pawld({}, on_small_disk(data.path(), "4m"));

  CHECK(outcome.code == 74);
  CHECK(outcome.says("No space left on device"));
}
