// SPDX-License-Identifier: Apache-2.0
#include "wire/request.hpp"

#include <catch2/catch.hpp>
#include <vector>

#include "wire/parse.hpp"

using namespace std::chrono_literals;
using Catch::Matchers::Contains;

namespace pawl::wire {

namespace {

std::vector<std::string> texts(Names names) { return {names.begin(), names.end()}; }

}  // namespace

TEST_CASE("a LOCK with a name alone tries once for an exclusive leased lock") {
  const Parsed parsed("LOCK jobs/a");
  const auto& lock = parsed.as<request::Lock>();
  CHECK(texts(lock.names) == std::vector<std::string>{"jobs/a"});
  CHECK(lock.wait == 0ms);
  CHECK_FALSE(lock.ttl);
  CHECK(lock.id.empty());
  CHECK(lock.mode == Mode::exclusive);
  CHECK(lock.slots == 0);
  CHECK(lock.delay == 0ms);
  CHECK_FALSE(lock.max_hold);
  CHECK(lock.note.empty());
  CHECK(parsed.line.tag.empty());
}

TEST_CASE("a LOCK keeps every option, in any order among the names") {
  const Parsed parsed(
      R"(LOCK note="two words" a wait=10s b ttl=2m id=A-b_c.d:9 mode=slot slots=5 delay=250 max_hold=2h)");
  const auto& lock = parsed.as<request::Lock>();
  CHECK(texts(lock.names) == std::vector<std::string>{"a", "b"});
  CHECK(lock.wait == 10s);
  CHECK(lock.ttl == Milliseconds(2min));
  CHECK(lock.id == "A-b_c.d:9");
  CHECK(lock.mode == Mode::slot);
  CHECK(lock.slots == 5);
  CHECK(lock.delay == 250ms);
  CHECK(lock.max_hold == Milliseconds(2h));
  CHECK(lock.note == "two words");
  CHECK(Parsed("LOCK a mode=shared").as<request::Lock>().mode == Mode::shared);
  CHECK(Parsed("LOCK a mode=exclusive").as<request::Lock>().mode == Mode::exclusive);
  CHECK(Parsed("LOCK a wait=forever").as<request::Lock>().wait == wait_forever);
  CHECK(Parsed("LOCK a wait=0").as<request::Lock>().wait == 0ms);
}

TEST_CASE("verbs come in any case, blanks fold, a CR at the end is dropped") {
  for (const char* text : {"ping", "PING", "pInG", "  PING", "\tPING \t ", "PING\r"}) {
    CHECK_NOTHROW(Parsed(text).as<request::Ping>());
  }
  const Parsed lock(" \t lock \t a   wait=1s\t\r");
  CHECK(texts(lock.as<request::Lock>().names) == std::vector<std::string>{"a"});
  CHECK(refusal_of("LOCK a\rb") != "");
  CHECK(refusal_of("LOCK a\r\r") != "");
}

TEST_CASE("an empty line is no request") {
  for (const char* text : {"", "\r", " ", "\t \t", "  \r"}) {
    CHECK(Parsed(text).line.kind == LineKind::empty);
  }
}

TEST_CASE("every verb without words makes its request and takes no words") {
  CHECK_NOTHROW(Parsed("HELLO").as<request::Hello>());
  CHECK_NOTHROW(Parsed("HELP").as<request::Help>());
  CHECK_NOTHROW(Parsed("CLOSE").as<request::Close>());
  CHECK_NOTHROW(Parsed("STATUS").as<request::Status>());
  CHECK_NOTHROW(Parsed("QUIT").as<request::Quit>());
  for (const char* verb : {"HELLO", "HELP", "PING", "CLOSE", "STATUS", "QUIT"}) {
    CHECK_THAT(refusal_of(std::string(verb) + " x"), Contains("takes fewer words"));
    CHECK_THAT(refusal_of(std::string(verb) + " ttl=1s"), Contains("takes none"));
  }
}

TEST_CASE("EVENTS takes on or off") {
  CHECK(Parsed("EVENTS on").as<request::Events>().on);
  CHECK_FALSE(Parsed("events off").as<request::Events>().on);
  CHECK_THAT(refusal_of("EVENTS maybe"), Contains("on or off"));
  CHECK_THAT(refusal_of("EVENTS"), Contains("EVENTS on|off"));
  CHECK_THAT(refusal_of("EVENTS on off"), Contains("EVENTS on|off"));
}

TEST_CASE("OPEN keeps its options") {
  const Parsed bare("OPEN");
  const auto& plain = bare.as<request::Open>();
  CHECK_FALSE(plain.ttl);
  CHECK(plain.on_disconnect == OnDisconnect::keep);
  CHECK(plain.name.empty());
  CHECK(plain.id.empty());
  CHECK(plain.secret.empty());
  CHECK(plain.deadlock);

  const Parsed full(R"(OPEN ttl=5s on_disconnect=release name="worker 7" id=w7 deadlock=off)");
  const auto& open = full.as<request::Open>();
  CHECK(open.ttl == Milliseconds(5s));
  CHECK(open.on_disconnect == OnDisconnect::release);
  CHECK(open.name == "worker 7");
  CHECK(open.id == "w7");
  CHECK_FALSE(open.deadlock);

  CHECK(Parsed("OPEN on_disconnect=keep").as<request::Open>().on_disconnect == OnDisconnect::keep);
  CHECK(Parsed("OPEN deadlock=on").as<request::Open>().deadlock);
  CHECK_THAT(refusal_of("OPEN on_disconnect=maybe"), Contains("keep or release"));
  CHECK_THAT(refusal_of("OPEN deadlock=yes"), Contains("on or off"));
  CHECK_THAT(refusal_of("OPEN id="), Contains("id must be"));
  CHECK_NOTHROW(Parsed("OPEN name=" + std::string(255, 'n')).as<request::Open>());
  CHECK_THAT(refusal_of("OPEN name=" + std::string(256, 'n')), Contains("255"));
}

TEST_CASE("RESUME takes one secret, KEEPALIVE any number") {
  CHECK(Parsed("RESUME 0123abcd").as<request::Resume>().secret == "0123abcd");
  CHECK_THAT(refusal_of("RESUME"), Contains("RESUME secret"));
  CHECK_THAT(refusal_of("RESUME a b"), Contains("RESUME secret"));
  CHECK_THAT(refusal_of("RESUME a,b"), Contains("A-Z"));
  CHECK(Parsed("KEEPALIVE").as<request::KeepAlive>().secrets.empty());
  const Parsed two("KEEPALIVE a b");
  CHECK(texts(two.as<request::KeepAlive>().secrets) == std::vector<std::string>{"a", "b"});
  CHECK_THAT(refusal_of("KEEPALIVE a b/c"), Contains("secret"));
}

TEST_CASE("UNLOCK, RENEW, VERIFY and BREAK need a token") {
  const Parsed unlock("UNLOCK a b token=42");
  CHECK(texts(unlock.as<request::Unlock>().names) == std::vector<std::string>{"a", "b"});
  CHECK(unlock.as<request::Unlock>().token == Token{42});
  const Parsed renewed("RENEW a token=7 ttl=5s");
  const auto& renew = renewed.as<request::Renew>();
  CHECK(renew.name == "a");
  CHECK(renew.token == Token{7});
  CHECK(renew.ttl == Milliseconds(5s));
  CHECK_FALSE(Parsed("RENEW a token=7").as<request::Renew>().ttl);
  CHECK(Parsed("VERIFY a token=8").as<request::Verify>().name == "a");
  CHECK(Parsed("VERIFY a token=8").as<request::Verify>().token == Token{8});
  const Parsed broken(R"(BREAK a token=9 reason="host \"x\" is gone")");
  CHECK(broken.as<request::Break>().name == "a");
  CHECK(broken.as<request::Break>().token == Token{9});
  CHECK(broken.as<request::Break>().reason == R"(host "x" is gone)");

  for (const char* text :
       {"UNLOCK a", "RENEW a", "VERIFY a", "BREAK a reason=x", "BREAK a token=1"}) {
    CHECK_THAT(refusal_of(text), Contains("needs more options"));
  }
  for (const char* text : {"UNLOCK token=1", "RENEW token=1", "VERIFY token=1", "LOCK", "LOCK id=1",
                           "BREAK token=1 reason=x", "CANCEL id=1", "SHOW"}) {
    CHECK_THAT(refusal_of(text), Contains("needs more words"));
  }
  for (const char* text : {"RENEW a b token=1", "VERIFY a b token=1", "CANCEL a b id=1", "SHOW a b",
                           "BREAK a b token=1 reason=x", "LIST a", "SESSIONS a", "OPEN a"}) {
    CHECK_THAT(refusal_of(text), Contains("takes fewer words"));
  }
  CHECK_THAT(refusal_of("BREAK a token=1 reason=" + std::string(1025, 'r')), Contains("1024"));
}

TEST_CASE("a token is a decimal from 1 to 2^53 - 1") {
  CHECK(Parsed("VERIFY a token=1").as<request::Verify>().token == Token{1});
  CHECK(Parsed("VERIFY a token=9007199254740991").as<request::Verify>().token == last_token);
  for (const char* token : {"0", "9007199254740992", "18446744073709551616", "-1", "+1", "", "0x10",
                            "1.0", "1e3", "42a", "\" 42\"", "123456789012345678901234"}) {
    CHECK_THAT(refusal_of(std::string("VERIFY a token=") + token), Contains("9007199254740991"));
  }
}

TEST_CASE("CANCEL needs the id") {
  const Parsed parsed("CANCEL a id=x1");
  CHECK(parsed.as<request::Cancel>().name == "a");
  CHECK(parsed.as<request::Cancel>().id == "x1");
  CHECK_THAT(refusal_of("CANCEL a"), Contains("CANCEL name id="));
}

TEST_CASE("an id is 1 to 64 of A-Z a-z 0-9 . _ : -") {
  CHECK_NOTHROW(Parsed("LOCK a id=" + std::string(64, 'x')).as<request::Lock>());
  CHECK_NOTHROW(Parsed("LOCK a id=6f1c2f4e-8c1d-4a57-9f5b-0c8f4cf0a001").as<request::Lock>());
  for (const std::string& id : {std::string(65, 'x'), std::string(), std::string("a/b"),
                                std::string("é"), std::string("a=b"), std::string("\"a b\"")}) {
    CHECK_THAT(refusal_of("LOCK a id=" + id), Contains("id must be"));
  }
}

TEST_CASE("SHOW, LIST and SESSIONS page with after and limit") {
  const Parsed shown("SHOW a after=3 limit=1");
  CHECK(shown.as<request::Show>().name == "a");
  CHECK(shown.as<request::Show>().after == 3);
  CHECK(shown.as<request::Show>().limit == 1);
  CHECK(Parsed("SHOW a").as<request::Show>().limit == 100);
  CHECK_THAT(refusal_of("SHOW a after=4294967296"), Contains("4294967295"));

  const Parsed listed("LIST prefix=jobs/ after=jobs/a limit=1000");
  CHECK(listed.as<request::List>().prefix == "jobs/");
  CHECK(listed.as<request::List>().after == "jobs/a");
  CHECK(listed.as<request::List>().limit == 1000);
  CHECK(Parsed("LIST prefix=").as<request::List>().prefix.empty());
  CHECK(Parsed("LIST by=name after=a").as<request::List>().by == request::ListOrder::name);
  const Parsed awaited("LIST by=waiters prefix=jobs/");
  CHECK(awaited.as<request::List>().by == request::ListOrder::waiters);
  CHECK(awaited.as<request::List>().limit == 20);
  CHECK(Parsed("LIST limit=7 by=waiters").as<request::List>().limit == 7);
  CHECK_THAT(refusal_of("LIST by=age"), Contains("by must be name or waiters"));
  CHECK_THAT(refusal_of("LIST by=waiters after=a"), Contains("no after="));
  CHECK_THAT(refusal_of("LIST prefix=a,b"), Contains("prefix"));
  CHECK_THAT(refusal_of("LIST after=" + std::string(256, 'a')), Contains("after"));

  CHECK(Parsed("SESSIONS").as<request::Sessions>().after == SessionId{});
  CHECK(Parsed("SESSIONS after=s17 limit=5").as<request::Sessions>().after == SessionId{17});
  for (const char* after : {"17", "s", "s0", "S17", "s-1", "s1x", "s18446744073709551616"}) {
    CHECK_THAT(refusal_of(std::string("SESSIONS after=") + after), Contains("s17"));
  }
  for (const char* verb : {"SHOW a", "LIST", "SESSIONS"}) {
    for (const char* limit : {"0", "1001", "-1", "", "ten"}) {
      CHECK_THAT(refusal_of(std::string(verb) + " limit=" + limit), Contains("1 to 1000"));
    }
  }
}

TEST_CASE("a cluster's verbs name a node") {
  const std::string longest(63, 'a');
  CHECK(Parsed("PROMOTE Rack-7.n_1").as<request::Promote>().lost == "Rack-7.n_1");
  CHECK(Parsed("PROMOTE " + longest).as<request::Promote>().lost == longest);
  CHECK(Parsed("HANDOVER n2").as<request::Handover>().to == "n2");
  CHECK(Parsed("HANDOVER").as<request::Handover>().to.empty());

  CHECK_THAT(refusal_of("PROMOTE"), Contains("PROMOTE lost-node"));
  CHECK_THAT(refusal_of("PROMOTE n1 n2"), Contains("fewer words"));
  CHECK_THAT(refusal_of("HANDOVER n1 n2"), Contains("fewer words"));
  CHECK_THAT(refusal_of("PROMOTE n2 force=yes"), Contains("unknown option"));
  for (const std::string verb : {"PROMOTE ", "HANDOVER "}) {
    for (const std::string& name : {longest + 'a', std::string("n:1"), std::string("\xC3\xA9")}) {
      CHECK_THAT(refusal_of(verb + name), Contains("a node's name is 1-63 of"));
    }
  }
}

TEST_CASE("SLOTS takes a name and a number") {
  const Parsed parsed("slots gpu/a 65535");
  const auto& slots = parsed.as<request::Slots>();
  CHECK(slots.name == "gpu/a");
  CHECK(slots.slots == 65'535);
  for (const std::string number : {"0", "65536", "-1", "x"}) {
    CHECK(refusal_of("SLOTS a " + number) == "slots must be an integer from 1 to 65535");
  }
  CHECK_THAT(refusal_of("SLOTS a"), Contains("SLOTS name N"));
  CHECK_THAT(refusal_of("SLOTS a 1 2"), Contains("fewer words"));
}

TEST_CASE("WATCH and UNWATCH take the beginning of a lock name, or none") {
  CHECK(Parsed("watch jobs/").as<request::Watch>().prefix == "jobs/");
  CHECK(Parsed("WATCH").as<request::Watch>().prefix.empty());
  CHECK(Parsed("UNWATCH é").as<request::Unwatch>().prefix == "é");
  CHECK(Parsed("UNWATCH").as<request::Unwatch>().prefix.empty());
  const std::string longest(255, 'p');
  CHECK(Parsed("WATCH " + longest).as<request::Watch>().prefix == longest);
  for (const std::string verb : {"WATCH ", "UNWATCH "}) {
    for (const std::string& prefix : {longest + 'p', std::string("a,b"), std::string("\xC2\x85")}) {
      CHECK_THAT(refusal_of(verb + prefix), Contains("prefix takes (part of) a lock name"));
    }
    CHECK_THAT(refusal_of(verb + "a b"), Contains("fewer words"));
  }
}

TEST_CASE("AUTH has a user and a secret, whatever they are") {
  const Parsed parsed(R"(AUTH ci a"=b==)");
  CHECK(parsed.as<request::Auth>().user == "ci");
  CHECK(parsed.as<request::Auth>().secret == R"(a"=b==)");
  CHECK_FALSE(parsed.as<request::Auth>().is_right);
  CHECK_THAT(refusal_of("AUTH ci"), Contains("needs more words"));
  CHECK_THAT(refusal_of("AUTH ci a b"), Contains("fewer words"));
  CHECK_THAT(refusal_of("AUTH ci " + std::string(256, 'x')), Contains("1-255 bytes"));
}

TEST_CASE("a Redis array that is no command is told so") {
  CHECK_THAT(refusal_of("*1", ErrorCode::unknown_command), Contains("RESP"));
}

TEST_CASE("an unknown verb is pointed to HELP") {
  CHECK_THAT(refusal_of("FROB a", ErrorCode::unknown_command),
             Contains("'FROB'") && Contains("HELP"));
  CHECK_THAT(refusal_of("LOCKS a", ErrorCode::unknown_command), Contains("HELP"));
  CHECK_THAT(refusal_of("KEEPALIVEKEEPALIVE", ErrorCode::unknown_command), Contains("HELP"));
  CHECK_THAT(refusal_of("\x1b[2J", ErrorCode::unknown_command), !Contains("\x1b"));
  CHECK_THAT(refusal_of("=", ErrorCode::unknown_command), Contains("HELP"));
}

TEST_CASE("an option that the verb does not take is named, with those it takes") {
  CHECK(refusal_of("LOCK a tll=30s") ==
        "unknown option 'tll' (LOCK takes wait ttl id mode slots delay max_hold note)");
  CHECK_THAT(refusal_of("LOCK a TTL=30s"), Contains("unknown option 'TTL'"));
  CHECK_THAT(refusal_of("LOCK a token=1"), Contains("unknown option 'token'"));
  CHECK_THAT(refusal_of("LOCK a =x"), Contains("unknown option (LOCK"));
  CHECK_THAT(refusal_of("LOCK foo=bar"), Contains("unknown option 'foo'"));
  CHECK_THAT(refusal_of("LOCK a \x1b[2J=x"), Contains("unknown option (LOCK"));
  CHECK(refusal_of("LOCK a ttl=1s ttl=1s") == "ttl= stands twice: give it once");
}

TEST_CASE("a tag is kept, also by what is malformed behind it") {
  CHECK(Parsed("#a.B_9- PING").line.tag == "a.B_9-");
  CHECK(Parsed("  #7\t PING").line.tag == "7");
  CHECK(Parsed("#" + std::string(32, 't') + " PING").line.tag == std::string(32, 't'));
  const Parsed bad("#7 LOCK");
  CHECK(bad.line.tag == "7");
  CHECK(bad.is_malformed());
  const Parsed unknown("#7 FROB");
  CHECK(unknown.line.tag == "7");
  CHECK(unknown.is_malformed());
  CHECK(Parsed("#7").line.tag == "7");
  CHECK_THAT(refusal_of("#7"), Contains("follow the tag"));
}

TEST_CASE("a malformed tag is answered untagged") {
  for (const std::string& tag : {std::string("#"), std::string("#a!"), std::string("#é"),
                                 "#" + std::string(33, 't'), std::string("#a:b")}) {
    CHECK_THAT(refusal_of(tag + " PING"), Contains("a tag is"));
    CHECK(Parsed(tag + " PING").line.tag.empty());
  }
}

TEST_CASE("a malformed OPEN or RESUME says that it was about the session") {
  const auto of_session = [](std::string_view text) {
    return Parsed(text).as<request::Malformed>().of_session;
  };
  CHECK(of_session("OPEN deadlock=x"));
  CHECK(of_session("open extra"));
  CHECK(of_session("#t RESUME"));
  CHECK(of_session("#! OPEN"));
  CHECK(of_session("OPEN name=\"open"));
  CHECK_FALSE(of_session("LOCK"));
  CHECK_FALSE(of_session("OPENS"));
  CHECK_FALSE(of_session("AUTH"));
}

}  // namespace pawl::wire
