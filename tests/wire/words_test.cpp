// SPDX-License-Identifier: Apache-2.0
#include "wire/words.hpp"

#include <catch2/catch.hpp>
#include <cstdint>
#include <random>
#include <string>
#include <string_view>
#include <vector>

#include "wire/scan.hpp"
#include "wire/text.hpp"

namespace pawl::wire {
namespace {

std::string random_text(std::mt19937& random, std::size_t size) {
  constexpr std::string_view likely = "ab/ \t=\",\x7F\x1F!~\xC3\xA9";
  std::string text(size, ' ');
  for (char& c : text) {
    c = random() % 2 == 0 ? likely[random() % likely.size()] : static_cast<char>(random() % 256);
  }
  return text;
}

}  // namespace

TEST_CASE("the bytes that do not plainly stand in a name are marked, each for itself") {
  std::mt19937 random(7);
  int wrong = 0;
  for (int round = 0; round < 20'000; ++round) {
    // On the heap, as long as the text: a look beyond its end is seen under sanitizers.
    const std::vector<char> bytes = [&] {
      const std::string text = random_text(random, random() % 65);
      return std::vector<char>(text.begin(), text.end());
    }();
    const std::string_view text(bytes.data(), bytes.size());
    const std::uint64_t bits = scan::bits_not_plainly_in_name(text);
    for (std::size_t i = 0; i < 64; ++i) {
      const bool marked = (bits >> i & 1U) != 0;
      const bool odd = i < text.size() && (static_cast<unsigned char>(text[i]) >= 0x80 ||
                                           !has_name_characters(text.substr(i, 1)));
      if (marked != odd) ++wrong;
      if (i + 8 > text.size()) continue;
      const auto eight = scan::gathered(scan::not_plainly_in_name(scan::load(text.data() + i)));
      if (eight != (bits >> i & 0xFFU)) ++wrong;
    }
  }
  CHECK(wrong == 0);
}

TEST_CASE("words are found wherever they stand in a long line") {
  std::mt19937 random(11);
  for (int round = 0; round < 2'000; ++round) {
    std::vector<std::string> written;
    std::string line;
    for (std::size_t i = 0, count = random() % 40; i < count; ++i) {
      std::string word(1 + random() % 90, 'a');
      if (random() % 4 == 0) word[random() % word.size()] = ',';
      if (random() % 4 == 0) word[random() % word.size()] = '=';
      written.push_back(word);
      line += word;
      line.append(1 + random() % 3, random() % 2 == 0 ? ' ' : '\t');
    }
    Words words(line);
    std::string scratch;
    for (const std::string& expected : written) {
      words.skip_blanks();
      REQUIRE_FALSE(words.at_end());
      Word word;
      std::string_view problem;
      REQUIRE(words.take(scratch, word, problem));
      const std::size_t equals = expected.find('=');
      REQUIRE(word.is_option == (equals != expected.npos));
      if (word.is_option) {
        CHECK(word.key == expected.substr(0, equals));
        CHECK(word.value == expected.substr(equals + 1));
      } else {
        CHECK(word.value == expected);
        CHECK(word.is_plain == (expected.find(',') == expected.npos));
      }
    }
    words.skip_blanks();
    REQUIRE(words.at_end());
  }
}

TEST_CASE("a plain word reaches to the next blank, whatever it holds") {
  Words words("a=\"b, c\xC3\xA9=d\te");
  CHECK(words.take_plain() == "a=\"b,");
  words.skip_blanks();
  CHECK(words.take_plain() == "c\xC3\xA9=d");
  words.skip_blanks();
  CHECK(words.rest() == "e");
  CHECK(words.take_plain() == "e");
  CHECK(words.at_end());
}

}  // namespace pawl::wire
