// SPDX-License-Identifier: Apache-2.0
//
// A pawld that cannot keep its promises on this directory does not start; each reason has its exit
// code, and one line that says what to do.
#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>

#include "disk/data_directory.hpp"

using namespace pawl::testing;
namespace fs = std::filesystem;

namespace {

// With a log in it, of a pawld that was killed.
void grant_and_kill(const DataDirectory& data) {
  const auto daemon = data.start();
  LineClient client(daemon->port());
  REQUIRE(ask(client, "LOCK a ttl=1h") == "OK token=1 ttl=3600000");
  daemon->process().kill();
}

bool is_one_line(const Outcome& outcome) {
  return outcome.output.starts_with("pawld: ") &&
         outcome.output.find('\n') == outcome.output.size() - 1;
}

}  // namespace

TEST_CASE("a second pawld on the same directory is told which process uses it") {
  const DataDirectory data;
  const auto first = data.start();

  const Outcome second = data.pawld();

  CHECK(second.code == 75);
  CHECK(
      second.says(data.path() + " is in use by process " + std::to_string(first->process().pid())));
  CHECK(is_one_line(second));
  LineClient client(first->port());
  CHECK(ask(client, "PING") == "OK pong");
}

TEST_CASE("a directory that others may write to is refused with the remedy") {
  const DataDirectory data;
  fs::create_directory(data.path());
  fs::permissions(data.path(), fs::perms::all);

  const Outcome outcome = data.pawld();

  CHECK(outcome.code == 77);
  CHECK(outcome.says("chmod 700 " + data.path()));
  CHECK(is_one_line(outcome));
}

TEST_CASE("a directory of another user is refused") {
  const DataDirectory data;
  grant_and_kill(data);
  fs::permissions(fs::path(data.path()).parent_path(), fs::perms{0755});
  const Words as_nobody{"/usr/bin/setpriv", "--reuid", "65534",
                        "--regid",          "65534",   "--clear-groups"};
  Words version = as_nobody;
  version.insert(version.end(), {PAWLD_PROGRAM, "--version"});
  if (run(version).code != 0) {
    WARN("not tried: cannot run pawld as another user here");
    return;
  }

  const Outcome outcome = data.pawld({}, as_nobody);

  CHECK(outcome.code == 77);
  CHECK(outcome.says(data.path() + ": Permission denied"));
  CHECK(is_one_line(outcome));
}

TEST_CASE("a read-only file system is refused") {
  if (!may_mount()) {
    WARN("not tried: mounting is not allowed here");
    return;
  }
  const DataDirectory data;
  grant_and_kill(data);

  const Outcome outcome = data.pawld(
      {}, {"/usr/bin/unshare", "-m", "/bin/sh", "-c",
           R"(mount --bind "$0" "$0" && mount -o remount,ro,bind "$0" && exec "$@")", data.path()});

  CHECK(outcome.code == 77);
  CHECK(outcome.says("Read-only file system"));
  CHECK(is_one_line(outcome));
}

TEST_CASE("a directory that cannot be made is refused") {
  const DataDirectory data;
  const bool is_file = GENERATE(false, true);
  if (is_file) std::ofstream(data.path()) << "a file";

  const Outcome outcome =
      is_file ? data.pawld() : run({PAWLD_PROGRAM, "--set", "data_dir=" + data.path() + "/deep"});

  CHECK(outcome.code == 73);
  CHECK(outcome.says(data.path()));
  CHECK(is_one_line(outcome));
}

TEST_CASE("files that a newer pawld wrote are refused, not guessed at") {
  const DataDirectory data;
  grant_and_kill(data);
  const std::string name = GENERATE("META", "wal-");
  const std::string file = data.file(name);
  data.make_newer(
      file, name == "META" ? std::vector<std::uint64_t>{0, 4096} : std::vector<std::uint64_t>{0});

  const Outcome outcome = data.pawld();

  CHECK(outcome.code == 65);
  CHECK(outcome.says(file));
  CHECK(outcome.says("newer than this program"));
  CHECK_FALSE(outcome.says("accept-loss"));
  CHECK(is_one_line(outcome));
}

TEST_CASE("a snapshot that a newer pawld wrote is refused") {
  const DataDirectory data;
  grant_and_kill(data);
  const DataDirectory copy;
  REQUIRE(data.pawld({"backup", data.beside("backup")}).code == 0);
  REQUIRE(copy.pawld({"restore", data.beside("backup")}).code == 0);
  const std::string file = copy.file("snap-");
  copy.make_newer(file, {0});

  const Outcome outcome = copy.pawld();

  CHECK(outcome.code == 65);
  CHECK(outcome.says(file + " is of format 99, newer than this program"));
}

TEST_CASE("a META that is gone or damaged is not taken for a new directory") {
  const DataDirectory data;
  grant_and_kill(data);
  const bool gone = GENERATE(false, true);
  if (gone) {
    fs::remove(data.file("META"));
  } else {
    data.flip(data.file("META"), 50);
    data.flip(data.file("META"), 4096 + 50);
  }

  const Outcome outcome = data.pawld();

  CHECK(outcome.code == 65);
  CHECK(outcome.says(data.path() + "/META"));
  CHECK(is_one_line(outcome));
}

TEST_CASE("durability none refuses a directory with a log: it would forget its locks") {
  const DataDirectory data;
  grant_and_kill(data);
  const bool damaged = GENERATE(false, true);
  const std::uint64_t first_batch = data.batches(data.file("wal-")).at(0);
  if (damaged) data.flip(data.file("wal-"), first_batch);

  const Outcome outcome = data.pawld({"--set", "durability=none"});

  CHECK(outcome.code == 78);
  CHECK(outcome.says("durability: none would forget them"));
  CHECK(is_one_line(outcome));
  if (damaged) data.flip(data.file("wal-"), first_batch);
  const auto again = data.start();
  LineClient client(again->port());
  CHECK(ask(client, "VERIFY a token=1").starts_with("OK ttl="));
}
