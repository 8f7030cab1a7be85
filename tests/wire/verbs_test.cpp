// SPDX-License-Identifier: Apache-2.0
#include "wire/verbs.hpp"

#include <catch2/catch.hpp>
#include <string>

namespace pawl::wire {

TEST_CASE("every verb of the table is found in any case, and nothing near it") {
  for (const VerbRule& rule : verb_rules()) {
    std::string word(rule.word);
    CHECK(find_verb(word) == &rule);
    for (char& c : word) c = static_cast<char>(c + ('a' - 'A'));
    CHECK(find_verb(word) == &rule);
    CHECK(find_verb(word + "x") == nullptr);
    CHECK(find_verb(word.substr(1)) == nullptr);
    word[0] = '@';
    CHECK(find_verb(word) == nullptr);
  }
  CHECK(find_verb("") == nullptr);
}

TEST_CASE("what a person is told to type is what the verb takes") {
  for (const VerbRule& rule : verb_rules()) {
    INFO(rule.usage);
    CHECK(rule.usage.starts_with(rule.word));
    for (unsigned i = 0; i < option_count; ++i) {
      const auto option = static_cast<Option>(i);
      const std::string with_key = std::string(option_name(option)) + '=';
      if (rule.usage.find(with_key) == rule.usage.npos) continue;
      const OptionSet known = rule.taken & set_of(option);
      CHECK((known != 0 || with_key == "name="));
    }
  }
}

}  // namespace pawl::wire
