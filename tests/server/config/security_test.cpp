// SPDX-License-Identifier: Apache-2.0
#include "server/config/security.hpp"

#include <catch2/catch.hpp>
#include <fstream>

#include "server/config/digest.hpp"
#include "server/config/options.hpp"
#include "system/temporary_directory.hpp"

namespace pawl::server {
namespace {

using Catch::Matchers::Contains;
using Catch::Matchers::Equals;

constexpr const char* digest_of_abc =
    "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";

Effective settled(const std::string& file, std::vector<std::string> settings = {},
                  Environment environment = {}) {
  Effective effective = merge({"pawld.yaml", file, std::move(environment), std::move(settings)});
  settle_security(effective);
  return effective;
}

std::string problems(const std::string& file, std::vector<std::string> settings = {}) {
  std::string all;
  for (const std::string& one : settled(file, std::move(settings)).problems) all += one + '\n';
  return all;
}

const std::string roles =
    "security:\n"
    "  roles:\n"
    "    - {name: workers, lock: [jobs/, tmp/], observe: jobs/}\n"
    "    - name: operators\n"
    "      admin: [\"\"]\n";

std::string user(const std::string& rest) { return roles + "  users:\n    - " + rest + "\n"; }

void write(const std::string& path, const std::string& text) { std::ofstream(path) << text; }

}  // namespace

TEST_CASE("a digest is written in hexadecimal, and is that of SHA-256") {
  CHECK(format_digest(digest_of("abc")) == digest_of_abc);
  CHECK(*parse_digest(digest_of_abc) == digest_of("abc"));
  CHECK(parse_digest(std::string(digest_of_abc).substr(1)).has_error());
  CHECK(parse_digest("g" + std::string(digest_of_abc).substr(1)).has_error());
}

TEST_CASE("users have the rights of their roles, on the prefixes of each") {
  const Effective effective = settled(user(std::string("{name: ci, secret_sha256: ") +
                                           digest_of_abc + ", roles: [workers, operators]}"));
  CHECK(effective.problems.empty());
  const access::Access& access = effective.config.core.access;
  REQUIRE(access.users.size() == 1);
  CHECK(access.users[0].name == "ci");
  CHECK(access.users[0].secrets == std::vector{digest_of("abc")});
  CHECK(access.users[0].rules == std::vector<access::Rule>{{"jobs/", access::Right::lock},
                                                           {"tmp/", access::Right::lock},
                                                           {"jobs/", access::Right::observe},
                                                           {"", access::every_right}});
}

TEST_CASE("a user may have two secrets while one is replaced, and one of a file") {
  const testing::TemporaryDirectory directory;
  write(directory.path() + "/secret", "xyz\n");
  const Effective effective = settled(user(std::string("{name: ci, secret_sha256: [") +
                                           digest_of_abc + ", " + format_digest(digest_of("old")) +
                                           "], secret_file: " + directory.path() + "/secret}"));
  CHECK(effective.problems.empty());
  CHECK(effective.config.core.access.users.at(0).secrets ==
        std::vector{digest_of("abc"), digest_of("old"), digest_of("xyz")});
}

TEST_CASE("what is wrong about users is told at once, with the name of whom it is about") {
  CHECK_THAT(problems(user("{name: ci, rolls: [workers]}")),
             Contains("user 1 (ci): unknown key 'rolls' (did you mean 'roles'?)"));
  CHECK_THAT(problems(user("{name: ci, secret_sha256: 12}")),
             Contains("user 1 (ci): secret_sha256: a SHA-256 is 64 digits"));
  CHECK_THAT(problems(user("{name: ci, roles: [worker]}")),
             Contains("ci: no role is named 'worker' (did you mean 'workers'?)"));
  CHECK_THAT(problems(user("{name: ci}\n    - {name: ci}")),
             Contains("user 2 (ci): another one has that name"));
  CHECK_THAT(problems(user("{roles: [workers]}")), Contains("user 1: name is missing"));
  CHECK_THAT(problems(user("{name: ci, secret_file: /nowhere/secret}")),
             Contains("ci: /nowhere/secret: cannot be read"));
  CHECK_THAT(problems(user("{name: ci, roles: {a: b}}")),
             Contains("roles must be a list of words"));
  CHECK_THAT(problems(user("ci")), Contains("user 1: it is written {name: …, …}"));
  CHECK_THAT(problems("security:\n  users: ci\n"), Contains("is not a list such as"));
  CHECK_THAT(problems("security:\n  roles: [{name: a, lok: [x]}]\n"),
             Contains("role 1 (a): unknown key 'lok' (did you mean 'lock'?)"));
}

TEST_CASE("a secret in a file is one word") {
  const testing::TemporaryDirectory directory;
  const std::string path = directory.path() + "/secret";
  for (const std::string& bad : {std::string("two words"), std::string(), std::string(256, 'x')}) {
    write(path, bad);
    CHECK_THAT(problems(user("{name: ci, secret_file: " + path + "}")),
               Contains("a secret is 1-255 bytes without blanks"));
  }
}

TEST_CASE("what is printed is read back") {
  const Effective effective =
      settled(user(std::string("{name: ci, secret_sha256: ") + digest_of_abc +
                   ", secret_file: \"\", roles: [workers]}"),
              {"security.anonymous=[operators]"});
  CHECK(effective.problems.empty());
  const Effective again = settled(print_config(effective));
  CHECK(again.problems.empty());
  CHECK(again.config.core.access == effective.config.core.access);
}

TEST_CASE("a variable may name a file that holds the value") {
  const testing::TemporaryDirectory directory;
  const std::string path = directory.path() + "/users";
  write(path, std::string("[{name: ci, secret_sha256: ") + digest_of_abc + "}]\n");
  const Effective effective = settled("", {}, {{"PAWL_SECURITY_USERS_FILE", path}});
  CHECK(effective.problems.empty());
  CHECK(effective.config.core.access.users.at(0).name == "ci");

  const Effective missing = settled("", {}, {{"PAWL_SECURITY_USERS_FILE", path + "x"}});
  REQUIRE(missing.problems.size() == 1);
  CHECK_THAT(missing.problems[0],
             Contains("PAWL_SECURITY_USERS_FILE") && Contains("cannot be read"));
}

TEST_CASE("roles that nobody can have are complained of: somebody believes in them") {
  CHECK_THAT(problems(roles), Contains("security.roles changes nothing without security.users"));
  CHECK_THAT(problems("", {"security.anonymous=[a]"}), Contains("no role is named 'a'"));
}

TEST_CASE("a port that others reach takes users, or a word that it is wanted so") {
  const auto open = Contains("can be reached from other machines");
  for (const std::string address : {"0.0.0.0:7295", "[::]:7295", "10.0.0.1:7295", "db1:7295"}) {
    INFO(address);
    CHECK_THAT(problems("listen:\n  client: '" + address + "'\n"), open);
    CHECK_THAT(problems("listen:\n  http: '" + address + "'\n"), open);
    CHECK_THAT(problems("listen:\n  http: '" + address + "'\n"),
               Contains("security.users, or write security.insecure: true"));
    CHECK(problems("listen:\n  client: '" + address + "'\nsecurity:\n  insecure: true\n").empty());
  }
  for (const std::string address : {"127.0.0.1:7295", "127.8.0.1:7295", "[::1]:7295"}) {
    CHECK(problems("listen:\n  client: '" + address + "'\n").empty());
  }
  CHECK(problems("listen:\n  client: localhost:0\n  http: none\n").empty());
  CHECK(problems(user("{name: ci}") + "listen:\n  client: 0.0.0.0:7295\n").empty());
}

TEST_CASE("the peers' port that others reach takes TLS between nodes") {
  const std::string cluster =
      user("{name: ci}") +
      "cluster:\n  id: c\n  nodes: [{id: n1, peer: 'h:1', client: 'h:2'}, {id: n2, peer: 'i:1', "
      "client: 'i:2'}]\n";
  CHECK_THAT(problems(cluster), Contains("could pass for a node of the cluster"));
  CHECK(problems(cluster, {"security.insecure=on"}).empty());
  CHECK(problems(cluster, {"tls.peers=on", "tls.certificate=c", "tls.key=k", "tls.ca=a"}).empty());
}

TEST_CASE("a reload takes new users, roles, and secrets of files that changed") {
  const testing::TemporaryDirectory directory;
  const std::string path = directory.path() + "/secret";
  write(path, "one");
  const std::string file = user("{name: ci, secret_file: " + path + ", roles: [workers]}");
  const Config running = settled(file).config;

  write(path, "two");
  const Reload other_secret = reload(running, settled(file));
  CHECK(other_secret.changed == std::vector<std::string_view>{"security.users"});
  CHECK(other_secret.config.core.access.users.at(0).secrets == std::vector{digest_of("two")});

  const Reload nobody = reload(running, settled(""));
  CHECK(nobody.changed == std::vector<std::string_view>{"security.roles", "security.users"});
  CHECK_FALSE(nobody.config.core.access.is_on());

  const Reload insecure = reload(running, settled(file, {"security.insecure=on"}));
  CHECK(insecure.restart == std::vector<std::string_view>{"security.insecure"});
}

TEST_CASE("a reload is judged beside what stays as it is until a restart") {
  const std::string users = user("{name: ci}");
  const auto problem = [](const Config& running, const Effective& fresh) {
    CHECK(fresh.problems.empty());
    const Reload result = reload(running, fresh);
    return result.problems.empty() ? "" : result.problems.front();
  };
  const Config open = settled(users + "listen:\n  client: 0.0.0.0:7295\n").config;
  CHECK_THAT(
      problem(open, settled("")),
      Equals("as it is until a restart: listen.client (0.0.0.0:7295) " + std::string(open_to_all)));
  CHECK(problem(open, settled(users)).empty());
  CHECK_FALSE(problem(open, settled("security:\n  insecure: on\n")).empty());
  const Config insecure =
      settled("security:\n  insecure: on\nlisten:\n  client: 0.0.0.0:1\n").config;
  CHECK(problem(insecure, settled("")).empty());

  const std::string files = "tls:\n  certificate: c\n  key: k\n  ca: a\n";
  for (const std::string_view what : {"peers", "http"}) {
    const Config running = settled(files + "  " + std::string(what) + ": on\n").config;
    CHECK_THAT(problem(running, settled("")), Contains("tls." + std::string(what) + " (on) needs"));
    CHECK(problem(running, settled(files)).empty());
  }
  const Config forwarding = settled("resp:\n  forward: on\n").config;
  CHECK_THAT(problem(forwarding, settled(files)), Contains("passed on in plain text"));
}

}  // namespace pawl::server
