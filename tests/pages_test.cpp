// SPDX-License-Identifier: Apache-2.0
//
// What the pages of promises, limits and operation say is shown by a test, is: the file of tests/
// that they name, and the test whose name they have in quotes, are there.
#include <algorithm>
#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>
#include <map>
#include <sstream>
#include <string>
#include <vector>

namespace {

namespace fs = std::filesystem;

using Texts = std::map<std::string, std::string>;  // by path
using Findings = std::vector<std::string>;

std::string text_of(const fs::path& path) {
  std::ostringstream text;
  text << std::ifstream(path, std::ios::binary).rdbuf();
  return text.str();
}

Texts read_tests(const fs::path& top) {
  Texts tests;
  for (const auto& entry : fs::recursive_directory_iterator(top / "tests")) {
    const fs::path& path = entry.path();
    const bool is_source = path.extension() == ".cpp";
    if (!entry.is_regular_file()) continue;
    tests[fs::relative(path, top).generic_string()] = is_source ? text_of(path) : std::string();
  }
  return tests;
}

// A folder is named as well by what all in it begins with.
Findings missing_files(const std::string& page, const Texts& tests) {
  Findings missing;
  for (std::size_t at = page.find("tests/"); at != page.npos; at = page.find("tests/", at + 1)) {
    const std::size_t end = page.find_first_not_of("abcdefghijklmnopqrstuvwxyz_./", at);
    std::string path = page.substr(at, end - at);
    while (path.ends_with('.')) path.pop_back();
    const auto first = tests.lower_bound(path);
    if (first == tests.end() || !first->first.starts_with(path)) missing.push_back(path);
  }
  return missing;
}

Findings missing_tests(std::string page, const Texts& tests) {
  Findings missing;
  std::replace(page.begin(), page.end(), '\n', ' ');
  for (std::size_t at = page.find('"'); at != page.npos;) {
    const std::size_t end = page.find('"', at + 1);
    const std::string name = page.substr(at, end - at) + '"';
    const bool is_there = std::any_of(tests.begin(), tests.end(), [&](const auto& test) {
      return test.second.find("TEST_CASE(" + name) != std::string::npos;
    });
    if (!is_there) missing.push_back(name);
    at = end == page.npos ? end : page.find('"', end + 1);
  }
  return missing;
}

}  // namespace

TEST_CASE("a page that names a file or a test that is not there is found") {
  const Texts tests{{"tests/README.md", ""},
                    {"tests/run/a_test.cpp", "TEST_CASE(\"a waiter is granted\") {}\n"}};
  CHECK(missing_files("tests/README.md (tests/run/a_test.cpp, `tests/run`).", tests).empty());
  CHECK(missing_files("tests/run/b_test.cpp, tests/runs", tests).size() == 2);
  CHECK(missing_tests("\"a waiter\nis granted\"; \"a waiter is granted\"", tests).empty());
  CHECK(missing_tests("\"a waiter\", \"is granted\", \"a waiter is granted", tests).size() == 2);
}

TEST_CASE("what the pages of promises, limits and operation name is there") {
  const fs::path top = PAWL_SOURCE_DIR;
  const Texts tests = read_tests(top);
  for (const char* page : {"src/GUARANTEES.md", "src/LIMITS.md"}) {
    const std::string text = text_of(top / page);
    CHECK(missing_files(text, tests) == Findings{});
    CHECK(missing_tests(text, tests) == Findings{});
    CHECK(text.find('"') != text.npos);
  }
  CHECK(missing_files(text_of(top / "src/server/OPERATE.md"), tests) == Findings{});
}
