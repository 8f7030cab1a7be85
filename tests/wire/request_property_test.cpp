// SPDX-License-Identifier: Apache-2.0
//
// What must hold of any line, from a seed.
#include <catch2/catch.hpp>
#include <functional>
#include <random>
#include <string>
#include <vector>

#include "wire/parse.hpp"
#include "wire/quote.hpp"
#include "wire/text.hpp"

namespace pawl::wire {

// Friend of the parser: where its own texts lie.
struct ParserScratch {
  static bool holds(const RequestParser& parser, std::string_view view) {
    return within(parser.text_, view) || within(parser.message_, view);
  }
  static bool within(std::string_view whole, std::string_view view) {
    const std::less_equal<> before;
    return before(whole.data(), view.data()) &&
           before(view.data() + view.size(), whole.data() + whole.size());
  }
};

TEST_CASE("whatever bytes come, every view points into the line or the scratch") {
  constexpr std::uint64_t seed = 7295;
  std::mt19937_64 random(seed);
  const auto below = [&random](std::size_t n) { return static_cast<std::size_t>(random() % n); };
  const std::vector<std::string> pieces = {
      "LOCK ", "UNLOCK ", "OPEN ",   "BREAK ",   "KEEPALIVE ", "LIST ", "RENEW ",        "CANCEL ",
      "#t ",   "a ",      "jobs/b ", "token=",   "42 ",        "note=", "name=",         "reason=",
      "id=",   "prefix=", "\"",      "\\x41",    "\\n",        "\\",    "\\\"",          " ",
      "=",     "\t",      "é",       "\xC2\x80", "ttl=",       "30s ",  "wait=forever ", "\r"};
  const std::vector<std::string> seeds = {
      R"(#t LOCK a jobs/b note="a \"b\" \x41" id=x wait=forever)",
      R"(OPEN name="worker \\ 7" id="\x42" deadlock=off ttl=30s)",
      R"(BREAK a token="\x31" reason="\n")",
      "UNLOCK a b token=42",
      "KEEPALIVE a b c",
      R"(LIST prefix="\x6a" after=b limit=7)"};
  RequestParser parser;
  std::size_t well_formed = 0;
  for (int round = 0; round < 20'000; ++round) {
    std::string line = below(2) == 0 ? std::string() : seeds[below(seeds.size())];
    for (std::size_t n = below(8); n > 0; --n) {
      const std::string piece = below(8) == 0 ? std::string(1, static_cast<char>(below(256)))
                                              : pieces[below(pieces.size())];
      line.insert(below(line.size() + 1), piece);
    }
    INFO("seed " << seed << ", round " << round << ": " << line);
    const Line parsed = parser.parse(line);
    bool sound =
        parsed.tag.empty() || (ParserScratch::within(line, parsed.tag) && is_tag(parsed.tag));
    const bool malformed = std::holds_alternative<request::Malformed>(parsed.request);
    for_each_view(parsed.request, [&](std::string_view view) {
      // A message may also be static text.
      sound = sound && (view.empty() || malformed || ParserScratch::within(line, view) ||
                        ParserScratch::holds(parser, view));
      sound = sound && is_text(view);
    });
    if (!sound) FAIL("a view points elsewhere");
    if (parsed.kind == LineKind::request && !malformed) ++well_formed;
  }
  CHECK(well_formed > 1'000);
}

TEST_CASE("what is quoted in a reply reads back as it was") {
  constexpr std::uint64_t seed = 7297;
  std::mt19937_64 random(seed);
  const std::vector<std::string> characters = {"\"", "\\", "\n",   "\r",   "\t",
                                               " ",  "a",  "\x01", "\x7F", "\xC2\x85",
                                               "é",  "鎖", "🔒",    "x41",  "="};
  for (int round = 0; round < 2'000; ++round) {
    std::string text;
    for (std::size_t n = random() % 20; n > 0; --n)
      text += characters[random() % characters.size()];
    std::string line = "LOCK a note=";
    append_quoted(line, text);
    INFO("seed " << seed << ": " << line);
    REQUIRE(Parsed(line).as<request::Lock>().note == text);
    REQUIRE(line.find_first_of("\n\r\t\x01\x7F") == line.npos);
    REQUIRE(line.find("\xC2\x85") == line.npos);
  }
}

}  // namespace pawl::wire
