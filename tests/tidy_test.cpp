// SPDX-License-Identifier: Apache-2.0
//
// The tree checks itself. Each rule is a function over files in memory, so that each is shown to
// fail as well as to hold; the last test applies them all to this tree.
#include <algorithm>
#include <array>
#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>
#include <optional>
#include <set>
#include <sstream>
#include <string>
#include <string_view>
#include <vector>

namespace {

struct File {
  std::string path;  // from the top of the tree
  std::string text;
};
using Files = std::vector<File>;
using Findings = std::vector<std::string>;

struct Place {
  std::string folder;  // the library it belongs to: base, locks, …, client
  int floor = 0;
};

constexpr std::array<std::pair<std::string_view, int>, 10> floors{{{"base", 0},
                                                                   {"locks", 1},
                                                                   {"replication", 1},
                                                                   {"journal", 1},
                                                                   {"node", 2},
                                                                   {"wire", 2},
                                                                   {"storage", 3},
                                                                   {"server", 4},
                                                                   {"client", 3},
                                                                   {"cli", 4}}};

// What a pure floor may not say. Time, randomness and finished I/O come in as events; an iteration
// in hash order would differ between nodes.
constexpr std::array impure{
    "asio",       "spdlog",        "<thread>",        "<mutex>",         "<shared_mutex>",
    "<future>",   "<fstream>",     "<iostream>",      "<filesystem>",    "<random>",
    "<ctime>",    "_clock::",      "random_device",   "getenv",          "std::time(",
    "<unistd.h>", "<sys/socket.h", "<unordered_map>", "<unordered_set>", "<condition_variable>",
    "<stop_token"};

// How a connection is made and used: the command has none of its own, it stands on the library.
constexpr std::array connecting{"asio.hpp>",    "asio/ip/",   "asio/local/",    "asio/connect",
                                "asio/read",    "asio/write", "<sys/socket.h>", "<netinet/",
                                "<arpa/inet.h", "<netdb.h>"};

// Tests of several files, or of a promise rather than of a file: each is named here or has a twin.
const std::set<std::string> without_twin{"tests/server/config/documented_test.cpp",
                                         "tests/server/config/log_test.cpp",
                                         "tests/server/conversation_test.cpp",
                                         "tests/server/limits_test.cpp",
                                         "tests/server/pawld_test.cpp",
                                         "tests/storage/simulated_disk_test.cpp",
                                         "tests/wire/protocol_page_test.cpp"};

const std::set<std::string> top_level{"src",     "include",        "config",    "tests",
                                      "docker",  "CMakeLists.txt", "README.md", "CMakePresets.json",
                                      "LICENSE", "CHANGELOG.md",   "dev"};

bool is_header(const File& file) { return file.path.ends_with(".hpp"); }
bool is_source(const File& file) { return is_header(file) || file.path.ends_with(".cpp"); }
bool is_under(const File& file, std::string_view folder) { return file.path.starts_with(folder); }

std::optional<Place> place_of(std::string_view path) {
  if (path == "include/pawl/types.hpp" || path == "include/pawl/error.hpp") return Place{"base", 0};
  if (path.starts_with("include/pawl/")) return Place{"client", 3};
  if (!path.starts_with("src/")) return std::nullopt;
  const std::string_view rest = path.substr(4);
  for (const auto& [folder, floor] : floors) {
    if (rest.starts_with(std::string(folder) + "/")) return Place{std::string(folder), floor};
  }
  return std::nullopt;
}

// Comments may name what code may not use. Line ends stay, so that line numbers do.
std::string without_comments(std::string_view text) {
  std::string code;
  enum class In { plain, line, block, string } in = In::plain;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const std::string_view two = text.substr(i, 2);
    const char c = text[i];
    if (in == In::plain && two == "//") in = In::line;
    if (in == In::plain && two == "/*") in = In::block;
    if (in == In::line && c == '\n') in = In::plain;
    if (in == In::block && two == "*/") {
      in = In::plain;
      ++i;
      continue;
    }
    if (in == In::line || (in == In::block && c != '\n')) continue;
    code += c;
    if (in == In::string && c == '\\' && i + 1 < text.size()) {
      code += text[++i];
    } else if (c == '"' && (i == 0 || text[i - 1] != '\'')) {
      in = in == In::string ? In::plain : In::string;
    }
  }
  return code;
}

// Not by std::regex: GCC 12 with sanitizers warns inside that header.
std::vector<std::string> quoted_includes(const File& file) {
  constexpr std::string_view blanks = " \t";
  std::vector<std::string> found;
  std::istringstream code(without_comments(file.text));
  for (std::string line; std::getline(code, line);) {
    std::string_view rest = line;
    for (const std::string_view expected : {"#", "include", "\""}) {
      rest.remove_prefix(std::min(rest.find_first_not_of(blanks), rest.size()));
      if (!rest.starts_with(expected)) {
        rest = {};
        break;
      }
      rest.remove_prefix(expected.size());
    }
    const std::size_t end = rest.find('"');
    if (end != std::string_view::npos) found.emplace_back(rest.substr(0, end));
  }
  return found;
}

// Includes go strictly down and never sideways.
Findings check_floors(const Files& files) {
  Findings findings;
  for (const File& file : files) {
    if (!is_source(file) || !(is_under(file, "src/") || is_under(file, "include/"))) continue;
    const auto here = place_of(file.path);
    if (!here) {
      findings.push_back(file.path + " stands on no floor");
      continue;
    }
    for (const std::string& include : quoted_includes(file)) {
      const bool is_public = include.starts_with("pawl/");
      const auto there = place_of((is_public ? "include/" : "src/") + include);
      if (!there) {
        findings.push_back(file.path + " includes " + include +
                           ": not a path from src/ or include/");
      } else if (there->folder != here->folder && there->floor >= here->floor) {
        findings.push_back(file.path + " includes " + include + ": not strictly down");
      }
    }
  }
  return findings;
}

Findings check_purity(const Files& files) {
  Findings findings;
  for (const File& file : files) {
    const auto place = place_of(file.path);
    if (!place || place->floor > 2 || !is_source(file)) continue;
    const std::string code = without_comments(file.text);
    for (const std::string_view word : impure) {
      if (code.find(word) != std::string::npos) {
        findings.push_back(file.path + " mentions " + std::string(word) + " on a pure floor");
      }
    }
  }
  return findings;
}

// bench/ measures servers by a load of its own; a terminal is written to as well.
bool may_say(const File& file, std::string_view word) {
  return is_under(file, "src/cli/bench/") ||
         (file.path == "src/cli/top/screen.cpp" && word == "asio/write");
}

Findings check_connections(const Files& files) {
  Findings findings;
  for (const File& file : files) {
    if (!is_source(file) || !is_under(file, "src/cli/")) continue;
    const std::string code = without_comments(file.text);
    for (const std::string_view word : connecting) {
      if (code.find(word) != std::string::npos && !may_say(file, word)) {
        findings.push_back(file.path + " mentions " + std::string(word) + ": ask by src/client");
      }
    }
  }
  return findings;
}

Findings check_length(const Files& files) {
  Findings findings;
  for (const File& file : files) {
    if (!is_source(file) || !(is_under(file, "src/") || is_under(file, "include/"))) continue;
    const auto lines = std::count(file.text.begin(), file.text.end(), '\n');
    if (lines > 400) findings.push_back(file.path + " has " + std::to_string(lines) + " lines");
  }
  return findings;
}

// x_test.cpp and x_aspect_test.cpp both have x.hpp or x.cpp as their twin.
bool has_twin(std::string path, const std::set<std::string>& paths) {
  for (;;) {
    if (paths.contains(path + ".hpp") || paths.contains(path + ".cpp")) return true;
    const std::size_t end = path.find_last_of("_/");
    if (end == std::string::npos || path[end] == '/') return false;
    path.resize(end);
  }
}

// tests/<floor>/x_test.cpp tests src/<floor>/x.hpp or .cpp.
Findings check_twins(const Files& files, const std::set<std::string>& exceptions) {
  constexpr std::string_view suffix = "_test.cpp";
  std::set<std::string> paths;
  for (const File& file : files) paths.insert(file.path);
  Findings findings;
  for (const File& file : files) {
    if (!is_under(file, "tests/") || !file.path.ends_with(suffix)) continue;
    const std::string twin = "src/" + file.path.substr(6, file.path.size() - 6 - suffix.size());
    if (!place_of(twin) || exceptions.contains(file.path)) continue;
    if (!has_twin(twin, paths)) findings.push_back(file.path + " has no twin " + twin + ".*");
  }
  for (const std::string& exception : exceptions) {
    if (!paths.contains(exception)) findings.push_back(exception + " is excepted but gone");
  }
  return findings;
}

Findings check_heads(const Files& files) {
  constexpr std::string_view licence = "// SPDX-License-Identifier: Apache-2.0\n";
  Findings findings;
  for (const File& file : files) {
    if (!is_source(file)) continue;
    if (!file.text.starts_with(licence)) findings.push_back(file.path + " lacks the SPDX line");
    if (is_header(file) && file.text.find("\n#pragma once\n") == std::string::npos) {
      findings.push_back(file.path + " lacks #pragma once");
    }
  }
  return findings;
}

Findings check_top_level(const std::set<std::string>& names) {
  Findings findings;
  for (const std::string& name : names) {
    if (name.starts_with('.') || name == "build" || name == "compile_commands.json") continue;
    if (!top_level.contains(name)) findings.push_back(name + " does not belong at the top");
  }
  for (const std::string& name : top_level) {
    if (!names.contains(name)) findings.push_back(name + " is missing at the top");
  }
  return findings;
}

Files read_tree(const std::filesystem::path& top) {
  Files files;
  for (const char* folder : {"src", "include", "tests"}) {
    for (const auto& entry : std::filesystem::recursive_directory_iterator(top / folder)) {
      if (!entry.is_regular_file()) continue;
      File file{std::filesystem::relative(entry.path(), top).generic_string(), {}};
      if (is_source(file)) {
        std::ostringstream text;
        text << std::ifstream(entry.path(), std::ios::binary).rdbuf();
        file.text = text.str();
      }
      files.push_back(std::move(file));
    }
  }
  return files;
}

std::set<std::string> names_at(const std::filesystem::path& top) {
  std::set<std::string> names;
  for (const auto& entry : std::filesystem::directory_iterator(top)) {
    names.insert(entry.path().filename().string());
  }
  return names;
}

}  // namespace

TEST_CASE("an include that goes down or stays in its folder is allowed") {
  const Files files{{"src/node/node.cpp", "#include \"node/node.hpp\"\n#include <vector>\n"},
                    {"src/node/node.hpp", "#include \"locks/table.hpp\"\n"},
                    {"src/locks/table.hpp", "#include \"pawl/types.hpp\"\n"},
                    {"src/cli/main.cpp", "#include \"wire/request.hpp\"\n"},
                    {"src/server/config/read.cpp", "#include \"server/server.hpp\"\n"},
                    {"include/pawl/client.hpp", "#include \"pawl/types.hpp\"\n"},
                    {"src/client/client.cpp", "#include \"pawl/client.hpp\"\n"}};
  CHECK(check_floors(files).empty());
}

TEST_CASE("an include that goes up, sideways or nowhere is found") {
  const std::string from_locks = GENERATE("node/node.hpp", "replication/log.hpp",
                                          "journal/format.hpp", "pawl/client.hpp", "table.hpp");
  CHECK(check_floors({{"src/locks/table.hpp", "#include \"" + from_locks + "\"\n"}}).size() == 1);
  CHECK(check_floors({{"src/wire/reply.cpp", "#include \"node/event.hpp\"\n"}}).size() == 1);
  CHECK(check_floors({{"src/storage/log.cpp", "#  include \"server/server.hpp\"\n"}}).size() == 1);
  CHECK(check_floors({{"include/pawl/types.hpp", "#include \"wire/reply.hpp\"\n"}}).size() == 1);
}

TEST_CASE("a source file outside the known folders is found") {
  CHECK(check_floors({{"src/util/strings.hpp", ""}}).size() == 1);
  CHECK(check_floors({{"src/main.cpp", ""}}).size() == 1);
}

TEST_CASE("an include in a comment is none") {
  CHECK(check_floors({{"src/locks/table.hpp", "// #include \"node/node.hpp\"\n"}}).empty());
  CHECK(check_floors({{"src/locks/table.hpp", "/* #include \"node/node.hpp\" */\n"}}).empty());
}

TEST_CASE("each impure word is found on each pure floor, and allowed above") {
  const std::string word = GENERATE(from_range(impure));
  const std::string text = "int x; " + word + "\n";
  const std::string pure =
      GENERATE("include/pawl/types.hpp", "src/base/x.hpp", "src/locks/x.cpp",
               "src/replication/x.cpp", "src/journal/x.cpp", "src/node/x.cpp", "src/wire/x.cpp");
  CHECK_FALSE(check_purity({{pure, text}}).empty());
  CHECK(check_purity({{"src/server/x.cpp", text}}).empty());
}

TEST_CASE("a pure floor may use spans of time, and speak of clocks in comments") {
  const std::string text =
      "#include <chrono>\n// no asio, no steady_clock::now()\n"
      "const char* quote = \"\\\"\"; // spdlog\nconst char c = '\"'; // <thread>\n";
  CHECK(check_purity({{"src/locks/table.hpp", text}}).empty());
}

TEST_CASE("code after a string that looks like a comment is still read") {
  CHECK_FALSE(check_purity({{"src/locks/a.cpp", "f(\"//\"); getenv(\"A\");\n"}}).empty());
  CHECK_FALSE(check_purity({{"src/locks/a.cpp", "/* */ getenv(\"A\");\n"}}).empty());
}

TEST_CASE("a connection of the command's own is found, but for those of bench") {
  const std::string header = GENERATE("<boost/asio.hpp>", "<boost/asio/ip/tcp.hpp>",
                                      "<boost/asio/connect.hpp>", "<boost/asio/read_until.hpp>",
                                      "<boost/asio/write.hpp>", "<sys/socket.h>", "<netdb.h>");
  const std::string text = "#include " + header + "\n";
  CHECK(check_connections({{"src/cli/run/run.cpp", text}}).size() == 1);
  CHECK(
      check_connections({{"src/cli/bench/link.hpp", text}, {"src/client/link.hpp", text}}).empty());
}

TEST_CASE("the command may use an io_context, timers, and the library's connections") {
  const std::string text =
      "#include <boost/asio/io_context.hpp>\n#include <boost/asio/steady_timer.hpp>\n"
      "#include \"client/link.hpp\"\n// not <sys/socket.h>\n";
  CHECK(check_connections({{"src/cli/run/run.cpp", text}}).empty());
}

TEST_CASE("a file of 400 lines is allowed, one more is not") {
  CHECK(check_length({{"src/node/node.cpp", std::string(400, '\n')}}).empty());
  CHECK(check_length({{"src/node/node.cpp", std::string(401, '\n')}}).size() == 1);
  CHECK(check_length({{"include/pawl/client.hpp", std::string(401, '\n')}}).size() == 1);
}

TEST_CASE("a test without a twin is found, and so is an exception without a test") {
  const Files files{{"src/locks/table.hpp", ""},          {"src/wire/reply.cpp", ""},
                    {"tests/locks/table_test.cpp", ""},   {"tests/wire/reply_test.cpp", ""},
                    {"tests/system/readme_test.cpp", ""}, {"tests/node/table_test.cpp", ""}};
  CHECK(check_twins(files, {}).size() == 1);
  CHECK(check_twins(files, {"tests/node/table_test.cpp"}).empty());
  CHECK(check_twins(files, {"tests/node/table_test.cpp", "tests/node/gone_test.cpp"}).size() == 1);
}

TEST_CASE("a source without its SPDX line or a header without its pragma is found") {
  const std::string licence = "// SPDX-License-Identifier: Apache-2.0\n";
  CHECK(check_heads({{"src/a.hpp", licence + "//\n#pragma once\n"}, {"a.cpp", licence}}).empty());
  CHECK(check_heads({{"src/a.hpp", licence}}).size() == 1);
  CHECK(check_heads({{"src/a.hpp", licence + "// #pragma once\n"}}).size() == 1);
  CHECK(check_heads({{"src/a.cpp", "\n" + licence}}).size() == 1);
}

TEST_CASE("a stranger at the top is found, a missing name too") {
  std::set<std::string> names = top_level;
  names.insert({".gitignore", ".ci", "build"});
  CHECK(check_top_level(names).empty());
  names.insert("scripts");
  CHECK(check_top_level(names).size() == 1);
  names.erase("LICENSE");
  CHECK(check_top_level(names).size() == 2);
}

TEST_CASE("this tree is tidy") {
  const std::filesystem::path top = PAWL_SOURCE_DIR;
  const Files files = read_tree(top);
  REQUIRE(files.size() > 20);

  Findings findings;
  for (const Findings& some :
       {check_floors(files), check_purity(files), check_connections(files), check_length(files),
        check_twins(files, without_twin), check_heads(files), check_top_level(names_at(top))}) {
    findings.insert(findings.end(), some.begin(), some.end());
  }
  for (const std::string& finding : findings) UNSCOPED_INFO(finding);
  CHECK(findings.empty());
}
