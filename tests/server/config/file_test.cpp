// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>

#include "server/config/effective.hpp"

namespace pawl::server {

namespace {

using Problems = std::vector<std::string>;

Effective read(const std::string& text) { return merge({"pawld.yaml", text, {}, {}}); }

Problems problems(const std::string& text) { return read(text).problems; }

}  // namespace

TEST_CASE("a file sets values and remembers where") {
  const Effective effective = read("node: n7\nleases:\n  default_ttl: 10s\n");
  CHECK(effective.problems.empty());
  CHECK(effective.config.core.node == "n7");
  CHECK(effective.config.core.leases.default_ttl == Milliseconds{10'000});
  CHECK(effective.origin_of(*find_key("leases.default_ttl")) == "pawld.yaml:3:16");
  CHECK(effective.origin_of(*find_key("leases.min_ttl")) == "default");
}

TEST_CASE("an empty file means the defaults") {
  for (const char* text : {"", "\n", "# nothing\n", "---\n", "leases:\n", "~\n"}) {
    CAPTURE(text);
    CHECK(problems(text).empty());
    CHECK(read(text).config == Config{});
  }
}

TEST_CASE("an unknown key is told with its place and what was probably meant") {
  CHECK(problems("leases:\n  defualt_ttl: 10s\n") ==
        Problems{"pawld.yaml:2:3: unknown key 'leases.defualt_ttl' (did you mean 'default_ttl'?)"});
  CHECK(problems("lisen:\n  client: a:1\n") ==
        Problems{"pawld.yaml:1:1: unknown key 'lisen' (did you mean 'listen'?)"});
  CHECK(problems("colour: red\n") == Problems{"pawld.yaml:1:1: unknown key 'colour'"});
}

TEST_CASE("a key in the wrong section is told the right one") {
  CHECK(problems("limits:\n  max_ttl: 1h\n") ==
        Problems{"pawld.yaml:2:3: unknown key 'limits.max_ttl' (did you mean 'leases.max_ttl'?)"});
  CHECK(problems("durability: none\nmin_ttl: 1s\n") ==
        Problems{"pawld.yaml:2:1: unknown key 'min_ttl' (did you mean 'leases.min_ttl'?)"});
}

TEST_CASE("a dotted key is told to be written in its section") {
  CHECK(problems("leases.min_ttl: 1s\n") ==
        Problems{"pawld.yaml:1:1: unknown key 'leases.min_ttl' "
                 "(write 'min_ttl' indented beneath 'leases')"});
}

TEST_CASE("a duplicate key is told, wherever it stands, and the first value stays") {
  CHECK(problems("node: a\nnode: b\n") ==
        Problems{"pawld.yaml:2:1: duplicate key 'node' (first on line 1)"});
  CHECK(problems("log:\n  level: warn\n  level: info\n") ==
        Problems{"pawld.yaml:3:3: duplicate key 'log.level' (first on line 2)"});
  CHECK(read("node: a\nnode: b\n").config.core.node == "a");
}

TEST_CASE("a duplicate section is walked too") {
  CHECK(problems("log:\n  level: warn\nlog:\n  level: loud\n  fromat: text\n") ==
        Problems{"pawld.yaml:3:1: duplicate key 'log' (first on line 1)",
                 "pawld.yaml:4:3: duplicate key 'log.level' (first on line 2)",
                 "pawld.yaml:5:3: unknown key 'log.fromat' (did you mean 'format'?)"});
}

TEST_CASE("a value of the wrong shape is told") {
  CHECK(problems("node:\n") == Problems{"pawld.yaml:1:1: node: a value is missing"});
  CHECK(problems("node: [a, b]\n") ==
        Problems{"pawld.yaml:1:7: node: one value expected, not a list"});
  CHECK(problems("node: {a: b}\n") ==
        Problems{"pawld.yaml:1:7: node: one value expected, not a section"});
  CHECK(problems("leases: 30s\n") ==
        Problems{"pawld.yaml:1:9: 'leases' is a section: its keys go indented beneath it"});
  CHECK(problems("leases: [30s]\n") ==
        Problems{"pawld.yaml:1:9: 'leases' is a section: its keys go indented beneath it"});
  CHECK(problems("? [a]\n: b\n") == Problems{"pawld.yaml:1:3: a key must be a word"});
}

TEST_CASE("a value that is wrong is told with its place and its key") {
  CHECK(problems("leases:\n  min_ttl: 30\n") ==
        Problems{"pawld.yaml:2:12: leases.min_ttl: '30' needs a unit: 30ms, 30s, 30m or 30h"});
  CHECK(problems("limits:\n  watches: 0\n") ==
        Problems{"pawld.yaml:2:12: limits.watches: '0' is out of range: 1 to 1000000"});
  CHECK(problems("limits:\n  memory: 2GB\n") ==
        Problems{"pawld.yaml:2:11: limits.memory: '2GB' is not a size such as 64KiB, 1MiB, 2GiB "
                 "or plain bytes"});
  CHECK(problems("listen:\n  client: ':7295'\n") ==
        Problems{"pawld.yaml:2:11: listen.client: ':7295' is not an address such as "
                 "127.0.0.1:7295 or [::1]:7295"});
}

TEST_CASE("a file that is no map is told what is expected") {
  CHECK(problems("- node: a\n") ==
        Problems{"pawld.yaml:1:1: key: value lines are expected, not a list"});
  CHECK(problems("fsync\n") ==
        Problems{"pawld.yaml:1:1: key: value lines are expected, not a single word"});
  CHECK(problems("node: a\n---\nnode: b\n") ==
        Problems{"pawld.yaml:2:1: one document is expected, this is a second"});
  CHECK(problems("# no key\n, b\n") ==
        Problems{"pawld.yaml:2:1: key: value lines are expected, this begins none"});
  CHECK(problems("node: a\n---\n, b\n") ==
        Problems{"pawld.yaml:2:1: one document is expected, this is a second"});
}

TEST_CASE("a syntax error is told with its place") {
  CHECK(problems("node: a\nlog: {level: info\n") ==
        Problems{"pawld.yaml:3:1: end of map flow not found"});
  CHECK(problems("node: a\n\tlog: b\n").size() == 1);
  CHECK(problems("node: *nowhere\n") ==
        Problems{"pawld.yaml:1:7: the referenced anchor is not defined"});
}

TEST_CASE("a file nested beyond reason is refused, not fatal") {
  CHECK(problems(std::string(100'000, '[')) == Problems{"pawld.yaml:1:1: nested too deeply"});
  CHECK(problems("node: &a [*a]\n") ==
        Problems{"pawld.yaml:1:7: node: one value expected, not a list"});
}

TEST_CASE("all problems are told at once, in the order of the file") {
  CHECK(problems("nod: a\n"
                 "leases:\n"
                 "  default_ttl: 30\n"
                 "  defualt_ttl: 30s\n"
                 "  min_ttl: 1h\n"
                 "  max_ttl: 1m\n"
                 "log:\n"
                 "  level: loud\n") ==
        Problems{"pawld.yaml:1:1: unknown key 'nod' (did you mean 'node'?)",
                 "pawld.yaml:3:16: leases.default_ttl: '30' needs a unit: 30ms, 30s, 30m or 30h",
                 "pawld.yaml:4:3: unknown key 'leases.defualt_ttl' (did you mean 'default_ttl'?)",
                 "pawld.yaml:8:10: log.level: 'loud' is not one of error, warn, info, debug",
                 "pawld.yaml:5:12: leases.min_ttl (1h) is above leases.max_ttl (1m)"});
}

TEST_CASE("control bytes of a file stay out of what is told about it") {
  CHECK(problems("\"a\\e[31m\": 1\n") == Problems{"pawld.yaml:1:1: unknown key 'a\\x1b[31m'"});
}

}  // namespace pawl::server
