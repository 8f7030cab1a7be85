// SPDX-License-Identifier: Apache-2.0
#include "server/log.hpp"

#include <catch2/catch.hpp>
#include <future>
#include <nlohmann/json.hpp>
#include <vector>

namespace pawl::server {

namespace {

// 2026-11-24T08:09:05.007Z
constexpr std::chrono::system_clock::time_point moment{
    std::chrono::milliseconds{1'795'507'745'007}};

std::string text(std::string_view message, LogFields fields) {
  return format_line({LogFormat::text, false}, LogLevel::info, moment, message, fields);
}

std::string json(LogLevel level, std::string_view message, LogFields fields) {
  return format_line({LogFormat::json, false}, level, moment, message, fields);
}

std::string journal(LogLevel level, std::string_view message, LogFields fields) {
  return format_line({LogFormat::journal, false}, level, moment, message, fields);
}

const std::string start = "2026-11-24T08:09:05.007Z info ";

}  // namespace

TEST_CASE("a text line has time, level, message and fields") {
  CHECK(text("listening", {{"client", "127.0.0.1:7295"}, {"term", 7}}) ==
        start + "listening client=127.0.0.1:7295 term=7");
  CHECK(text("stopped", {}) == start + "stopped");
}

TEST_CASE("a value is quoted when it would be misread") {
  CHECK(text("m", {{"v", "two words"}}) == start + "m v=\"two words\"");
  CHECK(text("m", {{"v", ""}}) == start + "m v=\"\"");
  CHECK(text("m", {{"v", "a=b"}}) == start + "m v=\"a=b\"");
  CHECK(text("m", {{"v", "say \"x\""}}) == start + "m v=\"say \\\"x\\\"\"");
  CHECK(text("m", {{"v", "a\\b"}}) == start + "m v=\"a\\\\b\"");
  CHECK(text("m", {{"v", "käse/€/😀"}}) == start + "m v=käse/€/😀");
}

TEST_CASE("no value breaks the line or steers the terminal") {
  CHECK(text("m", {{"v", "a\nb\rc\x1b[2J\x7f"}}) == start + "m v=\"a\\nb\\x0dc\\x1b[2J\\x7f\"");
  CHECK(text("m", {{"v", "\xc2\x9b"}}) == start + "m v=\"\\xc2\\x9b\"");
  CHECK(text("m", {{"v", std::string_view("\0", 1)}}) == start + "m v=\"\\x00\"");
  CHECK(text("two\nlines", {}) == start + "two\\nlines");
}

TEST_CASE("bytes that are no UTF-8 are shown as such") {
  CHECK(text("m", {{"v", "\xff"}}) == start + "m v=\"\\xff\"");
  CHECK(text("m", {{"v", "\xe2\x82"}}) == start + "m v=\"\\xe2\\x82\"");
  CHECK(text("m", {{"v", "\xc0\x80"}}) == start + "m v=\"\\xc0\\x80\"");
  CHECK(text("m", {{"v", "\xed\xa0\x80"}}) == start + "m v=\"\\xed\\xa0\\x80\"");
  CHECK(text("m", {{"v", "\xf4\x90\x80\x80"}}) == start + "m v=\"\\xf4\\x90\\x80\\x80\"");
}

TEST_CASE("numbers and flags are written bare") {
  const std::uint64_t token = 9'007'199'254'740'991;
  CHECK(text("m", {{"t", token}, {"d", std::int64_t{-1}}, {"f", true}, {"g", false}}) ==
        start + "m t=9007199254740991 d=-1 f=true g=false");
}

TEST_CASE("colour goes to the level only") {
  CHECK(format_line({LogFormat::text, true}, LogLevel::error, moment, "m", {}) ==
        "2026-11-24T08:09:05.007Z \x1b[31merror\x1b[0m m");
}

TEST_CASE("a JSON line has ts, level, msg and the fields as keys") {
  CHECK(
      json(LogLevel::warn, "disk slow", {{"node", "n1"}, {"dur_ms", 51}, {"late", true}}) ==
      R"({"ts":"2026-11-24T08:09:05.007Z","level":"warn","msg":"disk slow","node":"n1","dur_ms":51,"late":true})");
}

TEST_CASE("a JSON line stays JSON whatever a value holds") {
  const std::string line = json(LogLevel::info, "a \"b\"\n", {{"v", "\xff\x01\\"}});
  CHECK(line.find('\n') == std::string::npos);
  const auto parsed = nlohmann::json::parse(line);
  CHECK(parsed["msg"] == "a \"b\"\n");
  CHECK(parsed["v"] == "\xef\xbf\xbd\x01\\");
}

TEST_CASE("a line for the journal has its priority and no time") {
  CHECK(journal(LogLevel::error, "m", {{"a", "b"}}) == "<3>m a=b");
  CHECK(journal(LogLevel::warn, "m", {}) == "<4>m");
  CHECK(journal(LogLevel::info, "m", {}) == "<6>m");
  CHECK(journal(LogLevel::debug, "m\n<0>x", {}) == "<7>m\\n<0>x");
}

TEST_CASE("the journal is known by its device and inode") {
  const LogStream stream{false, 8, 77};
  const auto chosen = [&](std::optional<std::string_view> variable) {
    return choose_style(LogFormat::automatic, variable, stream);
  };
  CHECK(chosen("8:77") == LogStyle{LogFormat::journal, false});
  for (const char* other :
       {"8:78", "9:77", "8:7", "8:777", " 8:77", "8:77 ", "8", "", ":", "08:77"}) {
    CAPTURE(other);
    CHECK(chosen(other) == LogStyle{LogFormat::json, false});
  }
  CHECK(chosen(std::nullopt) == LogStyle{LogFormat::json, false});
}

TEST_CASE("a terminal gets text with colour, unless another format is wanted") {
  const LogStream terminal{true, 8, 77};
  CHECK(choose_style(LogFormat::automatic, "8:1", terminal) == LogStyle{LogFormat::text, true});
  CHECK(choose_style(LogFormat::json, std::nullopt, terminal) == LogStyle{LogFormat::json, false});
  CHECK(choose_style(LogFormat::journal, {}, terminal) == LogStyle{LogFormat::journal, false});
  CHECK(choose_style(LogFormat::text, "8:77", {false, 8, 77}) == LogStyle{LogFormat::text, false});
}

TEST_CASE("a level is logged when it is at least as grave, and can change at run time") {
  std::vector<std::string> lines;
  {
    Log log(LogLevel::warn, {LogFormat::journal, false},
            [&lines](std::string_view line) { lines.emplace_back(line); });
    log.error("1");
    log.warn("2");
    log.info("3");
    CHECK_FALSE(log.enabled(LogLevel::info));
    log.set_level(LogLevel::debug);
    CHECK(log.enabled(LogLevel::debug));
    log.debug("4", {{"a", std::string("temporary ") + "value"}});
  }
  CHECK(lines == std::vector<std::string>{"<3>1", "<4>2", "<7>4 a=\"temporary value\""});
}

TEST_CASE("what is queued is written before the log ends") {
  std::size_t count = 0;
  {
    const Log log(LogLevel::info, {LogFormat::text, false},
                  [&count](std::string_view) { ++count; });
    for (int line = 0; line < 1'000; ++line) log.info("line");
    CHECK(log.dropped() == 0);
  }
  CHECK(count == 1'000);
}

TEST_CASE("a full queue drops the oldest lines, counts them and never blocks") {
  std::promise<void> entered;
  std::promise<void> released;
  std::vector<std::string> lines;
  {
    const Log log(
        LogLevel::info, {LogFormat::journal, false},
        [&](std::string_view line) {
          if (lines.empty()) {
            entered.set_value();
            released.get_future().wait();
          }
          lines.emplace_back(line);
        },
        4);
    log.info("first");
    entered.get_future().wait();  // the writer is stuck: from here on the queue only fills
    for (const char* line : {"a", "b", "c", "d", "e", "f"}) log.info(line);
    CHECK(log.dropped() == 2);
    released.set_value();
  }
  CHECK(lines == std::vector<std::string>{"<6>first", "<6>c", "<6>d", "<6>e", "<6>f"});
}

TEST_CASE("a line may be longer than any buffer") {
  const std::string value(100'000, 'x');
  std::string seen;
  {
    const Log log(LogLevel::info, {LogFormat::journal, false},
                  [&seen](std::string_view line) { seen = line; });
    log.info("m", {{"v", value}});
  }
  CHECK(seen == "<6>m v=" + value);
}

}  // namespace pawl::server
