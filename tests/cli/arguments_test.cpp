// SPDX-License-Identifier: Apache-2.0
#include "cli/arguments.hpp"

#include <catch2/catch.hpp>
#include <string>

using namespace std::chrono_literals;

namespace pawl::cli {
namespace {

// The words as one command line; false: CLI11 refuses them.
bool parses(CLI::App& app, std::vector<std::string> words) {
  std::reverse(words.begin(), words.end());
  try {
    app.parse(words);
    return true;
  } catch (const CLI::ParseError&) {
    return false;
  }
}

}  // namespace

TEST_CASE("a token is a whole number from 1 to 2^53-1") {
  CLI::App app;
  std::uint64_t token = 0;
  add_token(app, token);
  for (const char* bad : {"0", "-1", "+1", "1.5", "1e3", "0x10", " 1", "", "abc",
                          "9007199254740992", "18446744073709551617"}) {
    INFO(bad);
    CHECK_FALSE(parses(app, {"--token", bad}));
  }
  CHECK(parses(app, {"--token", "9007199254740991"}));
  CHECK(token == 9007199254740991U);
  CHECK(parses(app, {"--token", "010"}));
  CHECK(token == 10);
}

TEST_CASE("a lock name that would be another request is no name") {
  CLI::App app;
  std::string name;
  add_lock(app, name);
  for (const char* bad : {"", "a b", "a token=1", "wait=forever", "a\nUNLOCK", "a\tb", "a,b",
                          "\"a\"", "a\x1b[2J", "\xff"}) {
    INFO(bad);
    CHECK_FALSE(parses(app, {bad}));
  }
  CHECK_FALSE(parses(app, {std::string(256, 'a')}));
  CHECK_FALSE(parses(app, {}));
  for (const char* good : {"a", "jobs/nightly", "é", "#1"}) {
    CHECK(parses(app, {good}));
    CHECK(name == good);
  }
}

TEST_CASE("durations are written as in the protocol") {
  CLI::App app;
  Milliseconds ttl{0};
  Milliseconds wait{0};
  add_ttl(app, ttl);
  add_wait(app, wait);
  CHECK(parses(app, {"--ttl", "5m", "--wait", "250ms"}));
  CHECK(ttl == 5min);
  CHECK(wait == 250ms);
  CHECK(parses(app, {"--wait", "forever"}));
  CHECK(wait == Milliseconds::max());
  CHECK(parses(app, {"--wait", "0"}));
  CHECK(wait == 0ms);
  for (const char* bad : {"0", "0s", "-1s", "forever", "1.5s", "3x", ""}) {
    INFO(bad);
    CHECK_FALSE(parses(app, {"--ttl", bad}));
  }
  CHECK_FALSE(parses(app, {"--wait", "for ever"}));
}

TEST_CASE("a lock is taken alone, shared, or as one of N") {
  CLI::App app;
  Mode mode = Mode::exclusive;
  std::uint32_t slots = 0;
  add_mode(app, mode, slots);

  CHECK(parses(app, {}));
  CHECK(mode == Mode::exclusive);
  CHECK(parses(app, {"--slots", "65535"}));
  CHECK(mode == Mode::slot);
  CHECK(slots == 65'535);
  CHECK(parses(app, {"--shared"}));
  CHECK(mode == Mode::shared);
  CHECK_FALSE(parses(app, {"--shared", "--slots", "2"}));
  for (const char* number : {"0", "65536", "-1", "two", "010x"}) {
    CHECK_FALSE(parses(app, {"--slots", number}));
  }
}

TEST_CASE("notes are UTF-8 of at most 1024 bytes, ids are words") {
  CLI::App app;
  std::string note;
  std::string id;
  add_text(app, "--note", note, "");
  add_id(app, id);
  CHECK(parses(app, {"--note", "two\nlines \"é\"", "--id", "job-981:a.b_c"}));
  CHECK_FALSE(parses(app, {"--note", std::string(1025, 'a')}));
  CHECK_FALSE(parses(app, {"--note", "\xff"}));
  CHECK_FALSE(parses(app, {"--id", "two words"}));
  CHECK_FALSE(parses(app, {"--id", std::string(65, 'a')}));
}

TEST_CASE("several locks are named one by one, none twice, and a name in brackets is one name") {
  CLI::App app;
  std::vector<std::string> names;
  std::uint64_t token = 0;
  add_locks(app, names);
  add_token(app, token);

  CHECK(parses(app, {"a", "b", "--token", "1", "[c]"}));
  CHECK(names == std::vector<std::string>{"a", "b", "[c]"});
  CHECK(parses(app, {"[a]"}));
  CHECK(names == std::vector<std::string>{"[a]"});
  CHECK_FALSE(parses(app, {"a", "b", "a"}));
  CHECK_FALSE(parses(app, {"a", "b c"}));
  CHECK_FALSE(parses(app, {}));
}

TEST_CASE("a delay may be 0, a max-hold not") {
  CLI::App app;
  Milliseconds delay{0};
  Milliseconds max_hold{0};
  add_limits_of_hold(app, delay, max_hold);

  CHECK(parses(app, {"--delay", "10s", "--max-hold", "1h"}));
  CHECK(delay == 10s);
  CHECK(max_hold == 1h);
  CHECK(parses(app, {"--delay", "0"}));
  CHECK(delay == 0s);
  CHECK_FALSE(parses(app, {"--delay", "soon"}));
  CHECK_FALSE(parses(app, {"--max-hold", "0"}));
}

}  // namespace pawl::cli
