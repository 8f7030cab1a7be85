// SPDX-License-Identifier: Apache-2.0
#include "wire/resp/interpreter.hpp"

#include <catch2/catch.hpp>
#include <fstream>
#include <sstream>

#include "support_talk.hpp"

namespace pawl::wire::resp {
namespace {

constexpr std::string_view release = "c3f8721cbb97f72bc19e972846bd7aaf91901658";
constexpr std::string_view extend_several = "aed6f382e410db8ba7926d4e5e9aab410bf2a78a";
constexpr std::string_view release_several = "e4612211c9f8f51c257e26e056b0a654b3187242";

// The code spans of the first column of the table under "## Requests".
std::vector<std::string> commands_of_page() {
  std::ifstream page(PAWL_REDIS_PAGE);
  std::vector<std::string> commands;
  bool in_table = false;
  for (std::string line; std::getline(page, line);) {
    if (line.starts_with("## ")) in_table = line == "## Requests";
    if (!in_table || !line.starts_with("| `")) continue;
    const std::size_t end = line.find(" | ", 2);
    for (std::size_t at = line.find('`'); at < end;) {
      const std::size_t close = line.find('`', at + 1);
      commands.push_back(line.substr(at + 1, close - at - 1));
      at = line.find('`', close + 1);
    }
  }
  return commands;
}

// Its least form: options in brackets left out, a word for each word of a person's.
std::vector<std::string> least_form(const std::string& command) {
  std::istringstream text(command.substr(0, command.find(" [")));
  std::vector<std::string> words;
  for (std::string word; text >> word;) {
    if (word == "n") word = "1";
    if (word == "ms" || word == "s") word = "5000";
    if (word.ends_with("…")) word.resize(word.size() - 3);
    words.push_back(word);
  }
  return words;
}

}  // namespace

TEST_CASE("SET NX is a LOCK whose note says the owner") {
  Talk talk;
  const auto& lock = talk.asks<request::Lock>({"set", "jobs/a", "me", "nx", "px", "5000"});
  CHECK(std::vector<std::string_view>(lock.names.begin(), lock.names.end()) ==
        std::vector<std::string_view>{"jobs/a"});
  CHECK(lock.note == "owner=me");
  CHECK(lock.id.empty());
  CHECK(lock.wait == Milliseconds{0});
  CHECK(lock.ttl == Milliseconds{5'000});
  CHECK(talk.hears(reply::Granted{Token{7}, Milliseconds{5'000}}) == "+OK\r\n");
}

TEST_CASE("SET NX of a lock that is taken answers nothing, in either version") {
  Talk talk;
  talk.ask({"SET", "a", "me", "NX", "EX", "5"});
  CHECK(talk.hears(reply::Error{.code = ErrorCode::busy}) == "$-1\r\n");
  talk.ask({"HELLO", "3"});
  CHECK(talk.hears(reply::Hello{"n1", Role::primary, Epoch{1}}).starts_with("%6\r\n"));
  talk.ask({"SET", "a", "me", "NX", "EX", "5"});
  CHECK(talk.hears(reply::Error{.code = ErrorCode::busy}) == "_\r\n");
}

TEST_CASE("a SET without NX is refused where the lock is taken") {
  Talk talk;
  talk.ask({"SET", "a", "me", "PX", "5000"});
  CHECK(talk.hears(reply::Error{.code = ErrorCode::busy}).starts_with("-ERR key is a lock"));
}

TEST_CASE("a SET does not take a lock from another owner, whatever else is allowed") {
  Talk talk{Policy{.allow_unowned = true}};
  talk.ask({"SET", "a", "me", "XX", "PX", "5000"});
  const std::string answer = talk.hears(held_by("you", Token{4}));
  CHECK_THAT(answer, Catch::StartsWith("-ERR key is a lock") && !Catch::Contains("allow_unowned"));
}

TEST_CASE("a SET without a TTL gets that of the policy, and is counted") {
  Talk talk;
  CHECK(talk.asks<request::Lock>({"SET", "a", "me", "NX"}).ttl == Milliseconds{3'600'000});
  talk.ask({"INFO"});
  CHECK_THAT(talk.hears(reply::Hello{}), Catch::Contains("missing_ttl:1\r\n"));
}

TEST_CASE("a SET without a TTL is refused where the policy says so") {
  Talk talk{Policy{.missing_ttl = Milliseconds{0}}};
  CHECK_THAT(talk.ask({"SET", "a", "me", "NX"}), Catch::StartsWith("-ERR a lock needs a TTL"));
}

TEST_CASE("what cannot be a lock is refused by name") {
  Talk talk;
  const std::string bytes("a\0b", 3);
  CHECK_THAT(talk.ask({"SET", "a b", "v", "NX"}), Catch::StartsWith("-ERR a key is a lock name"));
  CHECK_THAT(talk.ask({"SET", "a", bytes, "NX"}), Catch::StartsWith("-ERR a lock's value is"));
  CHECK_THAT(talk.ask({"SET", "a", std::string(513, 'v'), "NX"}),
             Catch::StartsWith("-ERR a lock's value is"));
  CHECK_THAT(talk.ask({"SET", "a", "v", "NX", "PX", "0"}), Catch::Contains("invalid expire time"));
  CHECK_THAT(talk.ask({"SET", "a", "v", "NX", "XX"}), Catch::StartsWith("-ERR syntax error"));
  CHECK_THAT(talk.ask({"SET", "a", "v", "IFEQ"}), Catch::StartsWith("-ERR syntax error"));
  CHECK_THAT(talk.ask({"SET", "a", "v", "PX", "5", "EX", "5"}), Catch::StartsWith("-ERR syntax"));
  CHECK_THAT(talk.ask({"SET", "a", "v", "KEEPTTL"}), Catch::StartsWith("-ERR syntax error"));
  CHECK_THAT(talk.ask({"SET", "a", "new", "IFEQ", "old"}), Catch::Contains("keeps its value"));
  CHECK(talk.ask({"LPUSH", "a", "b"}) ==
        "-ERR unknown command 'LPUSH', with args beginning with: 'a' 'b' \r\n");
}

TEST_CASE("compare and delete names the holder by its token") {
  Talk talk;
  CHECK(talk.asks<request::Show>({"DELEX", "a", "IFEQ", "me"}).name == "a");
  CHECK(talk.hears(held_by("me", Token{42})).empty());
  const auto& unlock = talk.next<request::Unlock>();
  CHECK(unlock.token == Token{42});
  CHECK(unlock.names.front() == "a");
  CHECK(talk.hears(reply::Done{}) == ":1\r\n");
}

TEST_CASE("what was lost in between is not released: the answer is that of another's") {
  Talk talk;
  talk.ask({"DELIFEQ", "a", "me"});
  CHECK(talk.hears(held_by("me", Token{42})).empty());
  CHECK(talk.hears(reply::Error{.code = ErrorCode::not_held}) == ":0\r\n");
}

TEST_CASE("another's lock, a free one, and one that is no Redis client's are not released") {
  const auto& show = GENERATE(held_by("you", Token{1}), reply::Show{}, held_with_note("me"));
  Talk talk;
  talk.ask({"DELIFEQ", "a", "me"});
  CHECK(talk.hears(show) == ":0\r\n");
}

TEST_CASE("GET answers the owner, or a token where there is none") {
  Talk talk;
  talk.ask({"GET", "a"});
  CHECK(talk.hears(held_by("me", Token{1})) == "$2\r\nme\r\n");
  talk.ask({"GET", "a"});
  CHECK(talk.hears(reply::Show{}) == "$-1\r\n");
  talk.ask({"GET", "a"});
  CHECK(talk.hears(held_with_note("nightly backup")) == "$7\r\ntoken=9\r\n");
}

TEST_CASE("DEL without the owner is refused, and counted") {
  Talk talk;
  talk.ask({"DEL", "a"});
  CHECK_THAT(talk.hears(held_by("me", Token{1})), Catch::StartsWith("-ERR key is a lock"));
  talk.ask({"DEL", "a"});
  CHECK(talk.hears(reply::Show{}) == ":0\r\n");
  talk.ask({"INFO"});
  CHECK_THAT(talk.hears(reply::Hello{}), Catch::Contains("unowned_changes:1\r\n"));
}

TEST_CASE("DEL without the owner is a BREAK where it is allowed") {
  Talk talk{Policy{.allow_unowned = true}};
  talk.ask({"DEL", "a"});
  CHECK(talk.hears(held_by("me", Token{5})).empty());
  CHECK(talk.next<request::Break>().token == Token{5});
  CHECK(talk.hears(reply::Done{}) == ":1\r\n");
}

TEST_CASE("EXPIRE without the owner is refused as DEL is, also one that would lengthen") {
  const auto ttl = GENERATE(as<std::string_view>{}, "60000", "999", "-1");
  Talk talk;
  talk.ask({"PEXPIRE", "a", ttl});
  CHECK_THAT(talk.hears(held_by("me", Token{5}, Milliseconds{1'000})),
             Catch::StartsWith("-ERR key is a lock"));
  talk.ask({"PEXPIRE", "a", ttl});
  CHECK(talk.hears(reply::Show{}) == ":0\r\n");
  talk.ask({"INFO"});
  CHECK_THAT(talk.hears(reply::Hello{}), Catch::Contains("unowned_changes:1\r\n"));
}

TEST_CASE("EXPIRE without the owner renews where it is allowed, and is counted") {
  Talk talk{Policy{.allow_unowned = true}};
  talk.ask({"EXPIRE", "a", "60"});
  CHECK(talk.hears(held_by("me", Token{5}, Milliseconds{1'000})).empty());
  CHECK(talk.next<request::Renew>().ttl == Milliseconds{60'000});
  CHECK(talk.hears(reply::Lasting{Milliseconds{60'000}}) == ":1\r\n");
  talk.ask({"INFO"});
  CHECK_THAT(talk.hears(reply::Hello{}), Catch::Contains("unowned_changes:1\r\n"));
}

TEST_CASE("FENCE answers the owner's token and nobody else's") {
  Talk talk;
  talk.ask({"FENCE", "a", "me"});
  CHECK(talk.hears(held_by("me", Token{77})) == ":77\r\n");
  talk.ask({"FENCE", "a", "me"});
  CHECK(talk.hears(held_by("you", Token{77})) == "$-1\r\n");
}

TEST_CASE("an unknown script is refused by its SHA-1, and its beginning kept for the log") {
  Talk talk;
  CHECK_THAT(
      talk.ask({"EVAL", "return 1", "0"}),
      Catch::StartsWith("-ERR unsupported script (sha e0e1f9fabfc9d4800c877a703b823ac0578ff8db)"));
  CHECK(talk.interpreter.take_unknown_script() == "return 1");
  CHECK(talk.interpreter.take_unknown_script().empty());
  CHECK_THAT(talk.ask({"EVALSHA", "e0e1f9fabfc9d4800c877a703b823ac0578ff8db", "0"}),
             Catch::StartsWith("-NOSCRIPT "));
}

TEST_CASE("a script of several keys extends all of them or none") {
  Talk talk;
  talk.ask({"EVALSHA", extend_several, "2", "a", "b", "me", "9000"});
  CHECK(talk.hears(held_by("me", Token{3})).empty());
  CHECK(talk.next<request::Show>().name == "b");
  SECTION("one grant is renewed once") {
    CHECK(talk.hears(held_by("me", Token{3})).empty());
    CHECK(talk.next<request::Renew>().ttl == Milliseconds{9'000});
    CHECK(talk.hears(reply::Lasting{Milliseconds{9'000}}) == ":2\r\n");
  }
  SECTION("two grants are renewed one after the other") {
    CHECK(talk.hears(held_by("me", Token{4})).empty());
    CHECK(talk.next<request::Renew>().token == Token{3});
    CHECK(talk.hears(reply::Lasting{}).empty());
    CHECK(talk.next<request::Renew>().token == Token{4});
    CHECK(talk.hears(reply::Lasting{}) == ":2\r\n");
  }
  SECTION("one that was lost in between: that is none") {
    CHECK(talk.hears(held_by("me", Token{4})).empty());
    CHECK(talk.hears(reply::Error{.code = ErrorCode::not_held}).empty());
    CHECK(talk.hears(reply::Lasting{}) == ":0\r\n");
  }
  SECTION("one that is another's: none") {
    CHECK(talk.hears(held_by("you", Token{4})) == ":0\r\n");
  }
}

TEST_CASE("a script of one key lets the others alone") {
  Talk talk;
  talk.ask({"EVALSHA", release, "2", "a", "b", "me"});
  CHECK(talk.hears(held_by("me", Token{3})).empty());
  const auto& unlock = talk.next<request::Unlock>();
  CHECK(std::vector<std::string_view>(unlock.names.begin(), unlock.names.end()) ==
        std::vector<std::string_view>{"a"});
  CHECK(talk.hears(reply::Done{}) == ":1\r\n");
}

TEST_CASE("a key that is named twice is looked at once") {
  SECTION("EXISTS counts it twice, as in Redis") {
    Talk talk;
    talk.ask({"EXISTS", "a", "b", "a"});
    CHECK(talk.hears(held_by("me", Token{3})).empty());
    CHECK(talk.next<request::Show>().name == "b");
    CHECK(talk.hears(reply::Show{}) == ":2\r\n");
  }
  SECTION("DEL") {
    Talk talk{Policy{.allow_unowned = true}};
    talk.ask({"DEL", "a", "a"});
    CHECK(talk.hears(held_by("me", Token{3})).empty());
    CHECK(talk.next<request::Break>().name == "a");
    CHECK(talk.hears(reply::Done{}) == ":1\r\n");
  }
  SECTION("a script") {
    Talk talk;
    talk.ask({"EVALSHA", release_several, "2", "a", "a", "me"});
    CHECK(talk.hears(held_by("me", Token{3})).empty());
    CHECK(talk.hears(reply::Done{}) == ":1\r\n");
  }
  SECTION("a script that extends all of them counts them all") {
    Talk talk;
    talk.ask({"EVALSHA", extend_several, "2", "a", "a", "me", "9000"});
    CHECK(talk.hears(held_by("me", Token{3})).empty());
    CHECK(talk.hears(reply::Lasting{}) == ":2\r\n");
  }
}

TEST_CASE("redis-py adds to the time left, or begins anew") {
  constexpr auto extend = "a4e8783852e6b949f9ef3a97212805108459a890";
  Talk talk;
  talk.ask({"EVALSHA", extend, "1", "a", "me", "5000", "0"});
  CHECK(talk.hears(held_by("me", Token{3}, Milliseconds{2'000})).empty());
  CHECK(talk.next<request::Renew>().ttl == Milliseconds{7'000});
  CHECK(talk.hears(reply::Lasting{}) == ":1\r\n");
  talk.ask({"EVALSHA", extend, "1", "a", "me", "5000", "1"});
  CHECK(talk.hears(held_by("me", Token{3}, Milliseconds{2'000})).empty());
  CHECK(talk.next<request::Renew>().ttl == Milliseconds{5'000});
}

TEST_CASE("a script without a TTL gets the policy's only where it may lack one") {
  constexpr auto laravel_refresh = "d5f94f1848f0c54fff99d99dbc4d54184a157c02";
  constexpr auto redis_py_extend = "a4e8783852e6b949f9ef3a97212805108459a890";
  Talk talk;
  talk.ask({"EVALSHA", laravel_refresh, "1", "a", "me", "0"});
  CHECK(talk.hears(held_by("me", Token{3})).empty());
  CHECK(talk.next<request::Renew>().ttl == Milliseconds{3'600'000});
  CHECK_THAT(talk.ask({"EVALSHA", redis_py_extend, "1", "a", "me", "-1", "0"}),
             Catch::StartsWith("-ERR invalid expire time"));
}

TEST_CASE("the owner of a SET of the same value begins its lease anew") {
  Talk talk;
  const auto option = GENERATE(as<std::string_view>{}, "XX", "IFEQ");
  option == "XX" ? talk.ask({"SET", "a", "me", "XX", "PX", "9000"})
                 : talk.ask({"SET", "a", "me", "IFEQ", "me", "PX", "9000"});
  SECTION("held") {
    CHECK(talk.hears(held_by("me", Token{3})).empty());
    CHECK(talk.next<request::Renew>().token == Token{3});
    CHECK(talk.hears(reply::Lasting{}) == "+OK\r\n");
  }
  SECTION("free") { CHECK(talk.hears(reply::Show{}) == "$-1\r\n"); }
  SECTION("another's") {
    const std::string answer = talk.hears(held_by("you", Token{4}));
    CHECK(answer.starts_with(option == "XX" ? "-ERR key is a lock" : "$-1"));
  }
}

TEST_CASE("the owner may be the second argument, behind the number of a database") {
  Talk talk;
  talk.ask({"EVALSHA", "df51f6837dcfe303d334e6abea9aeae192bab216", "1", "a", "0", "me"});
  CHECK(talk.hears(held_by("me", Token{3})).empty());
  CHECK(talk.hears(reply::Done{}) == ":1\r\n");
}

TEST_CASE("a node that is not the primary says READONLY and who is") {
  Talk talk;
  talk.ask({"SET", "a", "me", "NX", "PX", "5000"});
  CHECK(talk.hears(reply::Error{.code = ErrorCode::not_primary, .primary = "10.0.0.2:7295"}) ==
        "-READONLY this node is not the primary primary=10.0.0.2:7295\r\n");
}

TEST_CASE("an error says what is unknown and why, and ends without a blank") {
  Talk talk;
  talk.ask({"GET", "a"});
  CHECK(talk.hears(reply::Error{.code = ErrorCode::no_quorum, .message = "ask again"}) ==
        "-NO_QUORUM whether this took effect is unknown: ask again\r\n");
  talk.ask({"GET", "a"});
  CHECK(talk.hears(reply::Error{.code = ErrorCode::no_quorum}) ==
        "-NO_QUORUM whether this took effect is unknown: no majority answers\r\n");
  talk.ask({"UNLOCK", "a", "TOKEN", "1"});
  CHECK(talk.hears(reply::Error{.code = ErrorCode::not_held}) == "-NOT_HELD\r\n");
}

// REDIS.md is held against the code.
TEST_CASE("every command of REDIS.md is understood") {
  const std::vector<std::string> commands = commands_of_page();
  CHECK(commands.size() > 45);
  for (const std::string& command : commands) {
    CAPTURE(command);
    const std::vector<std::string> words = least_form(command);
    const std::vector<std::string_view> views(words.begin(), words.end());
    Talk talk;
    std::string out;
    talk.exchange = talk.interpreter.interpret(views, talk.speaker, out);
    CHECK_THAT(out, !Catch::Contains("unknown command") && !Catch::Contains("wrong number"));
    if (talk.exchange == nullptr) continue;
    CHECK_FALSE(std::holds_alternative<request::Malformed>(*talk.exchange->request()));
  }
}

}  // namespace pawl::wire::resp
