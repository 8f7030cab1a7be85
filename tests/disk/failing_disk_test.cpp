// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>

#include "disk/data_directory.hpp"

using namespace pawl::testing;
namespace fs = std::filesystem;

namespace {

std::string last_line(const std::string& output) {
  const std::size_t before = output.rfind('\n', output.size() - 2);
  return output.substr(before == std::string::npos ? 0 : before + 1);
}

void check_lock_is_there(const DataDirectory& data) {
  const auto daemon = data.start();
  LineClient client(daemon->port());
  CHECK(ask(client, "VERIFY a token=1").starts_with("OK ttl="));
  CHECK(ask(client, "LOCK a").starts_with("ERR BUSY"));
}

}  // namespace

TEST_CASE("a flush that fails ends pawld, and what was answered OK is there after it") {
  const DataDirectory data;
  const std::string trigger = data.beside("fail-now");
  {
    const auto daemon = data.start({}, {"LD_PRELOAD=" FAILING_FSYNC, "FAIL_FSYNC_IF=" + trigger,
                                        "ASAN_OPTIONS=verify_asan_link_order=0"});
    LineClient client(daemon->port());
    REQUIRE(ask(client, "LOCK a ttl=1h") == "OK token=1 ttl=3600000");
    std::ofstream(trigger) << "now";

    client.send("LOCK b ttl=1h");

    CHECK_THROWS_WITH(client.read_line(), "the server closed");  // no answer, for none is true
    CHECK(daemon->process().wait() == 74);
    const std::string line = last_line(daemon->process().output());
    CHECK(line.starts_with("pawld: the disk failed, ending: cannot flush " + data.path()));
    CHECK(line.find("Input/output error") != std::string::npos);
  }
  check_lock_is_there(data);
}

TEST_CASE("a directory taken away under a running pawld ends it; put back, it is whole") {
  const DataDirectory data;
  const bool replaced = GENERATE(false, true);
  {
    const auto daemon = data.start();
    LineClient client(daemon->port());
    REQUIRE(ask(client, "LOCK a ttl=1h") == "OK token=1 ttl=3600000");
    fs::rename(data.path(), data.beside("moved"));
    if (replaced) fs::create_directory(data.path());

    CHECK(daemon->process().wait() == 74);

    const std::string line = last_line(daemon->process().output());
    CHECK(line.starts_with("pawld: the disk failed, ending: "));
    CHECK(line.find(data.path()) != std::string::npos);
  }
  fs::remove(data.path());
  fs::rename(data.beside("moved"), data.path());
  check_lock_is_there(data);
}
