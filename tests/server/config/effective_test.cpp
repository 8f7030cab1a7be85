// SPDX-License-Identifier: Apache-2.0
#include "server/config/effective.hpp"

#include <catch2/catch.hpp>

namespace pawl::server {

namespace {

using Problems = std::vector<std::string>;
using Variables = std::vector<std::pair<std::string, std::string>>;

Problems of_environment(Variables variables) {
  return merge({{}, {}, std::move(variables), {}}).problems;
}

Problems of_settings(std::vector<std::string> settings) {
  return merge({{}, {}, {}, std::move(settings)}).problems;
}

std::string origin(const Sources& sources, std::string_view name) {
  const Effective effective = merge(sources);
  CHECK(effective.problems.empty());
  return format_value(*find_key(name), effective.config) + " from " +
         effective.origin_of(*find_key(name));
}

}  // namespace

TEST_CASE("without any source the defaults hold") {
  const Effective effective = merge({});
  CHECK(effective.problems.empty());
  CHECK(effective.config == Config{});
}

TEST_CASE("a flag wins over the environment, that over the file, that over the default") {
  Sources sources;
  CHECK(origin(sources, "node") == "n1 from default");
  sources.file_name = "pawld.yaml";
  sources.file_text = "node: of-file";
  CHECK(origin(sources, "node") == "of-file from pawld.yaml:1:7");
  sources.environment = {{"PAWL_NODE", "of-environment"}};
  CHECK(origin(sources, "node") == "of-environment from environment PAWL_NODE");
  sources.settings = {"node=of-flag"};
  CHECK(origin(sources, "node") == "of-flag from --set node");
}

TEST_CASE("the last --set of a key wins") {
  CHECK(origin({{}, {}, {}, {"node=a", "node=b"}}, "node") == "b from --set node");
}

TEST_CASE("every key can be set by its variable and by --set") {
  for (const Key& key : keys()) {
    CAPTURE(key.name);
    const std::string value = format_value(key, Config{});
    CHECK(origin({{}, {}, {{variable_of(key), value}}, {}}, key.name) ==
          value + " from environment " + variable_of(key));
    const std::string name(key.name);
    CHECK(origin({{}, {}, {}, {name + "=" + value}}, name) == value + " from --set " + name);
  }
}

TEST_CASE("a value of --set may hold equals signs") {
  CHECK(origin({{}, {}, {}, {"data_dir=/a=b"}}, "data_dir") == "/a=b from --set data_dir");
}

TEST_CASE("an overridden value is judged all the same") {
  CHECK(merge({"pawld.yaml", "node: a b", {}, {"node=n2"}}).problems ==
        Problems{"pawld.yaml:1:7: node: 'a b' is not a name of 1 to 63 of A-Z a-z 0-9 . _ -"});
}

TEST_CASE("what is wrong in the environment is told with the variable") {
  CHECK(of_environment({{"PAWL_LEASES_MIN_TTL", "30"}}) ==
        Problems{"environment PAWL_LEASES_MIN_TTL: '30' needs a unit: 30ms, 30s, 30m or 30h"});
  CHECK(of_environment({{"PAWL_NODES", "a"}}) ==
        Problems{"environment PAWL_NODES: unknown variable (did you mean 'PAWL_NODE'?)"});
  CHECK(of_environment({{"PAWL_COLOUR_SCHEME", "a"}}) ==
        Problems{"environment PAWL_COLOUR_SCHEME: unknown variable"});
  CHECK(of_environment({{"PAWL_NODE", ""}}) ==
        Problems{"environment PAWL_NODE: '' is not a name of 1 to 63 of A-Z a-z 0-9 . _ -"});
}

TEST_CASE("variables that are not the server's are left alone") {
  CHECK(of_environment({{"PATH", "/bin"},
                        {"PAWL", "x"},
                        {"pawl_node", "x y"},
                        {"PAWL_SERVER", "127.0.0.1:7295"},
                        {"PAWL_LOCK", "jobs/nightly"},
                        {"PAWL_TOKEN", "42"}})
            .empty());
}

TEST_CASE("what Kubernetes sets for a service named pawl is left alone") {
  CHECK(of_environment({{"PAWL_SERVICE_HOST", "10.0.0.7"},
                        {"PAWL_SERVICE_PORT", "7295"},
                        {"PAWL_SERVICE_PORT_CLIENT", "7295"},
                        {"PAWL_PORT", "tcp://10.0.0.7:7295"},
                        {"PAWL_PORT_7295_TCP", "tcp://10.0.0.7:7295"},
                        {"PAWL_PORT_7295_TCP_PROTO", "tcp"},
                        {"PAWL_PORT_7295_TCP_ADDR", "10.0.0.7"},
                        {"PAWL_HTTP_SERVICE_HOST", "10.0.0.8"}})
            .empty());
  CHECK(of_environment({{"PAWL_PORT", "7295"}}).size() == 1);
  CHECK(of_environment({{"PAWL_PORT_CLIENT", "7295"}}).size() == 1);
  CHECK(of_environment({{"PAWL_PORT__TCP", "7295"}}).size() == 1);
}

TEST_CASE("what is wrong in a flag is told with the flag") {
  CHECK(of_settings({"leases.min_ttl=30"}) ==
        Problems{"--set leases.min_ttl: '30' needs a unit: 30ms, 30s, 30m or 30h"});
  CHECK(of_settings({"leases.min_tl=30s"}) ==
        Problems{"--set leases.min_tl: unknown key (did you mean 'leases.min_ttl'?)"});
  CHECK(of_settings({"node"}) == Problems{"--set node: write key=value"});
  CHECK(of_settings({"=x"}) == Problems{"--set : unknown key"});
  CHECK(of_settings({"leases=30s"}) == Problems{"--set leases: unknown key"});
}

TEST_CASE("control bytes of a name stay out of problems and of what is printed") {
  CHECK(of_settings({"a\x1b[2J=1"}) == Problems{"--set a\\x1b[2J: unknown key"});
  const std::string printed = print_config(merge({"a\nb.yaml", "node: n2", {}, {}}));
  CHECK(printed.find("node: n2  # a\\x0ab.yaml:1:7\n") == 0);
}

TEST_CASE("problems of all sources are told at once") {
  CHECK(merge({"pawld.yaml", "nod: a", {{"PAWL_NODES", "a"}}, {"nodes=a"}}).problems ==
        Problems{"pawld.yaml:1:1: unknown key 'nod' (did you mean 'node'?)",
                 "environment PAWL_NODES: unknown variable (did you mean 'PAWL_NODE'?)",
                 "--set nodes: unknown key (did you mean 'node'?)"});
}

TEST_CASE("times to live that contradict each other are refused") {
  CHECK(of_settings({"leases.min_ttl=1h", "leases.max_ttl=1m"}) ==
        Problems{"--set leases.min_ttl: leases.min_ttl (1h) is above leases.max_ttl (1m)"});
  CHECK(of_settings({"leases.min_ttl=40s"}) ==
        Problems{"--set leases.min_ttl: leases.min_ttl (40s) is above leases.default_ttl (30s)",
                 "--set leases.min_ttl: leases.min_ttl (40s) is above sessions.default_ttl (10s)"});
  CHECK(of_settings({"leases.max_ttl=20s"}) ==
        Problems{"--set leases.max_ttl: leases.default_ttl (30s) is above leases.max_ttl (20s)"});
  CHECK(of_settings({"leases.max_ttl=1m", "sessions.default_ttl=2m"}) ==
        Problems{
            "--set sessions.default_ttl: sessions.default_ttl (2m) is above leases.max_ttl (1m)"});
  CHECK(of_settings({"leases.min_ttl=10s", "leases.max_ttl=30s"}).empty());
}

TEST_CASE("a TTL for those who give none lies in the range of those who do, if somebody set it") {
  CHECK(of_settings({"resp.ttl_cap=2h", "leases.max_ttl=1h"}) ==
        Problems{"--set resp.ttl_cap: resp.ttl_cap (2h) is above leases.max_ttl (1h)"});
  CHECK(of_settings({"resp.ttl_cap=1s", "leases.min_ttl=5s"}) ==
        Problems{"--set leases.min_ttl: leases.min_ttl (5s) is above resp.ttl_cap (1s)"});
  CHECK(of_settings({"leases.max_ttl=30m"}).empty());
}

TEST_CASE("a contradiction is told at the value that somebody set, also across sources") {
  CHECK(merge({"pawld.yaml", "leases: {max_ttl: 20s}", {{"PAWL_LEASES_DEFAULT_TTL", "25s"}}, {}})
            .problems ==
        Problems{"environment PAWL_LEASES_DEFAULT_TTL: leases.default_ttl (25s) is "
                 "above leases.max_ttl (20s)"});
}

TEST_CASE("a wrong value contradicts nothing") {
  CHECK(of_settings({"leases.default_ttl=x", "leases.min_ttl=40s", "sessions.default_ttl=1m"}) ==
        Problems{"--set leases.default_ttl: 'x' is not a duration such as 250ms, 30s, 5m or 2h"});
}

TEST_CASE("two listeners never share an address, but any number may take a free port") {
  CHECK(of_settings({"listen.http=127.0.0.1:7295"}) ==
        Problems{"--set listen.http: listen.client (127.0.0.1:7295) is the same as listen.http "
                 "(127.0.0.1:7295)"});
  CHECK(
      of_settings({"listen.client=[::1]:0", "listen.peer=[::1]:0", "listen.http=[::1]:0"}).empty());
}

TEST_CASE("what was answered OK is flushed to disk unless somebody says otherwise") {
  CHECK(origin({}, "durability") == "fsync from default");
  CHECK(origin({{}, {}, {}, {"durability=relaxed"}}, "durability") ==
        "relaxed from --set durability");
}

TEST_CASE("what is printed is a configuration with the same values") {
  Sources sources;
  sources.file_name = "a: #b.yaml";
  sources.file_text = "leases: {default_ttl: 90s}";
  sources.environment = {{"PAWL_LIMITS_LINE", "5000"}};
  sources.settings = {"listen.client=[::1]:0", "data_dir=/my \"locks\" # \\here: ", "node=null"};
  const Effective first = merge(sources);
  REQUIRE(first.problems.empty());
  const Effective second = merge({"printed", print_config(first), {}, {}});
  CHECK(second.problems.empty());
  CHECK(second.config == first.config);
  CHECK_FALSE(second.config == Config{});
  for (const Key& key : keys()) CHECK(second.origin_of(key) != "default");
}

TEST_CASE("what is printed tells where each value came from") {
  const std::string printed =
      print_config(merge({"pawld.yaml", "log:\n  level: warn", {{"PAWL_NODE", "n2"}}, {}}));
  CHECK(printed.find("node: n2  # environment PAWL_NODE\n") == 0);
  CHECK(printed.find("listen:\n  client: 127.0.0.1:7295  # default\n") != std::string::npos);
  CHECK(printed.find("log:\n  level: warn  # pawld.yaml:2:10\n") != std::string::npos);
}

TEST_CASE("a reload takes limits and the log level, and names what needs a restart") {
  Effective fresh;
  fresh.config.core.node = "n2";
  fresh.config.listen.client.port = 1;
  fresh.config.log_level = LogLevel::debug;
  fresh.config.core.limits.locks = 7;
  const Reload result = reload(Config{}, fresh);
  Config expected;
  expected.log_level = LogLevel::debug;
  expected.core.limits.locks = 7;
  CHECK(result.config == expected);
  CHECK(result.changed == std::vector<std::string_view>{"log.level", "limits.locks"});
  CHECK(result.restart == std::vector<std::string_view>{"node", "listen.client"});
  CHECK(result.problems.empty());
}

TEST_CASE("log.level, limits, users and tls can be reloaded, which ports are open and how cannot") {
  for (const Key& key : keys()) {
    CAPTURE(key.name);
    const bool is_tls =
        section_of(key) == "tls" && key.name != "tls.peers" && key.name != "tls.http";
    CHECK((key.change == Change::on_reload) ==
          (key.name == "log.level" || section_of(key) == "limits" || is_tls ||
           (section_of(key) == "security" && key.name != "security.insecure")));
  }
}

}  // namespace pawl::server
