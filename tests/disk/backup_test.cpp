// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>

#include "disk/data_directory.hpp"

using namespace pawl::testing;
namespace fs = std::filesystem;

namespace {

constexpr std::uint64_t leap = std::uint64_t{1} << 40;

// A leased lock a, a session with b and a wait for a; its secret.
std::string fill(const DataDirectory& data) {
  const auto daemon = data.start();
  LineClient client(daemon->port());
  REQUIRE(ask(client, "LOCK a ttl=1h note=\"two words\"") == "OK token=1 ttl=3600000");
  const std::string opened = ask(client, "OPEN ttl=2h name=worker");
  REQUIRE(ask(client, "LOCK b") == "OK token=2 ttl=7200000");
  daemon->process().terminate();
  REQUIRE(daemon->process().wait() == 0);
  const std::size_t secret = opened.find("session=") + 8;
  return opened.substr(secret, opened.find(' ', secret) - secret);
}

}  // namespace

TEST_CASE(
    "a restored backup has the locks and sessions, and tokens far above all it may not know") {
  const DataDirectory data;
  const std::string secret = fill(data);
  const std::string file = data.beside("backup");
  const Outcome backed_up = data.pawld({"backup", file});
  CHECK(backed_up.code == 0);
  CHECK(backed_up.says("2 locks, 1 session"));
  const DataDirectory copy;

  const Outcome restored = copy.pawld({"restore", file});

  CHECK(restored.code == 0);
  CHECK(restored.says("2 locks, 1 session"));
  {
    const auto daemon = copy.start();
    LineClient client(daemon->port());
    CHECK(ask(client, "VERIFY a token=1").starts_with("OK ttl="));
    CHECK(ask(client, "RESUME " + secret).starts_with("OK session=" + secret));
    CHECK(ask(client, "VERIFY b token=2").starts_with("OK ttl="));
    CHECK(ask(client, "SHOW a").find("two words") != std::string::npos);
    CHECK(number_of(ask(client, "LOCK c"), "delay") > 3'600'000);
    CHECK(ask(client, "UNLOCK b token=2") == "OK");
    daemon->process().kill();
  }
  const auto daemon = copy.start({"--set", "leases.restart_grace=0"});
  LineClient client(daemon->port());
  CHECK(number_of(ask(client, "LOCK c"), "token") > leap);
}

TEST_CASE("a lock with very many waiters is backed up and restored whole") {
  constexpr int waiters = 500;
  const DataDirectory data;
  {
    const auto daemon = data.start();
    LineClient client(daemon->port());
    REQUIRE(ask(client, "LOCK a ttl=1h") == "OK token=1 ttl=3600000");
    for (int i = 0; i < waiters; ++i) {
      const std::string name = std::to_string(i);
      client.send("#" + name + " LOCK a wait=forever id=" + name +
                  " note=" + std::string(1'000, 'x'));
    }
    REQUIRE(ask(client, "PING") == "OK pong");
    REQUIRE(ask(client, "LOCK b").starts_with("OK token=2"));  // flushed after all of them
    daemon->process().kill();
  }
  const std::string file = data.beside("backup");
  REQUIRE(data.pawld({"backup", file}).code == 0);
  CHECK(fs::file_size(file) > waiters * 1'000);
  const DataDirectory copy;
  REQUIRE(copy.pawld({"restore", file}).code == 0);

  const auto daemon = copy.start();

  LineClient client(daemon->port());
  CHECK(ask(client, "SHOW a limit=1").find("\"waiters_total\":500") != std::string::npos);
}

TEST_CASE("a backup replaces an older one whole and leaves nothing else") {
  const DataDirectory data;
  fill(data);
  const std::string file = data.beside("backup");
  std::ofstream(file) << "an older one";

  REQUIRE(data.pawld({"backup", file}).code == 0);

  CHECK(fs::file_size(file) > 512);
  CHECK((fs::status(file).permissions() & fs::perms{077}) == fs::perms::none);
  CHECK_FALSE(fs::exists(file + ".tmp"));
  CHECK(data.pawld({"backup", data.path() + "/backup"}).code == 64);
}

TEST_CASE("a damaged backup is refused before anything is touched") {
  const DataDirectory data;
  fill(data);
  const std::string file = data.beside("backup");
  REQUIRE(data.pawld({"backup", file}).code == 0);
  const auto size = fs::file_size(file);
  const auto part = GENERATE(std::uint64_t{0}, std::uint64_t{1}, std::uint64_t{2}, std::uint64_t{3},
                             std::uint64_t{4});
  if (part == 4) {
    fs::resize_file(file, size - 1);
  } else {
    data.flip(file, part * (size - 1) / 3);
  }
  const DataDirectory copy;

  const Outcome outcome = copy.pawld({"restore", file});

  CHECK(outcome.code == 65);
  CHECK(outcome.says(file));
  CHECK_FALSE(fs::exists(copy.path()));
}

TEST_CASE("only a backup is restored, and only into a new directory") {
  const DataDirectory data;
  fill(data);
  const std::string file = data.beside("backup");
  REQUIRE(data.pawld({"backup", file}).code == 0);
  const DataDirectory copy;
  REQUIRE(copy.pawld({"restore", file}).code == 0);

  CHECK(copy.pawld({"restore", file}).code == 73);
  const DataDirectory third;
  const Outcome snapshot = third.pawld({"restore", copy.file("snap-")});
  CHECK(snapshot.code == 65);
  CHECK(snapshot.says("is a snapshot, not a backup"));
  CHECK(third.pawld({"restore", data.beside("missing")}).code == 66);
  CHECK_FALSE(fs::exists(third.path()));
}

TEST_CASE("pawld --check-disk tells how long flushes take, judges, and leaves nothing behind") {
  const DataDirectory data;
  CHECK(data.pawld({"--check-disk"}).code == 66);
  fs::create_directory(data.path());

  const Outcome outcome = data.pawld({"--check-disk"});

  CHECK(outcome.code == (outcome.says("\ngood: p99 is ") ? 0 : 1));
  CHECK((outcome.code == 0 || outcome.says("\nslow: p99 is ")));
  for (const char* line : {"\np50 ", "\np90 ", "\np99 ", "\np999 ", "\nmax "}) {
    CHECK(outcome.says(line));
  }
  CHECK(fs::is_empty(data.path()));
}
