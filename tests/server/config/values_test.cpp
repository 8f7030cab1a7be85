// SPDX-License-Identifier: Apache-2.0
#include "server/config/values.hpp"

#include <catch2/catch.hpp>

namespace pawl::server {

TEST_CASE("a duration is a whole number with a unit") {
  CHECK(*parse_duration("250ms") == Milliseconds{250});
  CHECK(*parse_duration("30s") == Milliseconds{30'000});
  CHECK(*parse_duration("5m") == Milliseconds{300'000});
  CHECK(*parse_duration("2h") == Milliseconds{7'200'000});
  CHECK(*parse_duration("0ms") == Milliseconds{0});
}

TEST_CASE("a duration without a unit is told which units there are") {
  CHECK(parse_duration("30").error().why == "'30' needs a unit: 30ms, 30s, 30m or 30h");
}

TEST_CASE("what is no duration is refused") {
  for (const char* text :
       {"", "s", "-1s", "+1s", "1.5s", "1 s", " 1s", "1s ", "1S", "1d", "1min", "1h30m", "0x1s"}) {
    CAPTURE(text);
    CHECK(parse_duration(text).error().why ==
          quoted(text) + " is not a duration such as 250ms, 30s, 5m or 2h");
  }
}

TEST_CASE("a duration that overflows is too large, at the last millisecond exactly") {
  CHECK(parse_duration("9223372036854775807ms")->count() == 9'223'372'036'854'775'807);
  CHECK(parse_duration("9223372036854775808ms").error().why ==
        "'9223372036854775808ms' is too large");
  CHECK(parse_duration("2562047788015h").has_value());
  CHECK(parse_duration("2562047788016h").error().why == "'2562047788016h' is too large");
  CHECK(parse_duration("99999999999999999999s").error().why ==
        "'99999999999999999999s' is too large");
}

TEST_CASE("a duration is written in the largest unit that keeps it whole") {
  CHECK(format_duration(Milliseconds{0}) == "0ms");
  CHECK(format_duration(Milliseconds{999}) == "999ms");
  CHECK(format_duration(Milliseconds{90'000}) == "90s");
  CHECK(format_duration(Milliseconds{120'000}) == "2m");
  CHECK(format_duration(Milliseconds{86'400'000}) == "24h");
}

TEST_CASE("a size is in plain bytes or in powers of 1024") {
  CHECK(*parse_size("8192") == 8'192);
  CHECK(*parse_size("8192B") == 8'192);
  CHECK(*parse_size("64KiB") == 65'536);
  CHECK(*parse_size("1MiB") == 1'048'576);
  CHECK(*parse_size("2GiB") == 2'147'483'648);
  CHECK(*parse_size("3TiB") == 3'298'534'883'328);
}

TEST_CASE("what is no size is refused, KB too: nobody agrees what it means") {
  for (const char* text : {"", "KiB", "64KB", "64k", "-1", "1.5GiB", "1 MiB"}) {
    CAPTURE(text);
    CHECK(parse_size(text).error().why ==
          quoted(text) + " is not a size such as 64KiB, 1MiB, 2GiB or plain bytes");
  }
  CHECK(parse_size("8388608TiB").error().why == "'8388608TiB' is too large");
}

TEST_CASE("a size is written in the largest unit that keeps it whole") {
  CHECK(format_size(0) == "0B");
  CHECK(format_size(1'025) == "1025B");
  CHECK(format_size(8'192) == "8KiB");
  CHECK(format_size(2'147'483'648) == "2GiB");
}

TEST_CASE("a count is a whole number") {
  CHECK(*parse_count("20000") == 20'000);
  for (const char* text : {"", "-1", "1.0", "1e3", "1_000", "many", "10s"}) {
    CAPTURE(text);
    CHECK(parse_count(text).error().why == quoted(text) + " is not a whole number");
  }
}

TEST_CASE("an address is a host name, an IPv4 or a bracketed IPv6 address, and a port") {
  CHECK(*parse_address("127.0.0.1:7295") == Address{"127.0.0.1", 7295});
  CHECK(*parse_address("[::1]:7295") == Address{"::1", 7295});
  CHECK(*parse_address("pawl-1.pawl:7295") == Address{"pawl-1.pawl", 7295});
  CHECK(*parse_address("localhost:0") == Address{"localhost", 0});
  CHECK(*parse_address("0.0.0.0:65535") == Address{"0.0.0.0", 65'535});
}

TEST_CASE("what is no address is refused") {
  for (const char* text :
       {"", ":7295", "7295", "127.0.0.1", "127.0.0.1:", "127.0.0.1:x", "::1:7295", "[::1]",
        "[::g]:1", "[127.0.0.1]:1", "[]:1", "127.0.0.999:1", "1.2.3:1", "a b:1", "a:-1", "a/b:1"}) {
    CAPTURE(text);
    CHECK(parse_address(text).error().why ==
          quoted(text) + " is not an address such as 127.0.0.1:7295 or [::1]:7295");
  }
  CHECK(parse_address("a:65536").error().why == "'a:65536': a port is at most 65535");
}

TEST_CASE("an address is read as it was written") {
  for (const char* text : {"127.0.0.1:7295", "[::1]:7295", "localhost:0"}) {
    CHECK(format_address(*parse_address(text)) == text);
  }
}

TEST_CASE("control bytes in a value never reach the terminal") {
  CHECK(quoted("a\x1b[31m\n\x7f") == "'a\\x1b[31m\\x0a\\x7f'");
  CHECK(quoted("käse") == "'käse'");
}

}  // namespace pawl::server
