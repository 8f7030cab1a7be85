// SPDX-License-Identifier: Apache-2.0
//
// What may stand in a request line: names, durations, quoted values, and what is no text at all.
#include <catch2/catch.hpp>
#include <vector>

#include "wire/parse.hpp"

using namespace std::chrono_literals;
using Catch::Matchers::Contains;

namespace pawl::wire {

TEST_CASE("a lock name is 1 to 255 bytes of text without blanks, controls and three marks") {
  CHECK_NOTHROW(Parsed("LOCK " + std::string(255, 'n')).as<request::Lock>());
  CHECK_THAT(refusal_of("LOCK " + std::string(256, 'n')), Contains("1-255"));
  for (const char* name :
       {"jobs/nightly", "größe", "鎖", "🔒", "a:b", "#1", "\xC2\xA0", "\xC3\x82"}) {
    CHECK(Parsed(std::string("SHOW ") + name).as<request::Show>().name == name);
  }
  for (const char* name :
       {"a,b", "a\"b", "\"a", "a\x01", "a\x7F", "\xC2\x80", "a\xC2\x9F", "a\x0B"}) {
    for (const char* verb : {"LOCK ", "UNLOCK token=1 ", "RENEW token=1 ", "VERIFY token=1 ",
                             "CANCEL id=1 ", "SHOW ", "BREAK token=1 reason=x "}) {
      CHECK_THAT(refusal_of(std::string(verb) + name), Contains("a lock name is"));
    }
  }
}

TEST_CASE("at most 64 different names") {
  std::string names;
  for (int i = 0; i < 64; ++i) names += " n" + std::to_string(i);
  const Parsed lock("LOCK" + names);
  CHECK(lock.as<request::Lock>().names.size() == 64);
  CHECK(lock.as<request::Lock>().names[63] == "n63");
  CHECK_THAT(refusal_of("LOCK one" + names), Contains("takes fewer words"));
  CHECK_THAT(refusal_of("UNLOCK token=1 one" + names), Contains("takes fewer words"));
  CHECK_THAT(refusal_of("LOCK a b a"), Contains("twice"));
  CHECK_THAT(refusal_of("UNLOCK a a token=1"), Contains("twice"));
}

TEST_CASE("slots and mode=slot go together") {
  CHECK(Parsed("LOCK a slots=1 mode=slot").as<request::Lock>().slots == 1);
  CHECK(Parsed("LOCK a mode=slot slots=65535").as<request::Lock>().slots == 65535);
  for (const char* options : {"mode=slot", "slots=5", "mode=shared slots=5"}) {
    CHECK_THAT(refusal_of(std::string("LOCK a ") + options), Contains("go together"));
  }
  CHECK_THAT(refusal_of("LOCK a mode=slot slots=0"), Contains("1 to 65535"));
  CHECK_THAT(refusal_of("LOCK a mode=slot slots=65536"), Contains("1 to 65535"));
  CHECK_THAT(refusal_of("LOCK a mode=Shared"), Contains("exclusive, shared or slot"));
}

TEST_CASE("durations that must be positive refuse 0, those that may be 0 take it") {
  CHECK(Parsed("LOCK a delay=0").as<request::Lock>().delay == 0ms);
  CHECK_THAT(refusal_of("LOCK a max_hold=0"), Contains("max_hold must be 1ms to"));
  CHECK_THAT(refusal_of("LOCK a wait=Forever"), Contains("wait must be 0 to"));
  CHECK_THAT(refusal_of("LOCK a wait=-1s"), Contains("wait must be"));
  CHECK_THAT(refusal_of("LOCK a delay=123456789012345678901234h"), Contains("1000000h"));
}

TEST_CASE("a ttl of no length is left to the node, which knows the configured range") {
  CHECK(Parsed("LOCK a ttl=0s").as<request::Lock>().ttl == 0ms);
  CHECK(Parsed("OPEN ttl=0").as<request::Open>().ttl == 0ms);
  CHECK(Parsed("RENEW a token=1 ttl=0ms").as<request::Renew>().ttl == 0ms);
  const std::string no_length =
      GENERATE("-1s", "-5", "99999999999999999999", "1000001h", "30d", "1.5s", "forever", "");
  CHECK(Parsed("LOCK a ttl=" + no_length).as<request::Lock>().ttl == ttl_of_no_length);
  CHECK(Parsed("OPEN ttl=" + no_length).as<request::Open>().ttl == ttl_of_no_length);
  CHECK(Parsed("RENEW a token=1 ttl=" + no_length).as<request::Renew>().ttl == ttl_of_no_length);
}

TEST_CASE("a quoted value may hold blanks and escapes") {
  const auto note = [](const std::string& value) {
    return std::string(Parsed("LOCK a note=" + value).as<request::Lock>().note);
  };
  CHECK(note(R"("")") == "");
  CHECK(note("") == "");
  CHECK(note(R"("two  words")") == "two  words");
  CHECK(note(R"("\"a\" \\ \n \x41\xc3\xA9")") == "\"a\" \\ \n A\xC3\xA9");
  CHECK(note(R"("a=b,c")") == "a=b,c");
  CHECK(note(R"(a=b\n)") == R"(a=b\n)");
  CHECK(Parsed(R"(LOCK a ttl="30s")").as<request::Lock>().ttl == Milliseconds(30s));
  CHECK(note('"' + std::string(1024, 'x') + '"').size() == 1024);
  CHECK_THAT(refusal_of("LOCK a note=" + std::string(1025, 'x')), Contains("1024"));
  std::string escaped;
  for (int i = 0; i < 1024; ++i) escaped += "\\x41";
  CHECK(note('"' + escaped + '"') == std::string(1024, 'A'));
  CHECK_THAT(refusal_of("LOCK a note=\"" + escaped + "b\""), Contains("1024"));
}

TEST_CASE("several escaped values of one line all stay valid") {
  const Parsed parsed(R"(BREAK a token="\x31" reason="\x72eason long enough to need a buffer")");
  CHECK(parsed.as<request::Break>().token == Token{1});
  CHECK(parsed.as<request::Break>().reason == "reason long enough to need a buffer");
  const Parsed open(R"(OPEN name="\x41 name that is longer than a short string" id="\x42")");
  CHECK(open.as<request::Open>().name == "A name that is longer than a short string");
  CHECK(open.as<request::Open>().id == "B");
}

TEST_CASE("a value that is quoted wrongly is refused") {
  for (const char* value :
       {R"("open)", R"(")", R"("\")", R"("\q")", R"("\x4")", R"("\xg0")", R"("\x00")", R"("\xff")",
        R"("\xc3")", R"("\)", R"("\t")", R"("\u0041")"}) {
    CHECK_THAT(refusal_of(std::string("LOCK a note=") + value), Contains("quoted value"));
  }
  CHECK_THAT(refusal_of(R"(LOCK a note="x"y)"), Contains("blank must follow"));
  CHECK_THAT(refusal_of(R"(LOCK note="x""y" a)"), Contains("blank must follow"));
  CHECK_THAT(refusal_of(R"(LOCK a note=x"y")"), Contains("whole value"));
}

TEST_CASE("NUL bytes and invalid UTF-8 poison the line") {
  using namespace std::string_view_literals;
  for (const auto text :
       {"LOCK a\0"sv, "\0"sv, "LOCK \xff"sv, "PING\0PING"sv, "LOCK a note=\"\xc3\""sv,
        "12345678\0"sv, "1234567\0"sv, "1234567890 long ascii first then \xc0\x80"sv}) {
    const Parsed parsed(text);
    CHECK(parsed.line.kind == LineKind::poison);
    CHECK(std::get<request::Malformed>(parsed.line.request).code == ErrorCode::bad_request);
    CHECK_THAT(std::string(std::get<request::Malformed>(parsed.line.request).message),
               Contains("UTF-8"));
  }
  CHECK(Parsed("#t LOCK \xff").line.tag == "t");
}

TEST_CASE("HTTP at the door is foreign, in any case") {
  for (const char* text :
       {"GET / HTTP/1.1\r", "get /", "POST /x", "pOsT ", "Host: a", "HOST:", "host:x"}) {
    CHECK(Parsed(text).line.kind == LineKind::foreign);
  }
  for (const char* text : {"GET", "POST", "Host", "GETX /", "hos", "PING"}) {
    CHECK(Parsed(text).line.kind == LineKind::request);
  }
}

TEST_CASE("of few bytes it is told whether they may become HTTP") {
  for (const char* text : {"", "G", "get", "p", "POST", "hO", "Host"}) {
    CHECK(may_become_foreign(text));
    CHECK_FALSE(is_foreign(text));
  }
  for (const char* text : {"GET ", "GETX", "PI", "p\n", "L", "*", "Hosts", "\x16"}) {
    CHECK_FALSE(may_become_foreign(text));
  }
}

}  // namespace pawl::wire
