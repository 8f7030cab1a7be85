// SPDX-License-Identifier: Apache-2.0
#include "server/http/service.hpp"

#include <chrono>

#include "node/group.hpp"
#include "onlooker.hpp"

namespace pawl::testing {

using namespace std::chrono_literals;
using Catch::Matchers::Contains;

TEST_CASE("/status.json tells who this node is and what is held and awaited") {
  Core core;
  core.ask("A", "LOCK jobs/a");
  core.ask("A", "OPEN");
  core.send("B", "LOCK jobs/a wait=30s");
  core.flush();
  core.advance(2s);
  Onlooker onlooker(core.node(), {.now = core.now() + 500ms, .connections = 2});
  const auto status = onlooker.json("/status.json");
  CHECK(status["node"] == "n1");
  CHECK(status["cluster"] == nullptr);
  CHECK(status["role"] == "primary");
  CHECK(status["primary"] == "n1");
  CHECK(status["view"] == "primary");
  CHECK(status["shape"] == "single");
  CHECK(status["uptime_ms"] == 2'500);
  CHECK(status["nodes"].size() == 1);
  CHECK(status["nodes"][0]["witness"] == false);
  CHECK(status["totals"]["locks"] == 1);
  CHECK(status["totals"]["holders"] == 1);
  CHECK(status["totals"]["waiters"] == 1);
  CHECK(status["totals"]["sessions"] == 1);
  CHECK(status["totals"]["connections"] == 2);
  CHECK(status["totals"]["memory_bytes"] > 0);
}

TEST_CASE("/status.json tells which locks are waited for most, since when, and who has them") {
  Core core;
  core.ask("A", "OPEN name=web-3 ttl=60s");
  core.ask("A", "LOCK jobs/a note=nightly");
  core.ask("B", "LOCK jobs/b mode=shared ttl=60s");
  core.ask("C", "LOCK quiet ttl=60s");
  core.send("D", "#1 LOCK jobs/b wait=50s");
  core.advance(2s);
  core.send("D", "#2 LOCK jobs/a wait=50s");
  core.send("D", "#3 LOCK jobs/a wait=50s");
  core.advance(1s);
  Onlooker onlooker(core.node(), {.now = core.now()});
  const auto status = onlooker.json("/status.json");
  CHECK(status["totals"]["oldest_wait_ms"] == 3'000);
  const auto& contended = status["contended"];
  REQUIRE(contended.size() == 2);
  CHECK(contended[0]["name"] == "jobs/a");
  CHECK(contended[0]["mode"] == "exclusive");
  CHECK(contended[0]["waiters"] == 2);
  CHECK(contended[0]["holders"] == 1);
  CHECK(contended[0]["oldest_wait_ms"] == 1'000);
  CHECK(contended[0]["holder"]["token"] == 1);
  CHECK(contended[0]["holder"]["client"] == "web-3");
  CHECK(contended[0]["holder"]["note"] == "nightly");
  CHECK(contended[0]["holder"]["since_ms"] == 3'000);
  CHECK(contended[0]["holder"]["expires_in_ms"] > 50'000);
  CHECK(contended[1]["name"] == "jobs/b");
  CHECK(contended[1]["mode"] == "shared");
  CHECK(contended[1]["oldest_wait_ms"] == 3'000);
}

TEST_CASE("/status.json counts, and remembers what was lost") {
  Core core(with(Durability::fsync), Flushing::at_once);
  core.ask("A", "OPEN name=web-2 ttl=1s");
  core.ask("A", "LOCK jobs/b");
  core.advance(61s);
  server::http::Counts counts;
  counts.requests[0] = 2;
  counts.requests[3] = 3;
  Onlooker onlooker(core.node(), {.now = core.now(), .counts = &counts});
  const auto status = onlooker.json("/status.json");
  CHECK(status["counters"]["requests"] == 5);
  CHECK(status["counters"]["grants"] == 1);
  CHECK(status["counters"]["lost"]["session"] == 1);
  CHECK(status["counters"]["denied"]["busy"] == 0);
  for (const char* name : {"commit", "wait", "hold", "fsync", "loop"}) {
    const auto& histogram = status["histograms"][name];
    CHECK(histogram["counts"].size() == histogram["bounds_ms"].size() + 1);
  }
  CHECK(status["histograms"]["commit"]["bounds_ms"][0] == 0.1);
  CHECK(status["histograms"]["hold"]["counts"][10] == 1);  // up to 1.024 s
  REQUIRE(status["losses"].size() == 1);
  CHECK(status["losses"][0]["name"] == "jobs/b");
  CHECK(status["losses"][0]["token"] == 1);
  CHECK(status["losses"][0]["reason"] == "session");
  CHECK(status["losses"][0]["client"] == "web-2");
  CHECK(status["losses"][0]["ago_ms"] >= 59'000);
  CHECK(status["losses"][0]["held_ms"] >= 1'000);
}

TEST_CASE("a lock that is waited for while a delay runs has no holder to show") {
  Core core;
  const Token token = token_of(core.ask("A", "LOCK x delay=20s"));
  core.send("B", "LOCK x wait=50s");
  core.ask("C", "BREAK x token=" + std::to_string(token.value) + " reason=test");
  Onlooker onlooker(core.node(), {.now = core.now()});
  const auto status = onlooker.json("/status.json");
  REQUIRE(status["contended"].size() == 1);
  CHECK(status["contended"][0]["holders"] == 0);
  CHECK(status["contended"][0]["holder"] == nullptr);
}

TEST_CASE("/status.json of a cluster: the primary tells of all, a standby of what it knows") {
  Group group;
  const char primary = group.primary();
  const char standby = group.others(primary).front();
  Onlooker first(group[primary], {.now = group.now(), .cluster = "prod"});
  const auto status = first.json("/status.json");
  CHECK(status["cluster"] == "prod");
  CHECK(status["shape"] == "cluster");
  CHECK(status["nodes"].size() == 3);
  const auto other = Onlooker(group[standby], {.now = group.now()}).json("/status.json");
  CHECK(other["role"] == "standby");
  CHECK(other["view"] == "standby");
  CHECK(other["primary"] == std::string(1, primary));
}

TEST_CASE("/locks.json is LIST, page by page, and /lock.json is SHOW") {
  Core core;
  for (const char* name : {"a", "jobs/1", "jobs/2"}) core.ask("A", std::string("LOCK ") + name);
  core.send("B", "LOCK jobs/1 wait=30s");
  core.flush();
  Onlooker onlooker(core.node());
  const auto first = onlooker.json("/locks.json?prefix=jobs%2F&limit=1");
  REQUIRE(first["locks"].size() == 1);
  CHECK(first["locks"][0]["name"] == "jobs/1");
  CHECK(first["locks"][0]["waiters"] == 1);
  CHECK(first["next"] == "jobs/1");
  const auto second = onlooker.json("/locks.json?prefix=jobs%2F&limit=1&after=jobs%2F1");
  CHECK(second["locks"][0]["name"] == "jobs/2");
  CHECK(second["next"] == nullptr);

  CHECK("OK " + onlooker.ask("/lock.json?name=jobs%2F1").body ==
        core.ask("C", "SHOW jobs/1") + '\n');
  const auto show = onlooker.json("/lock.json?name=jobs/1&after=1");
  CHECK(show["waiters"].empty());
  CHECK(show["waiters_total"] == 1);
  CHECK(onlooker.json("/lock.json?name=free")["holders"].empty());
}

TEST_CASE("a standby shows the locks that it has applied") {
  Group group;
  const char primary = group.primary();
  group.ask(primary, "LOCK x ttl=30s");
  group.pass(1s);
  Onlooker onlooker(group[group.others(primary).front()], {.now = group.now()});
  CHECK(onlooker.json("/locks.json")["locks"][0]["name"] == "x");
  CHECK(onlooker.json("/lock.json?name=x")["holders"][0]["token"] == 1);
}

TEST_CASE("a list over a large table takes many handlers, none of them long") {
  Core core;
  for (int i = 0; i < 10'000; ++i) core.send("A", "LOCK l" + std::to_string(10'000 + i));
  core.flush();
  Onlooker onlooker(core.node());
  const auto list = onlooker.json("/locks.json?limit=1000&after=l10998");
  CHECK(list["locks"].size() == 1'000);
  CHECK(list["locks"][0]["name"] == "l10999");
  CHECK(onlooker.handlers == 2);
}

TEST_CASE("a wrong parameter is told what to do; an unknown path what there is") {
  Core core;
  Onlooker onlooker(core.node());
  const char* target =
      GENERATE("/locks.json?limit=0", "/locks.json?limit=1001", "/locks.json?limits=3",
               "/locks.json?limit=1&limit=2", "/lock.json", "/lock.json?name=a%20b",
               "/lock.json?name=a&after=x", "/lock.json?name=a&limit=0",
               "/lock.json?name=a&limit=101", "/lock.json?nam=a", "/lock.json?name=%", "no/path");
  CAPTURE(target);
  const auto answer = onlooker.ask(target);
  CHECK(answer.status == 400);
  CHECK_FALSE(nlohmann::json::parse(answer.body)["error"].get<std::string>().empty());
  CHECK(onlooker.ask("/nothing").status == 404);
}

TEST_CASE("a request for another host is not answered") {
  Core core;
  Onlooker onlooker(core.node());
  CHECK(onlooker.ask("/livez", "evil.example:7297").status == 421);
  CHECK(onlooker.ask("/livez", "here.example:7297").status == 200);
}

TEST_CASE("the page and its parts have their types, and are fenced in") {
  Core core;
  Onlooker onlooker(core.node());
  CHECK(onlooker.ask("/").type == "text/html; charset=utf-8");
  CHECK(onlooker.ask("/").is_page);
  CHECK(onlooker.ask("/page.css").type == "text/css; charset=utf-8");
  CHECK(onlooker.ask("/page.js").type == "text/javascript; charset=utf-8");
  CHECK(onlooker.ask("/icon.svg").type == "image/svg+xml");
  CHECK_FALSE(onlooker.ask("/livez").is_page);
}

TEST_CASE("with users a path is told to whoever may ask for it, and to nobody else") {
  Core core;
  core.ask("A", "LOCK jobs/a");
  core.flush();
  Onlooker onlooker(core.node());
  static const std::vector<access::Rule> nothing;
  static const std::vector<access::Rule> some{{"jobs/", access::Right::observe}};
  static const std::vector<access::Rule> all{{"", access::Right::observe}};
  onlooker.rules_of = [](const std::optional<server::http::Credentials>& visitor) {
    if (!visitor) return &nothing;
    if (visitor->secret != "right") return static_cast<const std::vector<access::Rule>*>(nullptr);
    return visitor->user == "all" ? &all : &some;
  };
  const auto status = [&](const std::string& target) { return onlooker.ask(target).status; };

  const char* const paths[] = {"/",
                               "/page.js",
                               "/metrics",
                               "/status.json",
                               "/locks.json",
                               "/locks.json?prefix=jobs/",
                               "/lock.json?name=jobs/a",
                               "/readyz?verbose"};
  for (const char* path : paths) CHECK(status(path) == 401);
  CHECK(onlooker.turned_away == std::vector<std::string>(std::size(paths), " UNAUTHENTICATED"));
  onlooker.turned_away.clear();
  for (const char* path : {"/livez", "/readyz", "/primary"}) CHECK(status(path) != 401);
  onlooker.authorization = "Basic YWxsOndyb25n";  // all:wrong
  for (const char* path : paths) CHECK(status(path) == 401);
  CHECK(onlooker.turned_away == std::vector<std::string>(std::size(paths), "all UNAUTHENTICATED"));
  onlooker.turned_away.clear();
  onlooker.authorization = "Basic YWxsOnJpZ2h0";  // all:right
  for (const char* path : paths) CHECK(status(path) != 401);
  CHECK(status("/status.json") == 200);
  CHECK(onlooker.turned_away.empty());
  onlooker.authorization = "basic   c29tZTpyaWdodA==";  // some:right
  CHECK(status("/status.json") == 403);
  CHECK(status("/locks.json") == 403);
  CHECK(status("/locks.json?prefix=jobs/") == 200);
  CHECK(status("/lock.json?name=jobs/a") == 200);
  CHECK(status("/lock.json?name=other") == 403);
  CHECK(onlooker.turned_away == std::vector<std::string>(3, "some FORBIDDEN"));
  CHECK(status("/metrics") == 200);
}

TEST_CASE("what is no Basic header is nobody's") {
  using server::http::parse_basic;
  CHECK(parse_basic("Basic YTpi")->user == "a");
  CHECK(parse_basic("Basic YTpi")->secret == "b");
  CHECK(parse_basic("Basic YTpiOmM=")->secret == "b:c");
  for (const char* header : {"", "Basic", "Basic ", "Basic YTp", "Basic ====", "Bearer YTpi",
                             "Basic YWI=", "Basic YT*i"}) {
    INFO(header);
    CHECK_FALSE(parse_basic(header));
  }
}

}  // namespace pawl::testing
