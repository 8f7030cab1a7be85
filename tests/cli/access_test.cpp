// SPDX-License-Identifier: Apache-2.0
#include "cli/access.hpp"

#include <stdlib.h>
#include <sys/stat.h>

#include <catch2/catch.hpp>
#include <fstream>
#include <string>
#include <vector>

#include "cli/failure.hpp"
#include "system/temporary_directory.hpp"

using Catch::Matchers::Contains;
using Catch::Matchers::StartsWith;

namespace pawl::cli {
namespace {

// NAME=value each, as long as it lives.
class Variables {
 public:
  explicit Variables(const std::vector<std::string>& words) {
    for (const std::string& word : words) {
      const std::size_t equals = word.find('=');
      names_.push_back(word.substr(0, equals));
      setenv(names_.back().c_str(), word.c_str() + equals + 1, 1);
    }
  }
  ~Variables() {
    for (const std::string& name : names_) unsetenv(name.c_str());
  }
  Variables(const Variables&) = delete;
  Variables& operator=(const Variables&) = delete;

 private:
  std::vector<std::string> names_;
};

AccessWords parsed(const std::string& line) {
  CLI::App app;
  AccessWords words;
  add_access_options(app, words);
  app.parse(line);
  return words;
}

client::Access access_with(const AccessWords& words) {
  Globals globals;
  globals.access = words;
  return access_of(globals);
}

std::string problem_with(const AccessWords& words) {
  try {
    access_with(words);
  } catch (const Failure& failure) {
    CHECK(failure.code() == exit_usage);
    return failure.what();
  }
  return {};
}

struct SecretFile {
  explicit SecretFile(const std::string& text) { std::ofstream(path()) << text; }
  [[nodiscard]] std::string path() const { return directory.path("ci.secret"); }
  testing::TemporaryDirectory directory;
};

}  // namespace

TEST_CASE("without a word nobody is named, and it is plain") {
  const client::Access access = access_with({});
  CHECK(access.user.empty());
  CHECK(access.secret.empty());
  CHECK_FALSE(access.tls);
}

TEST_CASE("a secret is the line in its file, or what PAWL_SECRET says") {
  const SecretFile file("s3cret\r\n");
  CHECK(access_with({.user = "ci", .secret_file = file.path()}).secret == "s3cret");
  const Variables variables({"PAWL_SECRET=other"});
  CHECK(access_with({.user = "ci"}).secret == "other");
  CHECK(access_with({.user = "ci", .secret_file = file.path()}).secret == "s3cret");
}

TEST_CASE("a user and a secret come together, and what is wrong with them is said without it") {
  CHECK_THAT(problem_with({.user = "ci"}), Contains("--secret-file FILE, or PAWL_SECRET"));
  CHECK(problem_with({.user = "ci", .secret_file = "/nowhere"}) ==
        "cannot read the secret in /nowhere: No such file or directory");
  CHECK_THAT(problem_with({.user = "ci", .secret_file = SecretFile("\n").path()}),
             StartsWith("no secret in "));
  const SecretFile bad("two words\n");
  CHECK_THAT(problem_with({.user = "ci", .secret_file = bad.path()}),
             StartsWith("no secret") && !Contains("two words"));
  const Variables variables({"PAWL_SECRET=s3cret"});
  CHECK_THAT(problem_with({}), Contains("--user NAME") && !Contains("s3cret"));
  CHECK_THAT(problem_with({.user = "a b"}), StartsWith("no user"));
}

TEST_CASE("a directory holds no secret") {
  const testing::TemporaryDirectory directory;
  CHECK_THAT(problem_with({.user = "ci", .secret_file = directory.path()}),
             Contains("Is a directory"));
}

TEST_CASE("what is given for TLS asks for TLS") {
  CHECK(access_with({.tls = true}).tls->ca.empty());
  CHECK_THAT(problem_with({.ca = "/nowhere"}), Contains("cannot read /nowhere"));
  CHECK_THAT(problem_with({.certificate = "/nowhere"}), Contains("has no key"));
  CHECK_THAT(problem_with({.key = "/nowhere"}), Contains("has no certificate"));
}

TEST_CASE("options and the environment say the same, options win") {
  const AccessWords by_options = parsed("--user ci --secret-file f --tls --ca c --cert d --key e");
  CHECK(by_options.user == "ci");
  CHECK(by_options.secret_file == "f");
  CHECK(by_options.tls);
  CHECK(by_options.certificate == "d");
  const Variables variables({"PAWL_USER=ci", "PAWL_SECRET_FILE=f", "PAWL_TLS=on", "PAWL_CA=c",
                             "PAWL_CERT=d", "PAWL_KEY=e"});
  CHECK(environment_of(parsed("")) == environment_of(by_options));
  CHECK(parsed("--user alice").user == "alice");
}

TEST_CASE("PAWL_TLS=off is no TLS") {
  const Variables variables({"PAWL_TLS=off"});
  CHECK_FALSE(parsed("").tls);
}

TEST_CASE("what a command of pawl passes on to others has no secret in it") {
  const Variables variables({"PAWL_SECRET=s3cret"});
  CHECK(environment_of(parsed("--user ci --tls")) ==
        std::vector<std::string>{"PAWL_USER=ci", "PAWL_TLS=on"});
}

TEST_CASE("a secret that every user of the machine can read is warned of") {
  const SecretFile file("s3cret");
  chmod(file.path().c_str(), 0640);
  CHECK(warning_of_secret({.secret_file = file.path()}).empty());
  chmod(file.path().c_str(), 0644);
  CHECK_THAT(warning_of_secret({.secret_file = file.path()}), StartsWith(file.path()));
  CHECK(warning_of_secret({.secret_file = "/nowhere"}).empty());
  CHECK(warning_of_secret({}).empty());
}

}  // namespace pawl::cli
