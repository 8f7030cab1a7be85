// SPDX-License-Identifier: Apache-2.0
#include "server/config/keys.hpp"

#include <algorithm>
#include <catch2/catch.hpp>
#include <set>
#include <tuple>

namespace pawl::server {

namespace {

// What parse_value says; a wrong value has changed nothing.
std::string why(std::string_view name, std::string_view text) {
  Config config;
  const std::optional<Wrong> wrong = parse_value(*find_key(name), text, config);
  if (!wrong) return "taken";
  CHECK(config == Config{});
  return wrong->why;
}

}  // namespace

TEST_CASE("no two keys share a name or a variable") {
  std::set<std::string_view> names;
  std::set<std::string> variables;
  for (const Key& key : keys()) {
    CHECK(names.insert(key.name).second);
    CHECK(variables.insert(variable_of(key)).second);
  }
}

TEST_CASE("every limit has a key") {
  // A limit more or less, and this line does not compile: then the table wants a row.
  const auto [a, b, c, d, e, f, g, h, i, j, k, l, m, n, o] = Limits{};
  static_cast<void>(std::tie(a, b, c, d, e, f, g, h, i, j, k, l, m, n, o));
  CHECK(std::count_if(keys().begin(), keys().end(),
                      [](const Key& key) { return section_of(key) == "limits"; }) == 15);
}

TEST_CASE("every key writes a place of its own") {
  for (const Key& key : keys()) {
    CAPTURE(key.name);
    const std::string before = format_value(key, Config{});
    Config config;
    for (const char* text : {"n2",
                             "/tmp",
                             "none",
                             "fsync",
                             "debug",
                             "json",
                             "[::1]:1",
                             "on",
                             "off",
                             "reject",
                             "only",
                             "required",
                             "1m",
                             "1MiB",
                             "64KiB",
                             "77",
                             "[{id: a, peer: h:1, client: h:2}, {id: b, peer: i:1, client: i:2}]",
                             "1s",
                             "[{name: a, roles: [b]}]",
                             "[{name: a, lock: [b]}]",
                             "[a]"}) {
      if (!parse_value(key, text, config) && format_value(key, config) != before) break;
    }
    CHECK(format_value(key, config) != before);
    for (const Key& other : keys()) {
      if (&other != &key) CHECK(format_value(other, config) == format_value(other, Config{}));
    }
  }
}

TEST_CASE("every default is within its own range and is read as it was written") {
  for (const Key& key : keys()) {
    CAPTURE(key.name);
    Config config;
    CHECK_FALSE(parse_value(key, format_value(key, config), config));
    CHECK(config == Config{});
  }
}

TEST_CASE("configurations differ as soon as one value does") {
  Config config;
  CHECK(config == Config{});
  config.core.limits.reclaim = Milliseconds{1};
  CHECK_FALSE(config == Config{});
}

TEST_CASE("a key is known by its section, its word and its variable") {
  const Key& key = *find_key("limits.waiters_per_lock");
  CHECK(section_of(key) == "limits");
  CHECK(word_of(key) == "waiters_per_lock");
  CHECK(variable_of(key) == "PAWL_LIMITS_WAITERS_PER_LOCK");
  CHECK(section_of(*find_key("node")).empty());
  CHECK(word_of(*find_key("node")) == "node");
  CHECK(find_key("leases") == nullptr);
}

TEST_CASE("a range holds at both ends") {
  CHECK(why("leases.min_ttl", "49ms") == "'49ms' is out of range: 50ms to 24h");
  CHECK(why("leases.min_ttl", "50ms") == "taken");
  CHECK(why("leases.max_ttl", "24h") == "taken");
  CHECK(why("leases.max_ttl", "86400001ms") == "'86400001ms' is out of range: 50ms to 24h");
  CHECK(why("limits.watches", "0") == "'0' is out of range: 1 to 1000000");
  CHECK(why("limits.line", "65537") == "'65537' is out of range: 1KiB to 64KiB");
  CHECK(why("limits.line", "4294967297") == "'4294967297' is out of range: 1KiB to 64KiB");
}

TEST_CASE("the HTTP port has an address, or is none") {
  Config config;
  const Key& key = *find_key("listen.http");
  for (const char* text : {"none", "[::1]:80", "127.0.0.1:0"}) {
    CHECK_FALSE(parse_value(key, text, config));
    CHECK(format_value(key, config) == text);
  }
  CHECK(why("listen.http", "off") ==
        "'off' is not an address such as 127.0.0.1:7295 or [::1]:7295, nor none");
  CHECK(why("listen.client", "none") ==
        "'none' is not an address such as 127.0.0.1:7295 or [::1]:7295");
}

TEST_CASE("the grace after a restart is auto, 0 or a duration") {
  const Key& key = *find_key("leases.restart_grace");
  Config config;
  CHECK(format_value(key, config) == "auto");
  for (const char* text : {"0", "90s", "24h", "auto"}) {
    CHECK_FALSE(parse_value(key, text, config));
    CHECK(format_value(key, config) == text);
  }
  CHECK(config.core.leases.restart_grace == std::nullopt);
  CHECK_FALSE(parse_value(key, "0ms", config));
  CHECK(config.core.leases.restart_grace == Milliseconds{0});
  CHECK(why(key.name, "25h") == "'25h' is out of range: 0 to 24h");
  CHECK(why(key.name, "never") ==
        "'never' is not a duration such as 250ms, 30s, 5m or 2h, auto or 0");
  CHECK(why(key.name, "Auto").ends_with("auto or 0"));
}

TEST_CASE("a word that is none of the choices is told them") {
  CHECK(why("durability", "fsycn") ==
        "'fsycn' is not one of fsync, relaxed, none (did you mean 'fsync'?)");
  CHECK(why("log.level", "verbose") == "'verbose' is not one of error, warn, info, debug");
  CHECK(why("log.format", "JSON") == "'JSON' is not one of auto, text, json, journal");
}

TEST_CASE("a node's name is short and plain") {
  const std::string rule = " is not a name of 1 to 63 of A-Z a-z 0-9 . _ -";
  const std::string longest(63, 'a');  // as long as META has room for
  CHECK(why("node", "Rack-7.n_1") == "taken");
  CHECK(why("node", "") == "''" + rule);
  CHECK(why("node", "two words") == "'two words'" + rule);
  Config config;
  CHECK_FALSE(parse_value(*find_key("node"), longest, config));
  CHECK(config.core.node == longest);
  CHECK(why("node", longest + "a") == "'" + longest + "a'" + rule);
}

TEST_CASE("a directory may hold blanks, not control characters") {
  Config config;
  CHECK_FALSE(parse_value(*find_key("data_dir"), "/srv/my locks", config));
  CHECK(config.data_dir == "/srv/my locks");
  CHECK(why("data_dir", "/a\nb") == "'/a\\x0ab' has control characters");
  CHECK(why("data_dir", "") == "'' is not a directory");
}

TEST_CASE("the nearest candidate is suggested, a far one never") {
  const std::vector<std::string_view> candidates{"default_ttl", "min_ttl", "max_ttl"};
  CHECK(nearest("defualt_ttl", candidates) == "default_ttl");
  CHECK(nearest("min_tl", candidates) == "min_ttl");
  CHECK(nearest("maxx_ttl", candidates) == "max_ttl");
  CHECK(nearest("colour", candidates).empty());
  CHECK(nearest("", candidates).empty());
  CHECK(nearest(std::string(65, 'm'), {std::string_view("m")}).empty());
  CHECK(did_you_mean("min_tl", candidates) == " (did you mean 'min_ttl'?)");
  CHECK(did_you_mean("colour", candidates).empty());
}

}  // namespace pawl::server
