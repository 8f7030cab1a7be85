// SPDX-License-Identifier: Apache-2.0
#include "server/config/options.hpp"

#include <unistd.h>

#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>

namespace pawl::server {

namespace {

std::variant<Options, Exit> parse(std::vector<const char*> words) {
  words.insert(words.begin(), "pawld");
  return parse_options(static_cast<int>(words.size()), words.data());
}

Options options_of(std::vector<const char*> words) {
  const auto outcome = parse(std::move(words));
  REQUIRE(std::holds_alternative<Options>(outcome));
  return std::get<Options>(outcome);
}

Exit exit_of(std::vector<const char*> words) {
  const auto outcome = parse(std::move(words));
  REQUIRE(std::holds_alternative<Exit>(outcome));
  return std::get<Exit>(outcome);
}

Exit configured_exit(const Options& options) {
  const auto outcome = configure(options, {});
  REQUIRE(std::holds_alternative<Exit>(outcome));
  return std::get<Exit>(outcome);
}

class TemporaryFile {
 public:
  explicit TemporaryFile(const std::string& text) {
    std::string name = (std::filesystem::temp_directory_path() / "pawld-XXXXXX").string();
    close(mkstemp(name.data()));
    path_ = name;
    std::ofstream(path_) << text;
  }
  TemporaryFile(const TemporaryFile&) = delete;
  TemporaryFile& operator=(const TemporaryFile&) = delete;
  ~TemporaryFile() { std::filesystem::remove(path_); }

  [[nodiscard]] const std::string& path() const { return path_; }

 private:
  std::string path_;
};

}  // namespace

TEST_CASE("without options there is no file") { CHECK(options_of({}) == Options{}); }

TEST_CASE("the file is named by either flag") {
  CHECK(options_of({"-c", "a.yaml"}).file == "a.yaml");
  CHECK(options_of({"--config", "a.yaml"}).file == "a.yaml");
  CHECK(options_of({"--config=a.yaml"}).file == "a.yaml");
}

TEST_CASE("the flag --set may be repeated and takes one word each") {
  CHECK(options_of({"--set", "node=a", "--set=listen.client=[::1]:0", "--check-config"}) ==
        Options{{}, {"node=a", "listen.client=[::1]:0"}, true, false, Serve{}});
  CHECK(exit_of({"--set", "node=a", "log.level=debug"}).code == 64);
}

TEST_CASE("wrong usage ends with 64 and says why") {
  CHECK(exit_of({"--colour"}).code == 64);
  CHECK(exit_of({"--colour"}).text.find("--colour") != std::string::npos);
  CHECK(exit_of({"-c"}).code == 64);
  CHECK(exit_of({"pawld.yaml"}).code == 64);
  CHECK(exit_of({"-c", "a", "-c", "b"}).code == 64);
}

TEST_CASE("help shows examples and every flag") {
  const Exit exit = exit_of({"--help"});
  CHECK(exit.code == 0);
  for (const char* part : {"Examples:", "--set", "--config", "--check-config", "--print-config",
                           "--version", "--check-disk", "repair --accept-loss", "backup FILE",
                           "restore FILE", "PAWL_LIMITS_WAITERS_PER_LOCK=100"}) {
    CHECK(exit.text.find(part) != std::string::npos);
  }
}

TEST_CASE("a task stands before or behind the flags") {
  CHECK(options_of({}).task == Task{Serve{}});
  CHECK(options_of({"repair"}).task == Task{Repair{false}});
  CHECK(options_of({"repair", "--accept-loss", "--set", "node=a"}) ==
        Options{{}, {"node=a"}, false, false, Repair{true}});
  CHECK(options_of({"-c", "a.yaml", "backup", "/b"}) ==
        Options{"a.yaml", {}, false, false, BackUp{"/b"}});
  CHECK(options_of({"restore", "/b", "-c", "a.yaml"}) ==
        Options{"a.yaml", {}, false, false, Restore{"/b"}});
  CHECK(options_of({"--check-disk"}).task == Task{CheckDisk{}});
}

TEST_CASE("a task without its file, two tasks, a loss accepted of nothing: wrong usage") {
  CHECK(exit_of({"backup"}).code == 64);
  CHECK(exit_of({"restore"}).code == 64);
  CHECK(exit_of({"repair", "backup", "/b"}).code == 64);
  CHECK(exit_of({"backup", "/b", "restore", "/b"}).code == 64);
  CHECK(exit_of({"--accept-loss"}).code == 64);
  CHECK(exit_of({"--check-disk", "repair"}).code == 64);
}

TEST_CASE("the version is one line") { CHECK(exit_of({"--version"}) == Exit{0, "pawld 0.1.0\n"}); }

TEST_CASE("a good configuration starts, checks and prints") {
  const TemporaryFile file("node: n9\n");
  const auto outcome = configure({file.path(), {"log.level=debug"}, false, false}, {});
  REQUIRE(std::holds_alternative<Effective>(outcome));
  CHECK(std::get<Effective>(outcome).config.core.node == "n9");
  CHECK(std::get<Effective>(outcome).config.log_level == LogLevel::debug);
  CHECK(configured_exit({file.path(), {}, true, false}) == Exit{0, "config OK\n"});
  const Exit printed = configured_exit({file.path(), {}, false, true});
  CHECK(printed.code == 0);
  CHECK(printed.text.find("node: n9  # " + file.path() + ":1:7\n") == 0);
}

TEST_CASE("a bad configuration ends with 78 and every problem, a line each") {
  const TemporaryFile file("nod: n9\nlog: {level: loud}\n");
  const Exit expected{78, file.path() + ":1:1: unknown key 'nod' (did you mean 'node'?)\n" +
                              file.path() +
                              ":2:14: log.level: 'loud' is not one of error, warn, info, debug\n"};
  CHECK(configured_exit({file.path(), {}, false, false}) == expected);
  CHECK(configured_exit({file.path(), {}, true, false}) == expected);
  CHECK(configured_exit({file.path(), {}, false, true}) == expected);
}

TEST_CASE("a file that cannot be read ends with 66") {
  CHECK(configured_exit({"/nonexistent/pawld.yaml", {}, false, false}) ==
        Exit{66, "/nonexistent/pawld.yaml: cannot be read: No such file or directory\n"});
  CHECK(configured_exit({"/", {}, false, false}) ==
        Exit{66, "/: cannot be read: Is a directory\n"});
  CHECK(configured_exit({"/dev/zero", {}, false, false}) ==
        Exit{66, "/dev/zero: cannot be read: larger than 1 MiB\n"});
}

TEST_CASE("the environment is split at the first equals sign") {
  const char* const variables[] = {"PAWL_NODE=n2", "A=b=c", "EMPTY=", "odd", nullptr};
  CHECK(split_environment(variables) ==
        Environment{{"PAWL_NODE", "n2"}, {"A", "b=c"}, {"EMPTY", ""}});
  const auto outcome = configure({}, split_environment(variables));
  REQUIRE(std::holds_alternative<Effective>(outcome));
  CHECK(std::get<Effective>(outcome).config.core.node == "n2");
}

}  // namespace pawl::server
