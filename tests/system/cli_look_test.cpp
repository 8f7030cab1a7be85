// SPDX-License-Identifier: Apache-2.0
//
// What pawl shows: one lock in words and columns, all of them page by page, as text and as JSON.
#include <algorithm>
#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include "system/line_client.hpp"
#include "system/pawl_command.hpp"

using Catch::Matchers::Contains;
using Catch::Matchers::StartsWith;
using nlohmann::json;

namespace pawl::testing {
namespace {

std::string ask(LineClient& client, const std::string& line) {
  client.send(line);
  return client.read_line();
}

std::size_t lines_in(const std::string& text) {
  return static_cast<std::size_t>(std::count(text.begin(), text.end(), '\n'));
}

// The keys of a JSON object in its order, and of the first element of each list in it.
std::string keys_of(const nlohmann::ordered_json& object) {
  std::string keys;
  for (const auto& [key, value] : object.items()) {
    keys += key + " ";
    if (value.is_array() && !value.empty()) keys += "[" + keys_of(value.front()) + "] ";
  }
  return keys;
}

}  // namespace

TEST_CASE("pawl why tells who holds it, who waits in which order, and when it was renewed") {
  Daemon daemon;
  const Words server{server_at(daemon.port())};
  CHECK(pawl_data({"why", "jobs/a"}, server).output == "jobs/a is free.\n");
  LineClient holder(daemon.port());
  REQUIRE_THAT(ask(holder, "OPEN ttl=1m name=\"worker 7\""), Contains("handle=s1 "));
  REQUIRE(ask(holder, "LOCK jobs/a note=\"since Monday\"") == "OK token=1 ttl=60000");
  LineClient waiter(daemon.port());
  waiter.send("#1 LOCK jobs/a wait=1m note=first");
  waiter.send("#2 LOCK jobs/a wait=1m note=second");
  REQUIRE_THAT(ask(waiter, "#3 SHOW jobs/a"), Contains("\"waiters_total\":2"));

  const Outcome why = pawl_data({"why", "jobs/a"}, server);

  CHECK(why.code == 0);
  CHECK_THAT(why.output, StartsWith("jobs/a is held by \"worker 7\" (s1, 127.0.0.1:"));
  CHECK_THAT(why.output, Contains(", note \"since Monday\") since ") &&
                             Contains(", token 1; renewed ") &&
                             Contains(" ago with its session, lapses in "));
  CHECK_THAT(why.output, Contains("\n2 wait:\n  1. 127.0.0.1:"));
  CHECK(why.output.find("\"first\") for ") < why.output.find("  2. "));
  CHECK(why.output.find("\"second\") for ") > why.output.find("  2. "));
}

TEST_CASE("pawl show has the same in columns, and the server's own JSON") {
  Daemon daemon;
  const Words server{server_at(daemon.port())};
  LineClient client(daemon.port());
  REQUIRE(ask(client, "LOCK a note=\"\\x1b[2J\"") == "OK token=1 ttl=30000");

  const Outcome text = pawl_data({"show", "a"}, server);
  CHECK(text.code == 0);
  CHECK_THAT(text.output, StartsWith("a: held\n\nTOKEN  MODE       SINCE "));
  CHECK_THAT(text.output, Contains("\\x1b[2J") && !Contains("\x1b"));
  const std::string server_says = ask(client, "SHOW a").substr(3);
  const Outcome data = pawl_data({"-o", "json", "show", "a"}, server);
  CHECK(keys_of(nlohmann::ordered_json::parse(data.output)) ==
        keys_of(nlohmann::ordered_json::parse(server_says)));
  CHECK(json::parse(data.output)["holders"][0]["note"] == "\x1b[2J");
  CHECK(pawl_data({"show", "free"}, server).output == "free: free\n");
}

TEST_CASE("a queue of thousands is shown as far as asked for, and whole if asked for") {
  Daemon daemon;
  const Words server{server_at(daemon.port())};
  LineClient client(daemon.port());
  REQUIRE(ask(client, "LOCK q ttl=1h") == "OK token=1 ttl=3600000");
  constexpr std::size_t waiters = 2'500;
  for (std::size_t i = 0; i < waiters; ++i) {
    client.send("#" + std::to_string(i) + " LOCK q wait=1h");
  }
  REQUIRE_THAT(ask(client, "SHOW q limit=1"), Contains("\"waiters_total\":2500"));

  const std::string text = pawl_data({"show", "q", "--limit", "5"}, server).output;
  CHECK_THAT(text, StartsWith("q: held, 2500 wait\n") && Contains("\n5         exclusive") &&
                       !Contains("\n6   ") && Contains("and 2495 more, see --limit\n"));
  CHECK_THAT(pawl_data({"why", "q"}, server).output, Contains("  and 2400 more, see --limit\n"));
  const json some = json::parse(pawl_data({"show", "q", "-o", "json"}, server).output);
  CHECK(some["waiters"].size() == 100);
  const json all =
      json::parse(pawl_data({"show", "q", "-o", "json", "--limit", "0"}, server).output);
  REQUIRE(all["waiters"].size() == waiters);
  for (std::size_t i = 0; i < waiters; ++i) REQUIRE(all["waiters"][i]["position"] == i + 1);
}

TEST_CASE("pawl ls lists every lock over all pages, in order") {
  Daemon daemon;
  const Words server{server_at(daemon.port())};
  CHECK(pawl_data({"ls"}, server).output ==
        "NAME  MODE  HOLDERS  WAITERS  TOKEN  SINCE  EXPIRES  DELAY\n");
  CHECK(pawl_data({"ls", "-o", "json"}, server).output == "{\"locks\":[],\"next\":null}\n");
  LineClient client(daemon.port());
  for (int i = 10'000; i < 12'100; ++i) {
    client.send("#" + std::to_string(i) + " LOCK jobs/" + std::to_string(i) + " ttl=1h");
  }
  for (int i = 10'000; i < 12'100; ++i) REQUIRE_THAT(client.read_line(), Contains(" OK "));
  REQUIRE_THAT(ask(client, "LOCK other"), StartsWith("OK"));

  const Outcome text = pawl_data({"ls"}, server);
  CHECK(text.code == 0);
  CHECK(lines_in(text.output) == 2'102);
  CHECK_THAT(text.output, StartsWith("NAME        MODE       HOLDERS  WAITERS  TOKEN  SINCE"));
  CHECK_THAT(text.output, Contains("\njobs/12099  exclusive  1        0 "));
  CHECK(lines_in(pawl_data({"ls", "jobs/"}, server).output) == 2'101);
  const json all = json::parse(pawl_data({"ls", "-o", "json"}, server).output);
  REQUIRE(all["locks"].size() == 2'101);
  CHECK(all["locks"][1'500]["name"] == "jobs/11500");
  CHECK(all["next"].is_null());

  const Outcome few = pawl_data({"ls", "--limit", "1001"}, server);
  CHECK(lines_in(few.output) == 1'002);
  CHECK_THAT(pawl_said({"ls", "--limit", "1001"}, server).output, Contains("there are more"));
  const json part = json::parse(pawl_data({"ls", "-o", "json", "--limit", "3"}, server).output);
  CHECK(part["locks"].size() == 3);
  CHECK(part["next"] == "jobs/10002");
}

TEST_CASE("pawl sessions lists who is alive, and what they call themselves harms no terminal") {
  Daemon daemon;
  const Words server{server_at(daemon.port())};
  LineClient client(daemon.port());
  REQUIRE_THAT(ask(client, "OPEN ttl=1m name=\"a\\x1b[2J b\""), StartsWith("OK"));
  REQUIRE_THAT(ask(client, "LOCK x"), StartsWith("OK"));

  const Outcome text = pawl_data({"sessions"}, server);
  CHECK(text.code == 0);
  CHECK_THAT(text.output, StartsWith("HANDLE  NAME          LOCKS  WAITS  TTL  EXPIRES "));
  CHECK_THAT(text.output, Contains("\ns1      \"a\\x1b[2J b\"  1      0      1m   "));
  CHECK_THAT(text.output, !Contains("\x1b"));
  const json all = json::parse(pawl_data({"sessions", "-o", "json"}, server).output);
  CHECK(all["sessions"][0]["handle"] == "s1");
  CHECK(all["next"].is_null());
}

TEST_CASE("pawl status shows the server and its nodes") {
  Daemon daemon;
  const Words server{server_at(daemon.port())};
  // Served, it is primary.
  REQUIRE(pawl_data({"acquire", "a"}, server).code == 0);

  const Outcome text = pawl_data({"status"}, server);
  CHECK(text.code == 0);
  CHECK_THAT(text.output, Contains("role          primary\n") &&
                              Contains("version       " PAWL_VERSION "\n") &&
                              Contains("\nNODE  ROLE     EPOCH  LAG  LAST_CONTACT  SERVER\n"));
  const json status = json::parse(pawl_data({"status", "-o", "json"}, server).output);
  CHECK(status["role"] == "primary");
  CHECK(status["nodes"].size() == 1);
}

TEST_CASE("a reply that is no JSON is an error, not a crash") {
  FakeServer server;
  const std::string command = GENERATE("ls", "status", "sessions");
  Process process({PAWL_PROGRAM, command}, {server_at(server.port())});
  server.accept();
  REQUIRE_FALSE(server.read_line().empty());
  server.send("OK {\"locks\":[}\n");

  CHECK(process.wait() == 1);
  CHECK_THAT(process.output(), Contains("no JSON"));
}

}  // namespace pawl::testing
