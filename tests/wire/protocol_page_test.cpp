// SPDX-License-Identifier: Apache-2.0
//
// The protocol page and the code say the same.
#include <algorithm>
#include <catch2/catch.hpp>
#include <fstream>
#include <set>
#include <string>
#include <vector>

#include "wire/parse.hpp"
#include "wire/verbs.hpp"

namespace pawl::wire {
namespace {

std::vector<std::string> page_lines() {
  std::ifstream page(PAWL_PROTOCOL_PAGE);
  std::vector<std::string> lines;
  for (std::string line; std::getline(page, line);) lines.push_back(line);
  REQUIRE(lines.size() > 100);
  return lines;
}

struct Exchange {
  std::string request;
  std::vector<std::string> answers;
};

// `> ` lines of the fenced blocks, each with the `< ` lines up to the next.
std::vector<Exchange> examples() {
  std::vector<Exchange> found;
  bool fenced = false;
  for (const std::string& line : page_lines()) {
    if (line.starts_with("```")) {
      fenced = !fenced;
    } else if (fenced && line.starts_with("> ")) {
      found.push_back({line.substr(2), {}});
    } else if (fenced && line.starts_with("< ")) {
      REQUIRE_FALSE(found.empty());
      found.back().answers.push_back(line.substr(2));
    }
  }
  REQUIRE_FALSE(fenced);
  return found;
}

std::vector<std::string> all_error_words() {
  std::vector<std::string> words;
  for (int code = 0; code <= static_cast<int>(ErrorCode::internal); ++code) {
    words.emplace_back(to_string(static_cast<ErrorCode>(code)));
  }
  return words;
}

std::string first_word(std::string_view text) {
  return std::string(text.substr(0, text.find_first_of(" `")));
}

// The verbs in the first column of the table under "## Requests".
std::set<std::string> verbs_of_the_table() {
  std::set<std::string> verbs;
  bool inside = false;
  for (const std::string& line : page_lines()) {
    if (line.starts_with("## ")) inside = line == "## Requests";
    if (!inside || !line.starts_with("| `")) continue;
    // \| is a bar of the text, not the end of the column.
    std::size_t end = line.find('|', 1);
    while (line[end - 1] == '\\') end = line.find('|', end + 1);
    const std::string column = line.substr(0, end);
    for (std::size_t open = column.find('`'); open != column.npos;) {
      const std::size_t close = column.find('`', open + 1);
      REQUIRE(close != column.npos);
      verbs.insert(first_word(std::string_view(column).substr(open + 1)));
      open = column.find('`', close + 1);
    }
  }
  return verbs;
}

}  // namespace

TEST_CASE("every request shown on the protocol page parses") {
  const auto shown = examples();
  CHECK(shown.size() > 30);
  std::size_t refused_on_purpose = 0;
  for (const Exchange& exchange : shown) {
    INFO(exchange.request);
    const Parsed parsed(exchange.request);
    CHECK(parsed.line.kind == LineKind::request);
    const auto* malformed = std::get_if<request::Malformed>(&parsed.line.request);
    if (malformed == nullptr) continue;
    ++refused_on_purpose;
    const std::string answer = "ERR " + std::string(to_string(malformed->code)) + " msg=\"" +
                               std::string(malformed->message) + "\"";
    CHECK(exchange.answers == std::vector<std::string>{answer});
  }
  CHECK(refused_on_purpose == 1);
}

TEST_CASE("every answer shown on the protocol page has the shape of a reply or an event") {
  const auto codes = all_error_words();
  for (const Exchange& exchange : examples()) {
    for (std::string answer : exchange.answers) {
      INFO(answer);
      if (answer.starts_with('#')) answer.erase(0, answer.find(' ') + 1);
      if (answer.starts_with("ERR ")) {
        const std::string code = first_word(std::string_view(answer).substr(4));
        CHECK(std::find(codes.begin(), codes.end(), code) != codes.end());
      } else {
        CHECK((answer == "OK" || answer.starts_with("OK ") || answer.starts_with("EVENT ")));
      }
    }
  }
}

TEST_CASE("every error code stands in the page's table of codes") {
  std::string table;
  bool inside = false;
  for (const std::string& line : page_lines()) {
    if (line.starts_with("## ")) inside = line == "## Error codes";
    if (inside && line.starts_with("| `")) table += line.substr(0, line.find('|', 1)) + "\n";
  }
  for (const std::string& word : all_error_words()) {
    INFO(word);
    CHECK(
        (table.find('`' + word + '`') != table.npos || table.find('`' + word + ' ') != table.npos));
  }
}

TEST_CASE("the page's table of requests has the verbs of the code, and no others") {
  std::set<std::string> known;
  for (const VerbRule& rule : verb_rules()) known.insert(std::string(rule.word));
  CHECK(verbs_of_the_table() == known);
}

TEST_CASE("every option of the code stands on the page") {
  std::string page;
  for (const std::string& line : page_lines()) page += line + '\n';
  for (unsigned i = 0; i < option_count; ++i) {
    const std::string option = std::string(option_name(static_cast<Option>(i))) + '=';
    INFO(option);
    CHECK(page.find(option) != page.npos);
  }
}

}  // namespace pawl::wire
