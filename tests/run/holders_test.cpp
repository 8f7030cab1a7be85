// SPDX-License-Identifier: Apache-2.0
#include "cli/run/holders.hpp"

#include <catch2/catch.hpp>

#include "client/hanging_resolver.hpp"
#include "client/line_server.hpp"

using namespace pawl::client;
using pawl::cli::Holders;
using pawl::cli::holders_text;

namespace {

// The whole of a name's SHOW.
LineServer::Answer showing(const std::string& held) {
  return [held](const std::string& line) {
    const bool is_held = line.starts_with("SHOW " + held + " ");
    return std::string(R"(OK {"holders":[)") +
           (is_held ? R"({"client":"web 3","since_ms":1000})" : "") + "],\"waiters_total\":1}\n";
  };
}

}  // namespace

TEST_CASE("who waits is told who holds, since when, and how many wait") {
  CHECK(holders_text(R"({"name":"L","holders":[{"token":4,"since_ms":12300,"client":null,)"
                     R"("note":"nightly","address":"10.0.0.1:400"}],"waiters":[],)"
                     R"("waiters_total":3,"delay_ms":0})") ==
        "held by 10.0.0.1:400 \"nightly\" for 12.3s, 3 waiting");
  CHECK(holders_text(R"({"holders":[{"since_ms":1000,"client":"web 3","note":null},{}],)"
                     R"("waiters_total":1})") == "held by web 3 for 1s and 1 more, 1 waiting");
  CHECK(holders_text(R"({"holders":[],"waiters_total":2,"delay_ms":4000})") ==
        "free again in 4s, 2 waiting");
}

TEST_CASE("a text that others wrote cannot play with the terminal") {
  CHECK_THAT(holders_text(R"({"holders":[{"since_ms":0,"client":"\u001b[2J"}]})"),
             !Catch::Contains("\x1b"));
}

TEST_CASE("what cannot be read is no news") {
  CHECK(holders_text("").empty());
  CHECK(holders_text("[1").empty());
  CHECK(holders_text("{}").empty());
  CHECK(holders_text(R"({"holders":[7]})").empty());
  CHECK(holders_text(R"({"holders":[],"delay_ms":0})").empty());
}

TEST_CASE("who holds the first that is held is asked of the first server that can tell") {
  boost::asio::io_context context;
  LineServer standby(context, [](const std::string&) { return "ERR NOT_PRIMARY\n"; });
  LineServer gone(context, {});
  gone.refuse();
  LineServer primary(context, showing("b"));
  std::string told;
  const Holders holders(context, {standby.address(), gone.address(), primary.address()}, {},
                        {"a", "b", "c"}, [&told](const std::string& text) { told = text; });

  run_until(context, [&told] { return !told.empty(); });

  CHECK(told == "b is held by web 3 for 1s, 1 waiting");
  CHECK(standby.lines == std::vector<std::string>{"SHOW a limit=10"});
  CHECK(primary.lines == std::vector<std::string>{"SHOW a limit=10", "SHOW b limit=10"});
}

TEST_CASE("a name server that hangs does not hold up the end") {
  boost::asio::io_context context;
  const HangingResolver names;
  {
    const Holders holders(
        context, {{"db.test", "7295"}}, {}, {"L"}, [](const std::string&) { FAIL("answered"); },
        names.resolve());
    run_until(context, [&names] { return names.under_way() == 1; });
  }
  context.restart();
  context.run();  // nothing is left to wait for
  CHECK(names.under_way() == 1);
}
