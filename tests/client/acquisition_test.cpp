// SPDX-License-Identifier: Apache-2.0
//
// Until it is held: asking, waiting, refused.
#include "client/acquisition.hpp"

#include "client/conversation.hpp"

namespace pawl::client {
namespace {

TEST_CASE("it asks for events, then for the lock with its id, its TTL and what is left to wait") {
  Wanted wanted = wanted_for(10s);
  wanted.note = "two words";
  Conversation talk(wanted);
  talk.advance(2s);
  talk.connect();

  REQUIRE(talk.sent.size() == 2);
  CHECK(talk.sent[0] == "EVENTS on");
  CHECK(talk.sent[1] == "#t1 LOCK a ttl=30000 wait=8000 id=x note=\"two words\"");
  CHECK(talk.state() == State::asking);
}

TEST_CASE("without a limit it waits for ever, with none it tries once") {
  Conversation patient(wanted_for(std::nullopt));
  patient.connect();
  CHECK(patient.count("wait=forever") == 1);
  Conversation hasty(wanted_for(0ms));
  hasty.connect();
  CHECK(hasty.count("wait=0") == 1);
}

TEST_CASE("what cannot be asked is refused before any server is") {
  Wanted wanted = wanted_for(0ms);
  SECTION("no name") { wanted.names = {}; }
  SECTION("one of several is none") { wanted.names = {"a", "b c"}; }
  SECTION("two words are no name") { wanted.names = {"a b"}; }
  SECTION("an empty name") { wanted.names = {""}; }
  SECTION("bytes that are no text") { wanted.names = {"a\xFF"}; }
  SECTION("an id with a blank") { wanted.id = "x y"; }
  SECTION("no id") { wanted.id = ""; }
  SECTION("a note too long") { wanted.note = std::string(1025, 'n'); }

  Conversation talk(wanted);
  talk.connect_silently();

  CHECK(talk.state() == State::refused);
  CHECK(talk.refusal() == "BAD_REQUEST");
  CHECK(talk.sent.empty());
}

TEST_CASE("a grant is held from its answer, and counts from when its LOCK was sent") {
  Conversation talk(wanted_for(10s));
  talk.connect();
  talk.advance(100ms);
  talk.answer("LOCK", "OK token=42 ttl=30000");

  CHECK(talk.state() == State::held);
  CHECK(talk.acquisition.token() == Token{42});
  CHECK(talk.acquisition.held_until() == start + 30s - 300ms);
}

TEST_CASE("the margin is the larger of 1 % and 50 ms, but never more than a fifth") {
  CHECK(margin_of(1h) == 36s);
  CHECK(margin_of(30s) == 300ms);
  CHECK(margin_of(1s) == 50ms);
  CHECK(margin_of(100ms) == 20ms);
}

TEST_CASE("a LOCK that is not answered for a while is queued; that is not said of a dead server") {
  Conversation talk(wanted_for(10s));
  talk.connect();
  talk.advance(199ms);
  CHECK(talk.state() == State::asking);
  talk.advance(1ms);
  CHECK(talk.state() == State::queued);

  Conversation dead(wanted_for(10s));
  dead.connect_silently();
  dead.advance(1s);
  CHECK(dead.state() == State::asking);
  dead.reply("OK");
  CHECK(dead.state() == State::queued);
}

TEST_CASE(
    "a queued one pings every second, and takes its place up anew when that is not answered") {
  Conversation talk(wanted_for(std::nullopt));
  talk.connect();
  for (int second = 1; second <= 60; ++second) {
    talk.advance(1s);
    REQUIRE(talk.count("PING") == static_cast<std::size_t>(second));
    talk.reply("OK pong");
  }
  talk.advance(1s);
  talk.advance(1999ms);
  CHECK(talk.connected);
  talk.advance(1ms);
  CHECK_FALSE(talk.connected);
  CHECK(talk.state() == State::asking);

  talk.connect();
  CHECK(talk.count("LOCK a ttl=30000 wait=forever id=x") == 1);
}

TEST_CASE("a server that says nothing at all is left after two seconds") {
  Conversation talk(wanted_for(std::nullopt));
  talk.connect_silently();
  talk.advance(1999ms);
  CHECK(talk.connected);
  talk.advance(1ms);
  CHECK_FALSE(talk.connected);
}

TEST_CASE("a grant that waited is held at once only while two thirds of its lease are left") {
  Conversation talk(wanted_for(std::nullopt));
  talk.connect();

  SECTION("sent ten seconds ago: held") {
    for (int i = 0; i < 10; ++i) talk.advance(1s), talk.reply("OK pong");
    talk.answer("LOCK", "OK token=42 ttl=30000");
    CHECK(talk.state() == State::held);
  }
  SECTION("sent longer ago: only the renewal makes it held") {
    for (int i = 0; i < 11; ++i) talk.advance(1s), talk.reply("OK pong");
    talk.answer("LOCK", "OK token=42 ttl=30000");
    CHECK(talk.state() != State::held);
    const Moment sent = talk.now;
    talk.advance(10ms);
    talk.answer("RENEW a token=42", "OK ttl=30000");
    CHECK(talk.state() == State::held);
    CHECK(talk.acquisition.token() == Token{42});
    CHECK(talk.acquisition.held_until() == sent + 29'700ms);
  }
  SECTION("the renewal finds it gone: the wait goes on with the same id") {
    for (int i = 0; i < 60; ++i) talk.advance(1s), talk.reply("OK pong");
    talk.answer("LOCK", "OK token=42 ttl=30000");
    talk.answer("RENEW", "ERR NOT_HELD");
    CHECK(talk.state() == State::asking);
    CHECK(talk.count("LOCK a ttl=30000 wait=forever id=x") == 2);
    talk.answer("LOCK", "OK token=50 ttl=30000");
    CHECK(talk.acquisition.token() == Token{50});
    CHECK(talk.acquisition.held_until() == talk.now + 29'700ms);
  }
  SECTION("the server tells that it is gone before the renewal is answered") {
    for (int i = 0; i < 60; ++i) talk.advance(1s), talk.reply("OK pong");
    talk.answer("LOCK", "OK token=42 ttl=30000");
    talk.reply("EVENT LOST name=a token=42 reason=expired");
    talk.answer("LOCK", "OK token=50 ttl=30000");
    talk.answer("RENEW", "ERR NOT_HELD");  // of token 42
    CHECK(talk.state() == State::held);
    CHECK(talk.acquisition.token() == Token{50});
  }
}

TEST_CASE("certain refusals end it, with the code and what the server said") {
  const std::string code = GENERATE("BUSY", "TIMEOUT", "MISMATCH", "BAD_REQUEST", "FORBIDDEN",
                                    "UNAUTHENTICATED", "DEADLOCK", "UNKNOWN_COMMAND");
  Conversation talk(wanted_for(10s));
  talk.connect();
  talk.answer("LOCK", "ERR " + code + " msg=\"not so\"");
  CHECK(talk.state() == State::refused);
  CHECK(talk.refusal() == code);
  CHECK(talk.acquisition.refusal()->message == "not so");
  CHECK(talk.acquisition.is_over());
  CHECK(talk.acquisition.next_deadline() == never);
}

TEST_CASE("a refusal is final only once an earlier LOCK whose answer was lost is cancelled") {
  Conversation talk(wanted_for(10s));
  talk.connect();
  talk.disconnect();
  talk.connect();
  talk.answer("LOCK", "ERR BUSY waiters=1");
  CHECK(talk.state() == State::asking);

  SECTION("it is cancelled") {
    talk.answer("CANCEL a id=x", "OK cancelled=yes");
    CHECK(talk.refusal() == "BUSY");
  }
  SECTION("it was granted") {
    talk.answer("CANCEL a id=x", "OK cancelled=no token=42 ttl=29000");
    CHECK(talk.state() == State::held);
    CHECK(talk.acquisition.held_until() == talk.now + 29s - 290ms);
  }
}

TEST_CASE("a server that cannot serve now is left for another, and asked again after a pause") {
  const std::string code = GENERATE("SHUTTING_DOWN", "NO_QUORUM", "INTERNAL");
  const auto wait = GENERATE(Milliseconds{0}, Milliseconds{10'000});
  Conversation talk(wanted_for(wait));
  talk.connect();
  talk.answer("LOCK", "ERR " + code);
  CHECK_FALSE(talk.connected);

  talk.connect();
  CHECK(talk.count("LOCK") == 0);
  talk.advance(10ms);
  CHECK(talk.count("LOCK") == 1);
  talk.answer("LOCK", "OK token=42 ttl=30000");
  CHECK(talk.state() == State::held);
}

TEST_CASE("a node that is not primary may say who is") {
  Conversation talk(wanted_for(0ms));
  talk.connect();
  talk.answer("LOCK", "ERR NOT_PRIMARY primary=db2:7295");
  CHECK_FALSE(talk.connected);
  CHECK(talk.primary == "db2:7295");
}

TEST_CASE("while there is no primary a lock is asked for again at least every 50 ms") {
  Wanted wanted = wanted_for(0ms);
  wanted.patience = 1s;
  Conversation talk(wanted);
  int asked = 0;
  while (talk.now < start + 1s) {
    if (!talk.connected) talk.connect();
    talk.advance(5ms);
    if (talk.acquisition.is_over() || talk.count("LOCK a ttl=30000 wait=0") == 0) continue;
    ++asked;
    talk.answer("LOCK", "ERR NOT_PRIMARY");
  }
  CHECK(talk.refusal() == "NOT_PRIMARY");
  CHECK(asked >= 15);
  CHECK(asked <= 40);
}

TEST_CASE("wait=0 asks servers that cannot serve for as long as its patience, then says why") {
  Wanted wanted = wanted_for(0ms);
  wanted.patience = 5s;
  Conversation talk(wanted);
  int asked = 0;
  while (talk.now < start + 5s) {
    if (!talk.connected) talk.connect();
    talk.advance(10ms);
    if (talk.acquisition.is_over() || talk.count("LOCK a ttl=30000 wait=0") == 0) continue;
    ++asked;
    CHECK(talk.state() == State::asking);
    talk.answer("LOCK", "ERR SHUTTING_DOWN");
  }
  CHECK(talk.refusal() == "SHUTTING_DOWN");
  CHECK(asked >= 20);
  CHECK(asked <= 30);
}

TEST_CASE("no room is waited for as long as the wait allows, and told at once without one") {
  const std::string code = GENERATE("LIMIT", "DISK_FULL");
  Conversation hasty(wanted_for(0ms));
  hasty.connect();
  hasty.answer("LOCK", "ERR " + code);
  CHECK(hasty.refusal() == code);

  Conversation patient(wanted_for(1s));
  patient.connect();
  for (int i = 0; i < 4; ++i) {
    patient.answer("LOCK", "ERR " + code);
    CHECK(patient.state() == State::asking);
    patient.advance(250ms);
  }
  patient.answer("LOCK", "ERR " + code);
  CHECK(patient.refusal() == code);
  CHECK(patient.count("LOCK") == 5);
}

TEST_CASE("a wait that a closing server cancels goes on elsewhere") {
  Conversation talk(wanted_for(60s));
  talk.connect();
  for (int i = 0; i < 3; ++i) {
    talk.advance(300ms);
    REQUIRE(talk.state() == State::queued);
    talk.answer("LOCK", "ERR CANCELLED");
    CHECK(talk.state() == State::asking);
    talk.advance(10ms);
  }
  CHECK(talk.count("LOCK") == 4);
}

TEST_CASE("an id that somebody has cancelled is refused, not asked for without end") {
  Conversation talk(wanted_for(std::nullopt));
  talk.connect();
  talk.answer("LOCK", "ERR CANCELLED");
  CHECK(talk.state() == State::asking);
  talk.advance(10ms);
  talk.answer("LOCK", "ERR CANCELLED msg=\"this id was cancelled\"");
  CHECK(talk.refusal() == "CANCELLED");
}

TEST_CASE("when the wait is over and the server says nothing for a second, it is withdrawn") {
  Conversation talk(wanted_for(3s));
  talk.connect();
  for (int i = 0; i < 3; ++i) talk.advance(1s), talk.reply("OK pong");
  talk.advance(999ms);
  CHECK(talk.count("CANCEL") == 0);
  talk.advance(1ms);
  REQUIRE(talk.count("CANCEL a id=x") == 1);

  SECTION("confirmed") {
    talk.answer("CANCEL", "OK cancelled=yes");
    CHECK(talk.refusal() == "TIMEOUT");
  }
  SECTION("the grant was faster: it is held") {
    talk.answer("LOCK", "OK token=42 ttl=30000");
    talk.answer("CANCEL", "OK cancelled=no token=42 ttl=30000");
    CHECK(talk.state() == State::held);
    CHECK(talk.acquisition.token() == Token{42});
  }
  SECTION("the grant's own answer was lost: it is held all the same") {
    talk.answer("CANCEL", "OK cancelled=no token=42 ttl=30000");
    CHECK(talk.state() == State::held);
  }
  SECTION("never confirmed") {
    talk.advance(999ms);
    CHECK(talk.state() == State::asking);
    talk.advance(1ms);
    CHECK(talk.refusal() == "UNREACHABLE");
  }
}

TEST_CASE("without any server it ends, refused, when wait and patience are over") {
  Wanted wanted = wanted_for(2s);
  wanted.patience = 5s;
  Conversation talk(wanted);
  talk.advance(4999ms);
  CHECK(talk.state() == State::asking);
  talk.advance(1ms);
  CHECK(talk.refusal() == "UNREACHABLE");
  CHECK(talk.ticks == 1);
}

TEST_CASE("lines that make no sense are passed over") {
  Conversation talk(wanted_for(std::nullopt));
  talk.connect();
  const std::string line = GENERATE("", "HTTP/1.1 200 OK", "OK token=42 ttl=30000",
                                    "#t9 OK token=42 ttl=30000", "ERR BAD_REQUEST tag=t1", "\xFF",
                                    "EVENT LOST name=a token=42 reason=expired", "EVENT NEWER a=1");
  talk.reply(line);
  CHECK(talk.state() == State::asking);
  CHECK_FALSE(talk.acquisition.is_over());
  talk.answer("LOCK", "OK token=42 ttl=30000");
  CHECK(talk.state() == State::held);
}

TEST_CASE("a grant without a sound token or ttl is no grant, and the LOCK is asked again") {
  const std::string fields = GENERATE("", " token=42", " ttl=30000", " token=0 ttl=30000",
                                      " token=9007199254740992 ttl=30000", " token=42 ttl=0",
                                      " token=-1 ttl=1000", " pong", " {}");
  INFO(fields);
  Conversation talk(wanted_for(std::nullopt));
  talk.connect();

  talk.answer("LOCK", "OK" + fields);
  CHECK(talk.state() == State::asking);
  talk.advance(10ms);
  CHECK(talk.count("LOCK") == 2);
}

TEST_CASE("a TTL beyond all measure does not overflow") {
  Conversation talk(wanted_for(std::nullopt));
  talk.connect();
  talk.answer("LOCK", "OK token=42 ttl=18446744073709551615");
  CHECK(talk.state() == State::held);
  CHECK(talk.acquisition.held_until() > start + 1h);
}

}  // namespace
}  // namespace pawl::client
