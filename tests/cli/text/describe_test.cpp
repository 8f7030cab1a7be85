// SPDX-License-Identifier: Apache-2.0
#include "cli/text/describe.hpp"

#include <catch2/catch.hpp>

#include "cli/text/cluster.hpp"

using Catch::Matchers::Contains;

namespace pawl::cli {
namespace {

Json held() {
  return Json::parse(R"({"name":"jobs/nightly","holders":[{"token":42,"mode":"exclusive",
    "since_ms":192000,"expires_in_ms":28800,"renewed_ms":1200,"session":null,"client":null,
    "note":null,"address":"10.0.0.7:40112"}],"waiters":[],"waiters_total":0,"delay_ms":0})");
}

Json waiter(int position, int since_ms) {
  return {{"position", position},
          {"mode", "exclusive"},
          {"since_ms", since_ms},
          {"session", nullptr},
          {"client", nullptr},
          {"note", nullptr},
          {"address", "10.0.0.9:" + std::to_string(position)}};
}

}  // namespace

TEST_CASE("why says who holds it, since when, when it was renewed and when it lapses") {
  CHECK(why_text(held()) ==
        "jobs/nightly is held by 10.0.0.7:40112 since 3m12s, token 42; renewed 1.2s ago, lapses in "
        "28.8s unless renewed.\nNobody waits.\n");
}

TEST_CASE("why names the session, the client and the note of a holder") {
  Json show = held();
  show["holders"][0].update(
      {{"session", "s17"}, {"client", "worker 7"}, {"note", "nightly \"full\""}});
  CHECK_THAT(
      why_text(show),
      Contains(R"(held by "worker 7" (s17, 10.0.0.7:40112, note "nightly \"full\"") since)"));
  CHECK_THAT(why_text(show), Contains("renewed 1.2s ago with its session, lapses"));

  show["holders"][0].update({{"session", nullptr}, {"client", nullptr}});
  CHECK_THAT(why_text(show), Contains(R"(held by 10.0.0.7:40112 (note "nightly \"full\"") since)"));
}

TEST_CASE("why lists who waits, in order, and how many more there are") {
  Json show = held();
  show["waiters"] = {waiter(1, 40'000), waiter(2, 850)};
  show["waiters_total"] = 2;
  CHECK_THAT(why_text(show),
             Contains("2 wait:\n  1. 10.0.0.9:1 for 40s\n  2. 10.0.0.9:2 for 850ms\n"));
  CHECK_THAT(why_text(show), !Contains("more"));

  show["waiters_total"] = 5000;
  CHECK_THAT(why_text(show), Contains("5000 wait:\n"));
  CHECK_THAT(why_text(show), Contains("and 4998 more, see --limit\n"));
}

TEST_CASE("why tells a free lock from a closed one and from one that is only awaited") {
  Json show = held();
  show["holders"] = Json::array();
  CHECK(why_text(show) == "jobs/nightly is free.\n");

  show["waiters"] = {waiter(1, 40)};
  show["waiters_total"] = 1;
  CHECK(why_text(show) == "jobs/nightly is held by nobody.\n1 waits:\n  1. 10.0.0.9:1 for 40ms\n");

  show["delay_ms"] = 4'200;
  CHECK_THAT(
      why_text(show),
      Contains(
          "is held by nobody, and ungrantable for another 4.2s after an unclean loss.\n1 waits"));
  CHECK_THAT(show_text(show), Contains("free, ungrantable for another 4.2s, 1 waits\n"));
}

TEST_CASE("a delay beside holders is told with them") {
  Json show = held();
  show["holders"][0]["mode"] = "shared";
  show["delay_ms"] = 4'200;
  CHECK_THAT(why_text(show), Contains("unless renewed.\nAnother 4.2s pass before it is granted"));
  CHECK_THAT(show_text(show), Contains("held, ungrantable for another 4.2s"));
}

TEST_CASE("why gives each of several holders a line, with its mode") {
  Json show = held();
  show["holders"][0]["mode"] = "shared";
  show["holders"].push_back(show["holders"][0]);
  show["holders"][1]["token"] = 43;
  CHECK_THAT(why_text(show), Contains("jobs/nightly is held by 2:\n  10.0.0.7:40112 since"));
  CHECK_THAT(why_text(show), Contains("token 42, shared;") && Contains("token 43, shared;"));
}

TEST_CASE("a lease that is over is not said to lapse") {
  Json show = held();
  show["holders"][0]["expires_in_ms"] = 0;
  CHECK_THAT(why_text(show), Contains("its lease is over") && !Contains("lapses"));
}

TEST_CASE("a server that does not tell the last renewal is understood") {
  Json show = held();
  show["holders"][0].erase("renewed_ms");
  CHECK_THAT(why_text(show), Contains("token 42; lapses in 28.8s"));
  CHECK_THAT(show_text(show), Contains("42     exclusive  3m12s  -        28.8s"));
}

TEST_CASE("show has a table of holders and one of waiters") {
  Json show = held();
  show["waiters"] = {waiter(1, 40'000)};
  show["waiters_total"] = 3;
  CHECK(show_text(show) ==
        "jobs/nightly: held, 3 wait\n\n"
        "TOKEN  MODE       SINCE  RENEWED  EXPIRES  SESSION  CLIENT  ADDRESS         NOTE\n"
        "42     exclusive  3m12s  1.2s     28.8s    leased   -       10.0.0.7:40112  -\n\n"
        "POSITION  MODE       SINCE  SESSION  CLIENT  ADDRESS     NOTE\n"
        "1         exclusive  40s    leased   -       10.0.0.9:1  -\n"
        "and 2 more, see --limit\n");
}

TEST_CASE("show of a free lock is one line") {
  const Json show =
      Json::parse(R"({"name":"a","holders":[],"waiters":[],"waiters_total":0,"delay_ms":0})");
  CHECK(show_text(show) == "a: free\n");
}

TEST_CASE("a session without a name is listed with a dash, whichever way that is told") {
  const Json name = GENERATE(Json(nullptr), Json(""));
  const Row row = session_row(Json{{"handle", "s1"}, {"name", name}});
  CHECK(row[0].text == "s1");
  CHECK(row[1].text == "-");
}

TEST_CASE("nothing that clients wrote reaches the terminal as a control") {
  Json show = held();
  const std::string evil =
      "\x1b]0;x\x07\n\xC2\x9B"
      "2J\u202E";
  show["name"] = evil;
  show["holders"][0].update(
      {{"session", evil}, {"client", evil}, {"note", evil}, {"address", evil}, {"mode", evil}});
  show["waiters"] = {show["holders"][0]};
  show["waiters_total"] = 1;
  Json session{{"handle", evil}, {"name", evil}, {"address", evil}};
  Json status{{"node", evil}, {"role", evil}, {"version", evil}, {"nodes", {{{"id", evil}}}}};

  std::string all = why_text(show) + show_text(show) + status_text(status);
  for (const Row& row : {lock_row(show), session_row(session)}) {
    for (const Cell& cell : row) all += cell.text;
  }

  CHECK_THAT(all, !Contains("\x1b") && !Contains("\x07") && !Contains("\xC2\x9B"));
  CHECK_THAT(all, !Contains("\u202E"));
}

TEST_CASE("whatever the JSON is, it is told, never an exception") {
  for (const char* odd : {"{}", R"({"holders":5,"waiters":null,"name":1})",
                          R"({"name":"a","holders":[null],"waiters":["x",{}],"delay_ms":1e9})",
                          R"({"nodes":[[],{"lag":-1}],"uptime_ms":"soon"})"}) {
    const Json json = Json::parse(odd);
    CHECK_NOTHROW(why_text(json) + show_text(json) + status_text(json));
    CHECK_NOTHROW(lock_row(json));
    CHECK_NOTHROW(session_row(json));
  }
}

TEST_CASE("ls tells how long nobody is granted a lock") {
  const Json lock = Json::parse(
      R"({"name":"a","mode":"exclusive","holders":0,"waiters":0,"token":null,"since_ms":0,
          "expires_in_ms":0,"delay_ms":4000})");
  CHECK(lock_row(lock).back() == "4s");
  CHECK(lock_row(lock).size() == lock_headings().size());
}

TEST_CASE("why names session, client, note and mode of who waits, too") {
  Json show = held();
  show["waiters"] = {waiter(1, 40'000)};
  show["waiters_total"] = 1;
  show["waiters"][0].update(
      {{"session", "s17"}, {"client", "worker 7"}, {"note", "nightly"}, {"mode", "shared"}});
  CHECK_THAT(why_text(show),
             Contains(R"(1. "worker 7" (s17, 10.0.0.9:1, note "nightly"), shared for 40s)"));
}

TEST_CASE("a lock with waiters and no holder has no age and no end in ls") {
  const Json lock = Json::parse(
      R"({"name":"a","mode":"exclusive","holders":0,"waiters":2,"token":null,"since_ms":0,
          "expires_in_ms":0,"delay_ms":0})");
  CHECK(lock_row(lock) == Row{"a", "exclusive", "0", {"2", Style::waiting}, "-", "-", "-", "-"});
}

TEST_CASE("what is held, who waits and what does not answer stand out, and nothing else") {
  const Paint paint(true);
  Json show = held();
  show["waiters"] = {waiter(1, 40)};
  show["waiters_total"] = 1;
  CHECK_THAT(why_text(show, paint), Contains("jobs/nightly is \x1b[32mheld\x1b[0m by 10.0.0.7"));
  CHECK_THAT(why_text(show, paint), Contains("\n\x1b[33m1 waits\x1b[0m:\n"));
  CHECK_THAT(show_text(show, paint), Contains(": \x1b[32mheld\x1b[0m, \x1b[33m1 waits\x1b[0m\n"));
  CHECK(lock_row({{"waiters", 2}})[3] == Cell("2", Style::waiting));
  CHECK(lock_row({{"waiters", 0}})[3] == Cell("0"));

  const Json status = Json::parse(R"({"nodes":[{"id":"n1","role":"primary","last_contact_ms":0},
    {"id":"n2","role":"standby","last_contact_ms":999},
    {"id":"n3","role":"standby","last_contact_ms":61000}],
    "servers":[{"server":"a:2","node":"n2","error":"Connection refused"}]})");
  const std::string text = status_text(status, paint);
  CHECK_THAT(text, Contains("n2    \x1b[1;31munreachable\x1b[0m  -      -    999ms "));
  CHECK_THAT(text, Contains("standby      -      -    \x1b[1;31m1m1s\x1b[0m "));
  CHECK_THAT(text, Contains("n1    primary      -      -    0ms "));
}

}  // namespace pawl::cli
