// SPDX-License-Identifier: Apache-2.0
#include <sys/stat.h>

#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <set>

#include "system/pawl_command.hpp"
#include "system/temporary_directory.hpp"

using Catch::Matchers::Contains;

namespace pawl::testing {
namespace {

namespace fs = std::filesystem;
using Names = std::set<std::string>;

Names names_in(const std::string& directory) {
  Names names;
  for (const auto& entry : fs::directory_iterator(directory)) {
    names.insert(entry.path().filename().string());
  }
  return names;
}

std::string text_of(const std::string& path) {
  std::ifstream file(path);
  return {std::istreambuf_iterator<char>(file), {}};
}

unsigned mode_of(const std::string& path) {
  struct stat file {};
  REQUIRE(stat(path.c_str(), &file) == 0);
  return file.st_mode & 07777U;
}

}  // namespace

TEST_CASE("certs makes a CA and a node of this machine where nothing else is said") {
  const TemporaryDirectory place;
  const std::string directory = place.path("certs");
  const Outcome made = pawl_data({"certs", directory});
  CHECK(made.code == 0);
  CHECK(names_in(directory) == Names{"ca.pem", "ca.key", "node-n1.pem", "node-n1.key"});
  CHECK_THAT(made.output, Contains("certificate: " + directory + "/node-n1.pem"));
  CHECK_THAT(made.output, Contains("ca: " + directory + "/ca.pem"));
  for (const char* key : {"/ca.key", "/node-n1.key"}) CHECK(mode_of(directory + key) == 0600);
}

TEST_CASE("certs makes what is asked for, and later more by the same CA") {
  const TemporaryDirectory place;
  const std::string directory = place.path("certs");
  const Words first{"certs",  directory, "--cluster", "prod",  "--node", "n1=db1,10.0.0.1",
                    "--node", "n2=db2",  "--user",    "alice", "--user", "ci"};
  CHECK(pawl_with(first).code == 0);
  CHECK(names_in(directory).size() == 10);
  const std::string ca = text_of(directory + "/ca.pem");
  const std::string alice = text_of(directory + "/user-alice.pem");
  CHECK(pawl_with({"certs", directory, "--user", "bob"}).code == 0);
  CHECK(names_in(directory).size() == 12);
  CHECK(text_of(directory + "/ca.pem") == ca);
  CHECK(text_of(directory + "/user-alice.pem") == alice);
}

TEST_CASE("certs writes nothing over, and then nothing at all") {
  const TemporaryDirectory place;
  const std::string directory = place.path("certs");
  REQUIRE(pawl_with({"certs", directory, "--user", "ci"}).code == 0);
  const Names before = names_in(directory);
  const std::string key = text_of(directory + "/user-ci.key");
  const Outcome again = pawl_said({"certs", directory, "--user", "bob", "--user", "ci"});
  CHECK(again.code == 1);
  CHECK_THAT(again.output, Contains("user-ci.pem is there already: nothing was made"));
  CHECK(names_in(directory) == before);
  CHECK(text_of(directory + "/user-ci.key") == key);
}

TEST_CASE("a node that is added is of the same cluster, which has to be said again") {
  const TemporaryDirectory place;
  const std::string directory = place.path("certs");
  REQUIRE(pawl_with({"certs", directory, "--cluster", "prod"}).code == 0);
  const Outcome more = pawl_said({"certs", directory, "--node", "n2=db2"});
  CHECK(more.code == 64);
  CHECK_THAT(more.output, Contains("--cluster"));
  CHECK(pawl_with({"certs", directory, "--node", "n2=db2", "--cluster", "prod"}).code == 0);
}

TEST_CASE("certs goes on with no CA that lacks its key") {
  const TemporaryDirectory place;
  const std::string directory = place.path("certs");
  REQUIRE(pawl_with({"certs", directory}).code == 0);
  fs::remove(directory + "/ca.key");
  const Outcome more = pawl_said({"certs", directory, "--user", "ci"});
  CHECK(more.code == 1);
  CHECK_THAT(more.output, Contains("are no CA"));
  CHECK(names_in(directory) == Names{"ca.pem", "node-n1.pem", "node-n1.key"});
}

TEST_CASE("certs takes no name that would be a path, and no node without a host") {
  const TemporaryDirectory place;
  const std::string directory = place.path("certs");
  for (const Words& words :
       {Words{"--user", "../ci"}, Words{"--node", "n1"}, Words{"--node", "../n1=db1"},
        Words{"--node", "n1=a b"}, Words{"--cluster", "a/b"}, Words{"--days", "0"},
        Words{"--user", "ci", "--user", "ci"}}) {
    Words all{"certs", directory};
    all.insert(all.end(), words.begin(), words.end());
    CHECK(pawl_with(all).code == 64);
  }
  CHECK_FALSE(fs::exists(directory));
}

}  // namespace pawl::testing
