// SPDX-License-Identifier: Apache-2.0
#include "cli/top/picture.hpp"

#include <catch2/catch.hpp>

#include "cli/top/told.hpp"

using Catch::Matchers::Contains;

namespace pawl::cli::top {
namespace {

// As pawld says it.
const char* const status = R"({"node":"n1","role":"primary","epoch":7,"commit_index":99,"locks":2,
  "sessions":1,"waiters":3,"connections":4,"uptime_ms":5000,"version":"0.1.0","nodes":[
  {"id":"n1","role":"primary","lag":0,"last_contact_ms":0,"client":"10.0.0.1:7295"},
  {"id":"n2","role":"standby","lag":3,"last_contact_ms":27,"client":"10.0.0.2:7295"},
  {"id":"n3","role":"standby","lag":9000,"last_contact_ms":61000,"witness":true}]})";
const char* const list = R"({"locks":[
  {"name":"jobs/nightly","mode":"exclusive","holders":1,"waiters":2,"token":47,"since_ms":192000,
   "expires_in_ms":28800,"delay_ms":0},
  {"name":"pool","mode":"slot","holders":3,"waiters":1,"token":40,"since_ms":9000,
   "expires_in_ms":1000,"delay_ms":0},
  {"name":"lost","mode":"exclusive","holders":0,"waiters":0,"token":null,"since_ms":0,
   "expires_in_ms":0,"delay_ms":4200}],"next":null})";
const char* const nightly = R"({"name":"jobs/nightly","holders":[{"token":47,"mode":"exclusive",
  "since_ms":192000,"expires_in_ms":28800,"renewed_ms":1200,"session":"s17","client":"worker 7",
  "note":"since Monday","address":"10.0.0.7:40112"}],"waiters":[{"position":1,"mode":"exclusive",
  "since_ms":40000,"session":null,"client":null,"note":null,"address":"10.0.0.9:1"}],
  "waiters_total":2,"delay_ms":0})";

Told told() {
  Told told;
  told.seen = {{"10.0.0.1:7295", "n1", Json::parse(status), {}},
               {"10.0.0.2:7295", "n2", {}, "Connection refused"}};
  told.server = "10.0.0.1:7295";
  const Json rows = Json::parse(list);
  for (const Json& lock : rows["locks"]) told.locks.push_back(lock);
  told.shows = {Json::parse(nightly)};
  return told;
}

}  // namespace

TEST_CASE("a picture has each lock with its holder, its note and its longest wait") {
  const Picture picture = picture_of(told());
  REQUIRE(picture.locks.size() == 3);
  CHECK(row_of(picture.locks[0]) == Row{"jobs/nightly",
                                        {"2", Style::waiting},
                                        "40s",
                                        "3m12s",
                                        "28.8s",
                                        "\"worker 7\"",
                                        "\"since Monday\""});
  CHECK(row_of(picture.locks[1]) ==
        Row{"pool", {"1", Style::waiting}, "-", "9s", "1s", "3 holders", "-"});
  CHECK(row_of(picture.locks[2]) == Row{"lost", "0", "-", "-", "-", "nobody for 4.2s", "-"});
}

TEST_CASE("of several holders the first is named, one without a name by its address") {
  Told told_now = told();
  told_now.locks[0]["holders"] = 3;
  told_now.shows[0]["holders"][0]["client"] = nullptr;
  CHECK(picture_of(told_now).locks[0].holder == "10.0.0.7:40112 +2");
}

TEST_CASE("the health is one line: the primary, then what is wrong, then the others") {
  const Picture picture = picture_of(told());
  CHECK(picture.health ==
        std::vector<Cell>{"epoch 7",
                          "n1 primary",
                          {"n2 UNREACHABLE lag 3 heard 27ms ago", Style::trouble},
                          {"n3 standby (witness) lag 9000 UNHEARD for 1m1s", Style::trouble},
                          "up 5s"});
}

TEST_CASE("without a primary the health says so first") {
  Told told_now = told();
  told_now.seen[0].status["role"] = "standby";
  told_now.seen[0].status["nodes"][0]["role"] = "standby";
  CHECK(picture_of(told_now).health.front() == Cell("NO PRIMARY", Style::trouble));
}

TEST_CASE("totals are what STATUS has, and a rate only of what was seen twice") {
  Picture picture = picture_of(told());
  CHECK(totals_text(picture.totals) == "locks 2  waiters 3  sessions 1  connections 4  records 99");
  Picture before = picture;
  before.totals.records = 39;
  compare(picture, before, Milliseconds{2'000});
  CHECK_THAT(totals_text(picture.totals), Contains("records 99 (30/s)"));

  Picture again = picture_of(told());
  before.totals.records = 5'000;  // of another server
  compare(again, before, Milliseconds{1'000});
  CHECK_THAT(totals_text(again.totals), !Contains("/s"));
  compare(again, picture, Milliseconds{0});
  CHECK_THAT(totals_text(again.totals), !Contains("/s"));
}

TEST_CASE("a block is the same as plain text") {
  Told told_now = told();
  told_now.locks.resize(1);
  CHECK(block_text(picture_of(told_now), {}) ==
        "epoch 7  n1 primary  n2 UNREACHABLE lag 3 heard 27ms ago  n3 standby (witness) lag 9000 "
        "UNHEARD for 1m1s  "
        "up 5s\n"
        "locks 2  waiters 3  sessions 1  connections 4  records 99\n"
        "LOCK          WAITERS  OLDEST  HELD   EXPIRES  HOLDER      NOTE\n"
        "jobs/nightly  2        40s     3m12s  28.8s    \"worker 7\"  \"since Monday\"\n");
}

TEST_CASE("for programs each lock has its first holder and its first waiter") {
  const Json json = json_of(told());
  CHECK(json["status"]["epoch"] == 7);
  CHECK(json["locks"][0]["holder"]["client"] == "worker 7");
  CHECK(json["locks"][0]["first_waiter"]["since_ms"] == 40'000);
  CHECK(json["locks"][1]["holder"].is_null());
}

TEST_CASE("the queue that was asked for is shown in columns") {
  Told told_now = told();
  told_now.queue = Json::parse(nightly);
  const Lines queue = picture_of(told_now).queue;
  REQUIRE(queue.size() > 5);
  CHECK(queue.front() == "jobs/nightly: held, 2 wait");
  CHECK(queue.back() == "and 1 more");
}

TEST_CASE("nothing that others wrote reaches the terminal as a control, whatever the JSON is") {
  const std::string evil = "\x1b[2J\n";
  Told told_now = told();
  Json& status_now = told_now.seen[0].status;
  status_now["node"] = status_now["nodes"][0]["id"] = status_now["nodes"][1]["role"] = evil;
  told_now.seen[1].node = evil;
  told_now.shows[0]["holders"][0].update({{"client", evil}, {"note", evil}, {"address", evil}});
  told_now.locks[2]["name"] = evil;
  const std::string all = block_text(picture_of(told_now), {});
  CHECK_THAT(all, !Contains("\x1b"));

  for (const char* odd : {"{}", "[]", "5", R"({"holders":5,"name":1,"waiters":"x"})"}) {
    told_now.locks = {Json::parse(odd)};
    told_now.shows = {Json::parse(odd)};
    told_now.queue = Json::parse(odd);
    told_now.seen[0].status["nodes"] = Json::parse(odd);
    CHECK_NOTHROW(picture_of(told_now));
    CHECK_NOTHROW(json_of(told()));
  }
}

}  // namespace pawl::cli::top
