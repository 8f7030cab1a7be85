// SPDX-License-Identifier: Apache-2.0
//
// Which right each request needs, and whose locks a user may touch.
#include "node/authorise.hpp"

#include <catch2/catch.hpp>
#include <vector>

#include "node/core.hpp"

namespace pawl::testing {
namespace {

using access::Right;
using access::Rights;
using access::Rule;
using Catch::Matchers::StartsWith;

constexpr std::string_view forbidden = "ERR FORBIDDEN";
constexpr std::string_view unauthenticated = "ERR UNAUTHENTICATED";

access::User user(std::string name, std::vector<Rule> rules) {
  return {std::move(name), {}, std::move(rules)};
}

Settings with_users(Durability durability = Durability::none) {
  Settings settings = with(durability);
  settings.access.users = {
      user("ci", {{"jobs/", Right::lock}, {"all/", Rights{Right::shared}}}),
      user("cd", {{"jobs/", Right::lock}}),
      user("eye", {{"jobs/", Rights{Right::observe}}}),
      user("guard", {{"jobs/", Right::break_lock}}),
      user("root", {{"", access::every_right}}),
  };
  return settings;
}

// Connected, and says who it is.
void enter(Core& core, const std::string& name) {
  REQUIRE(core.ask(name, "AUTH " + name + " of-" + name) == "OK user=" + name);
}

struct Entered : Core {
  explicit Entered(Durability durability = Durability::none) : Core(with_users(durability)) {
    for (const char* name : {"ci", "cd", "eye", "guard", "root"}) enter(*this, name);
  }
};

bool may(const std::vector<Rule>& rules, const Request& request) {
  return node::is_allowed(rules, request);
}

}  // namespace

TEST_CASE("a rule covers the names that begin with its prefix, and no others") {
  const std::vector<Rule> rules{{"jobs/", Right::observe}};
  CHECK(may(rules, request::Show{.name = "jobs/a"}));
  CHECK_FALSE(may(rules, request::Show{.name = "jobs"}));
  CHECK_FALSE(may(rules, request::Show{.name = "other/jobs/a"}));
  CHECK(may(rules, request::List{.prefix = "jobs/"}));
  CHECK(may(rules, request::List{.prefix = "jobs/a"}));
  CHECK_FALSE(may(rules, request::List{.prefix = "job"}));
  CHECK_FALSE(may(rules, request::List{}));
  CHECK_FALSE(may(rules, request::Watch{}));
  CHECK(may(rules, request::Watch{.prefix = "jobs/"}));
}

TEST_CASE("a LOCK of several names needs the right on each") {
  const std::vector<Rule> rules{{"a", Right::lock}, {"b", Right::shared}};
  const std::vector<std::string_view> both{"a", "b"};
  CHECK_FALSE(may(rules, request::Lock{.names = both}));
  CHECK(may(rules, request::Lock{.names = both, .mode = Mode::shared}));
  CHECK_FALSE(may(rules, request::Lock{.names = both, .mode = Mode::slot, .slots = 2}));
}

// Every request beside every verb: what is not written here is refused.
TEST_CASE("each request needs one of its verbs, and no other will do") {
  const std::vector<std::string_view> name{"n"};
  struct Case {
    Request request;
    std::vector<Right> any_of;
  };
  using enum Right;
  const Case cases[] = {
      {request::Lock{.names = name}, {lock}},
      {request::Lock{.names = name, .mode = Mode::shared}, {lock, shared}},
      {request::Lock{.names = name, .mode = Mode::slot, .slots = 2}, {lock}},
      {request::Cancel{.name = "n", .id = "i"}, {lock, shared}},
      {request::Open{}, {lock, shared}},
      {request::Resume{.secret = "s"}, {lock, shared}},
      {request::KeepAlive{}, {lock, shared}},
      {request::Unlock{.names = name, .token = Token{1}}, {lock, shared, break_lock}},
      {request::Renew{.name = "n", .token = Token{1}, .ttl = {}}, {lock, shared, break_lock}},
      {request::Verify{.name = "n", .token = Token{1}}, {lock, shared, observe, break_lock}},
      {request::Show{.name = "n"}, {lock, shared, observe, break_lock}},
      {request::List{}, {observe}},
      {request::Sessions{}, {observe}},
      {request::Watch{}, {observe}},
      {request::Status{}, {lock, shared, observe, break_lock}},
      {request::Break{.name = "n", .token = Token{1}, .reason = "r"}, {break_lock}},
      {request::Slots{.name = "n", .slots = 2}, {break_lock}},
      {request::Promote{}, {}},
      {request::Handover{}, {}},
  };
  for (const Case& one : cases) {
    INFO(request_words[one.request.index()]);
    for (const Right right : {lock, shared, observe, break_lock}) {
      INFO(static_cast<int>(right));
      const bool enough =
          std::find(one.any_of.begin(), one.any_of.end(), right) != one.any_of.end();
      CHECK(may({{"", right}}, one.request) == enough);
    }
    CHECK(may({{"", access::every_right}}, one.request));
    CHECK_FALSE(may({}, one.request));
  }
  const Request for_all[] = {request::Hello{}, request::Help{},   request::Ping{},
                             request::Auth{},  request::Events{}, request::Unwatch{},
                             request::Close{}, request::Quit{},   request::Malformed{}};
  for (const Request& request : for_all) CHECK(may({}, request));
  CHECK(std::size(cases) - 2 + std::size(for_all) == std::variant_size_v<Request>);
}

TEST_CASE("admin of a prefix is not admin of the server") {
  CHECK_FALSE(may({{"jobs/", access::every_right}}, request::Handover{}));
  CHECK_FALSE(may({{"jobs/", access::every_right}}, request::Sessions{}));
}

TEST_CASE("whoever has not said who it is learns nothing, whatever it asks") {
  Entered core;
  CHECK_THAT(core.ask("ci", "LOCK jobs/a"), StartsWith("OK token=1"));
  for (const char* line :
       {"LOCK jobs/a", "LOCK free", "UNLOCK jobs/a token=1", "RENEW jobs/a token=1",
        "VERIFY jobs/a token=1", "SHOW jobs/a", "LIST", "SESSIONS", "STATUS", "WATCH", "OPEN",
        "RESUME x", "KEEPALIVE x", "CANCEL jobs/a id=x", "BREAK jobs/a token=1 reason=x",
        "SLOTS jobs/a 2", "PROMOTE n2", "HANDOVER"}) {
    INFO(line);
    CHECK(core.ask("stranger", line) ==
          "ERR UNAUTHENTICATED msg=\"AUTH user secret first: this server wants to know who "
          "asks\"");
  }
  CHECK_THAT(core.ask("stranger", "HELLO"), StartsWith("OK server=pawld"));
  CHECK(core.ask("stranger", "PING") == "OK pong");
  CHECK(core.ask("ci", "VERIFY jobs/a token=1") != "ERR NOT_HELD");
}

TEST_CASE("a wrong secret and an unknown user are told the same, the third time it is over") {
  Core core(with_users());
  const std::string wrong = core.ask("A", "AUTH ci nonsense");
  CHECK_THAT(wrong, StartsWith(std::string(unauthenticated)));
  CHECK(core.ask("A", "AUTH nobody of-nobody") == wrong);
  CHECK_FALSE(core.is_closed("A"));
  core.send("A", "AUTH ci of-cd");
  core.send("A", "AUTH ci of-ci");  // too late
  core.flush();
  CHECK(core.read_or_nothing("A") == wrong);
  CHECK(core.is_closed("A"));
}

TEST_CASE("a deadlock names no lock that its user may not look at") {
  Settings settings;
  settings.access.users = {
      user("one", {{"a", Right::lock}, {"b", Right::lock}}),
      user("two", {{"b", Right::lock}, {"hidden", Right::lock}}),
      user("three", {{"hidden", Right::lock}, {"a", Right::lock}}),
      user("all", {{"", access::every_right}}),
  };
  Core core(settings);
  const std::string first = GENERATE("one", "all");
  for (const std::string& name : {first, std::string("two"), std::string("three")}) {
    enter(core, name);
    CHECK_THAT(core.ask(name, "OPEN"), StartsWith("OK session="));
  }
  CHECK_THAT(core.ask(first, "LOCK a"), StartsWith("OK"));
  CHECK_THAT(core.ask("two", "LOCK b"), StartsWith("OK"));
  CHECK_THAT(core.ask("three", "LOCK hidden"), StartsWith("OK"));
  core.send("two", "LOCK hidden wait=1m");
  core.send("three", "LOCK a wait=1m");
  core.flush();
  const std::string told = core.ask(first, "LOCK b wait=1m");
  CHECK_THAT(told, StartsWith("ERR DEADLOCK"));
  const bool is_named = told.find("hidden") != std::string::npos;
  CHECK(is_named == (first == "all"));
}

TEST_CASE("a connection stays its user's") {
  Entered core;
  CHECK_THAT(core.ask("ci", "AUTH root of-root"), StartsWith("ERR BAD_REQUEST"));
  CHECK(core.ask("ci", "AUTH ci of-ci") == "OK user=ci");
  CHECK_THAT(core.ask("ci", "LIST"), StartsWith(std::string(forbidden)));
}

TEST_CASE("without users AUTH is told to be left out") {
  Core core;
  CHECK_THAT(core.ask("A", "AUTH ci of-ci"), StartsWith("ERR BAD_REQUEST"));
}

TEST_CASE("a leased lock is released and renewed by its user from anywhere, or by an operator") {
  Entered core;
  const Token token = token_of(core.ask("ci", "LOCK jobs/a ttl=30s"));
  const std::string named = "jobs/a token=" + std::to_string(token.value);
  CHECK_THAT(core.ask("cd", "RENEW " + named), StartsWith(std::string(forbidden)));
  CHECK_THAT(core.ask("cd", "RENEW " + named + " ttl=1s"), StartsWith(std::string(forbidden)));
  CHECK_THAT(core.ask("cd", "UNLOCK " + named), StartsWith(std::string(forbidden)));
  CHECK(core.ask("cd", "UNLOCK jobs/a token=999") == "ERR NOT_HELD");
  CHECK(core.ask("cd", "VERIFY " + named) == "OK ttl=30000");
  CHECK_THAT(core.ask("guard", "RENEW " + named), StartsWith("OK ttl="));

  SECTION("by its user") {
    REQUIRE(core.ask("again", "AUTH ci of-ci") == "OK user=ci");
    CHECK(core.ask("again", "UNLOCK " + named) == "OK");
  }
  SECTION("by an operator") { CHECK(core.ask("guard", "UNLOCK " + named) == "OK"); }
  CHECK(core.ask("ci", "VERIFY " + named) == "ERR NOT_HELD");
}

TEST_CASE("an operator of one of several names does not renew the others") {
  Entered core;
  CHECK_THAT(core.ask("root", "LOCK jobs/a payroll ttl=60s"), StartsWith("OK token=1"));
  CHECK_THAT(core.ask("guard", "RENEW jobs/a token=1 ttl=1s"), StartsWith(std::string(forbidden)));
  CHECK_THAT(core.ask("root", "VERIFY payroll token=1"), StartsWith("OK ttl=60000"));
  CHECK(core.ask("guard", "UNLOCK jobs/a token=1") == "OK");
}

TEST_CASE("a token that nobody was told yet is of no use to whoever guesses it") {
  Entered core(Durability::fsync);
  core.settles = false;
  core.send("ci", "LOCK jobs/a");
  core.send("cd", "UNLOCK jobs/a token=1");
  core.settles = true;
  core.flush();
  CHECK_THAT(core.read_or_nothing("ci"), StartsWith("OK token=1"));
  CHECK(core.read_or_nothing("cd") == "ERR NOT_HELD");
  CHECK_THAT(core.ask("ci", "VERIFY jobs/a token=1"), StartsWith("OK"));
}

TEST_CASE("a session belongs to its user: to others it is not there") {
  Entered core;
  CHECK_THAT(core.ask("ci", "OPEN id=mine"), StartsWith("OK session=mine"));
  const Token token = token_of(core.ask("ci", "LOCK jobs/a"));
  CHECK(core.ask("cd", "RESUME mine") == "ERR SESSION_EXPIRED");
  CHECK(core.ask("cd", "KEEPALIVE mine") == "ERR SESSION_EXPIRED");
  CHECK_THAT(core.ask("cd", "LOCK jobs/b"), StartsWith("ERR NO_SESSION"));  // RESUME failed
  CHECK_THAT(core.ask("cd", "OPEN id=mine"), StartsWith(std::string(forbidden)));
  REQUIRE(core.ask("again", "AUTH ci of-ci") == "OK user=ci");
  CHECK_THAT(core.ask("again", "RESUME mine"), StartsWith("OK session=mine"));
  CHECK(core.ask("again", "UNLOCK jobs/a token=" + std::to_string(token.value)) == "OK");
}

TEST_CASE("two users who choose one session id at once get one session, and one refusal") {
  Entered core(Durability::fsync);
  core.settles = false;
  core.send("ci", "OPEN id=same");
  core.send("cd", "OPEN id=same");
  core.settles = true;
  core.flush();
  CHECK_THAT(core.read_or_nothing("ci"), StartsWith("OK session=same"));
  CHECK_THAT(core.read_or_nothing("cd"), StartsWith(std::string(forbidden)));
  CHECK_THAT(core.ask("cd", "LOCK jobs/a"), StartsWith("ERR NO_SESSION"));
}

TEST_CASE("an id of one user is not another's") {
  Entered core;
  const Token token = token_of(core.ask("ci", "LOCK jobs/a id=x"));
  CHECK_THAT(core.ask("cd", "LOCK jobs/a id=x"), StartsWith("ERR BUSY"));
  CHECK(core.ask("cd", "CANCEL jobs/a id=x") == "OK cancelled=yes");
  CHECK(token_of(core.ask("ci", "LOCK jobs/a id=x")) == token);
}

TEST_CASE("whoever looks sees which user holds a lock") {
  Entered core;
  core.ask("ci", "LOCK jobs/a");
  CHECK_THAT(core.ask("eye", "SHOW jobs/a"), Catch::Matchers::Contains(R"("client":"ci")"));
  CHECK_THAT(core.ask("eye", "LOCK jobs/a"), StartsWith(std::string(forbidden)));
  CHECK_THAT(core.ask("eye", "SHOW other"), StartsWith(std::string(forbidden)));
}

TEST_CASE("who has not said who it is may do what is allowed to all") {
  Settings settings = with_users();
  settings.access.anonymous = {{"pub/", Right::lock}};
  Core core(settings);
  CHECK_THAT(core.ask("A", "LOCK pub/a"), StartsWith("OK token="));
  CHECK_THAT(core.ask("A", "LOCK jobs/a"), StartsWith(std::string(unauthenticated)));
  CHECK_THAT(core.ask("A", "OPEN"), StartsWith("OK session="));
  CHECK_THAT(core.ask("A", "AUTH ci of-ci"), StartsWith("ERR BAD_REQUEST"));  // nobody's session
}

TEST_CASE("a reload ends the connections whose user it changed, and no others") {
  Entered core;
  const Token token = token_of(core.ask("ci", "LOCK jobs/a"));
  core.send("ci", "OPEN id=s on_disconnect=release");
  core.flush();
  CHECK_THAT(core.read_or_nothing("ci"), StartsWith("OK session=s"));

  Settings fresh = with_users();
  fresh.access.users[0].rules.pop_back();
  std::swap(fresh.access.users[1], fresh.access.users[2]);
  core.configure(fresh);
  core.flush();

  CHECK_THAT(core.read_or_nothing("ci"), StartsWith(std::string(unauthenticated)));
  CHECK(core.is_closed("ci"));
  CHECK(core.ask("eye", "LIST prefix=jobs/") != "");
  CHECK_THAT(core.ask("cd", "LOCK jobs/b"), StartsWith("OK token="));
  REQUIRE(core.ask("back", "AUTH ci of-ci") == "OK user=ci");
  CHECK_THAT(core.ask("back", "RESUME s"), StartsWith("OK session=s"));
  CHECK_THAT(core.ask("back", "VERIFY jobs/a token=" + std::to_string(token.value)),
             StartsWith("OK"));
}

TEST_CASE("what a user holds it may give back, though it may not take it any more") {
  Entered core;
  const auto named = [](const std::string& name, Token token) {
    return name + " token=" + std::to_string(token.value);
  };
  const std::string own = named("jobs/a", token_of(core.ask("ci", "LOCK jobs/a ttl=30s")));
  const std::string both =
      named("jobs/b jobs/c", token_of(core.ask("ci", "LOCK jobs/b jobs/c ttl=30s")));
  const std::string others = named("jobs/d", token_of(core.ask("cd", "LOCK jobs/d ttl=30s")));
  Settings fresh = with_users();
  fresh.access.users[0].rules = {{"all/", Rights{Right::shared}}};
  core.configure(fresh);
  core.flush();

  REQUIRE(core.ask("back", "AUTH ci of-ci") == "OK user=ci");
  CHECK_THAT(core.ask("back", "LOCK jobs/e"), StartsWith(std::string(forbidden)));
  CHECK_THAT(core.ask("back", "RENEW " + own), StartsWith(std::string(forbidden)));
  CHECK_THAT(core.ask("back", "UNLOCK " + others), StartsWith(std::string(forbidden)));
  CHECK_THAT(core.ask("back", "UNLOCK jobs/a token=999"), StartsWith(std::string(forbidden)));
  CHECK_THAT(core.ask("back", "UNLOCK jobs/z token=1"), StartsWith(std::string(forbidden)));
  CHECK_THAT(core.ask("nobody", "UNLOCK " + own), StartsWith(std::string(unauthenticated)));
  CHECK(core.ask("back", "UNLOCK " + own) == "OK");
  CHECK_THAT(core.ask("back", "UNLOCK " + own), StartsWith(std::string(forbidden)));
  CHECK(core.ask("back", "UNLOCK " + both) == "OK");
}

TEST_CASE("a reload that turns users on ends those who have not said who they are") {
  Core core;
  CHECK_THAT(core.ask("A", "LOCK a"), StartsWith("OK"));
  core.configure(with_users());
  core.flush();
  CHECK_THAT(core.read_or_nothing("A"), StartsWith(std::string(unauthenticated)));
  CHECK(core.is_closed("A"));
}

}  // namespace pawl::testing
