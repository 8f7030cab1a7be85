// SPDX-License-Identifier: Apache-2.0
#include "wire/values.hpp"

#include <catch2/catch.hpp>
#include <string>

#include "wire/text.hpp"

using namespace std::chrono_literals;

namespace pawl::wire {

TEST_CASE("durations are read in four units or bare milliseconds") {
  CHECK(parse_duration("250ms") == 250ms);
  CHECK(parse_duration("30s") == Milliseconds(30s));
  CHECK(parse_duration("5m") == Milliseconds(5min));
  CHECK(parse_duration("2h") == Milliseconds(2h));
  CHECK(parse_duration("1500") == 1500ms);
  CHECK(parse_duration("0") == 0ms);
  CHECK(parse_duration("0h") == 0ms);
}

TEST_CASE("what is no duration, or too long for one, is refused") {
  for (const char* text :
       {"", "s", "ms", "-1", "-5s", "+5s", "1.5s", "5S", "5 s", "5d", "5sec", " 5", "5s ", "1h30m",
        "0x10", "123456789012345678901234", "123456789012345678901234h"}) {
    INFO(text);
    CHECK_FALSE(parse_duration(text));
  }
}

TEST_CASE("the longest duration is 1000000h, in every unit") {
  CHECK(parse_duration("1000000h") == longest_duration);
  CHECK(parse_duration("60000000m") == longest_duration);
  CHECK(parse_duration("3600000000s") == longest_duration);
  CHECK(parse_duration("3600000000000ms") == longest_duration);
  CHECK_FALSE(parse_duration("1000001h"));
  CHECK_FALSE(parse_duration("60000001m"));
  CHECK_FALSE(parse_duration("3600000001s"));
  CHECK_FALSE(parse_duration("3600000000001"));
  // Would wrap around to a small product.
  CHECK_FALSE(parse_duration("18446744073709551615h"));
  CHECK_FALSE(parse_duration("5124095576031h"));
}

TEST_CASE("text is UTF-8 as RFC 3629 has it, without NUL") {
  for (const char* good :
       {"", "a", "\x7F", "\xC2\x80", "\xDF\xBF", "\xE0\xA0\x80", "\xED\x9F\xBF", "\xEE\x80\x80",
        "\xEF\xBF\xBF", "\xF0\x90\x80\x80", "\xF4\x8F\xBF\xBF"}) {
    INFO(good);
    CHECK(is_text(good));
    CHECK(is_text(std::string("eight ascii before ") + good + " and some behind"));
  }
  for (const char* bad : {"\x80", "\xBF", "\xC0\x80", "\xC1\xBF", "\xC2", "\xC2 ", "\xE0\x9F\xBF",
                          "\xE0\xA0", "\xED\xA0\x80", "\xF0\x8F\xBF\xBF", "\xF4\x90\x80\x80",
                          "\xF5\x80\x80\x80", "\xFF", "\xE1\x80\xC0", "\xF1\x80\x80"}) {
    CHECK_FALSE(is_text(bad));
    CHECK_FALSE(is_text(std::string("eight ascii before ") + bad));
    CHECK_FALSE(is_text(std::string(bad) + "eight ascii behind"));
  }
  for (std::size_t place = 0; place < 20; ++place) {
    std::string with_nul(20, 'a');
    with_nul[place] = '\0';
    CHECK_FALSE(is_text(with_nul));
    with_nul[place] = '\x01';
    CHECK(is_text(with_nul));
  }
}

}  // namespace pawl::wire
