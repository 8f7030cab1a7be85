// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>
#include <filesystem>

#include "disk/data_directory.hpp"

using namespace pawl::testing;

namespace {

constexpr std::uint64_t leap = std::uint64_t{1} << 40;

// Locks a, b and c in batches of their own; then a bit of b's batch turns. Gives its offset.
std::uint64_t damage(const DataDirectory& data) {
  {
    const auto daemon = data.start();
    LineClient client(daemon->port());
    for (const char* name : {"a", "b", "c"}) {
      REQUIRE(ask(client, "LOCK " + std::string(name) + " ttl=1h").starts_with("OK token="));
    }
    daemon->process().kill();
  }
  const auto batches = data.batches(data.file("wal-"));
  REQUIRE(batches.size() >= 3);  // the record of the epoch's start may share one with a
  const std::uint64_t offset = batches[batches.size() - 2];
  data.flip(data.file("wal-"), offset + 100);
  return offset;
}

}  // namespace

TEST_CASE("a damaged log is refused with the file, the offset, the records and the way out") {
  const DataDirectory data;
  const std::uint64_t offset = damage(data);

  const Outcome outcome = data.pawld();

  CHECK(outcome.code == 65);
  CHECK(outcome.says("pawld: " + data.file("wal-") + ": damaged at offset " +
                     std::to_string(offset) +
                     ": the checksum of a batch is wrong; records from "
                     "index 3 to 3"));
  CHECK(outcome.says("pawld repair --accept-loss"));
}

TEST_CASE("repair without --accept-loss says what it would do and does nothing") {
  const DataDirectory data;
  const std::uint64_t offset = damage(data);

  const Outcome outcome = data.pawld({"repair"});

  CHECK(outcome.code == 65);
  CHECK(outcome.says("damaged at offset " + std::to_string(offset)));
  CHECK(outcome.says("records up to index 2, with 1 lock, 0 sessions"));
  CHECK(outcome.says("nothing was changed"));
  CHECK(data.pawld().code == 65);
}

TEST_CASE("after an accepted loss tokens leap and new grants wait, over restarts too") {
  const DataDirectory data;
  damage(data);

  const Outcome outcome = data.pawld({"repair", "--accept-loss"});

  CHECK(outcome.code == 0);
  CHECK(outcome.says("records up to index 2, with 1 lock"));
  CHECK(outcome.says("the rest was given up"));
  CHECK(outcome.says("new grants wait 1h"));
  for (int start = 0; start < 2; ++start) {
    const auto daemon = data.start();
    LineClient client(daemon->port());
    CHECK(ask(client, "VERIFY a token=1").starts_with("OK ttl="));
    CHECK(ask(client, "VERIFY b token=2").starts_with("ERR NOT_HELD"));
    CHECK(number_of(ask(client, "LOCK b"), "delay") > 3'500'000);
    daemon->process().kill();
  }
  const auto daemon = data.start({"--set", "leases.restart_grace=0"});
  LineClient client(daemon->port());
  CHECK(number_of(ask(client, "LOCK b"), "token") > leap);
}

TEST_CASE("repair does nothing to a sound directory") {
  const DataDirectory data;
  {
    const auto daemon = data.start();
    LineClient client(daemon->port());
    REQUIRE(ask(client, "LOCK a ttl=1h").starts_with("OK token=1 "));
    daemon->process().kill();
  }

  const Outcome outcome = data.pawld({"repair", "--accept-loss"});

  CHECK(outcome.code == 0);
  CHECK(outcome.says("the log is whole, there is nothing to repair"));
  const auto daemon = data.start();
  LineClient client(daemon->port());
  CHECK(number_of(ask(client, "LOCK b"), "token") < leap);
}

TEST_CASE("repair and backup leave a directory in use alone, and make none") {
  const DataDirectory data;
  const Words task = GENERATE(Words{"repair", "--accept-loss"}, Words{"backup", "/nowhere/b"},
                              Words{"backup", "/tmp/pawl-never-written"});
  CHECK(data.pawld(task).code != 0);
  CHECK_FALSE(std::filesystem::exists(data.path()));
  const auto daemon = data.start();

  const Outcome outcome = data.pawld(task);

  CHECK(outcome.code == (task.back() == "/nowhere/b" ? 73 : 75));
  if (outcome.code == 75) {
    CHECK(outcome.says("in use by process " + std::to_string(daemon->process().pid()) +
                       ": stop it first"));
  }
  CHECK_FALSE(std::filesystem::exists("/tmp/pawl-never-written"));
}
