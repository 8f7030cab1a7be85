// SPDX-License-Identifier: Apache-2.0
#include "client/session.hpp"

#include "client/session_talk.hpp"

namespace pawl::client {
namespace {

using Lines = std::vector<std::string>;

TEST_CASE("a session is opened, and what is asked in it need not await that") {
  SessionTalk talk;
  const HoldKey key = talk.lock({"a"}, 5s);
  talk.connect();
  CHECK(talk.sent == Lines{"EVENTS on", "#t1 OPEN ttl=10000 id=secret.0 deadlock=off",
                           "#t2 LOCK a wait=5000 id=a1"});
  talk.answer("OPEN", "OK session=secret.0 handle=s1 ttl=10000 new=yes");
  talk.answer("LOCK", "OK token=42 ttl=10000");
  CHECK(talk.state(key) == HoldState::held);
  CHECK(talk.told[key].token == Token{42});
  CHECK(talk.session.left(talk.now, key) == 9900ms);
  CHECK(talk.session.is_confirmed(key));
}

TEST_CASE("a session is counted from the send of what was answered") {
  SessionTalk talk;
  talk.connect();
  talk.advance(300ms);
  talk.answer("OPEN", "OK session=x handle=s1 ttl=10000 new=yes");
  CHECK(talk.session.until() == talk.now - 300ms + 9900ms);
}

TEST_CASE("one KEEPALIVE renews all it holds") {
  SessionTalk talk;
  talk.open();
  const HoldKey a = talk.hold("a", 42);
  const HoldKey b = talk.hold("b", 43);
  talk.live(60s);
  CHECK(talk.state(a) == HoldState::held);
  CHECK(talk.session.left(talk.now, b) > 5s);
}

TEST_CASE("a renewal that is not answered is asked of another server, and the session resumed") {
  SessionTalk talk;
  talk.open();
  const HoldKey key = talk.hold();
  talk.advance(2400ms);
  CHECK(talk.count("KEEPALIVE") == 1);
  talk.advance(500ms);
  REQUIRE_FALSE(talk.connected);
  CHECK_FALSE(talk.session.is_confirmed(key));
  talk.connect();
  CHECK(talk.sent == Lines{"EVENTS on", "#t4 RESUME secret.0", "#t5 VERIFY a token=42"});
  talk.answer("RESUME", "OK session=x handle=s1 ttl=10000");
  CHECK_FALSE(talk.session.is_confirmed(key));
  talk.answer("VERIFY", "OK ttl=9000");
  CHECK(talk.session.is_confirmed(key));
  CHECK(talk.state(key) == HoldState::held);
}

TEST_CASE("who hears nothing loses all he holds by his own clock, and for good") {
  SessionTalk talk;
  talk.open();
  const HoldKey a = talk.hold("a", 42);
  const HoldKey b = talk.hold("b", 43);
  talk.disconnect();
  talk.advance(9899ms);
  CHECK(talk.state(a) == HoldState::held);
  talk.advance(1ms);
  CHECK(talk.state(a) == HoldState::lost);
  CHECK(talk.state(b) == HoldState::lost);
  CHECK(talk.is_over(a));
  talk.connect();
  CHECK(talk.sent == Lines{"EVENTS on", "#t4 OPEN ttl=10000 id=secret.1 deadlock=off"});
}

TEST_CASE("an answer that comes when the session is over by our clock revives nothing") {
  SessionTalk talk;
  talk.open();
  const HoldKey key = talk.hold();
  talk.advance(2400ms);
  talk.now += 8s;  // the process was stopped
  talk.answer("KEEPALIVE", "OK ttl=10000");
  CHECK(talk.state(key) == HoldState::lost);
  CHECK_FALSE(talk.connected);
}

TEST_CASE("an expired session loses what it held, and goes on as a new one on its connection") {
  SessionTalk talk;
  talk.open();
  const HoldKey held = talk.hold();
  const HoldKey waiting = talk.lock({"b"});
  talk.sent.clear();
  const bool by_event = GENERATE(false, true);
  if (by_event) {
    talk.reply("EVENT LOST session=s1 reason=session locks=1");
  } else {
    talk.advance(1s);
    talk.answer("KEEPALIVE", "ERR SESSION_EXPIRED");
  }
  CHECK(talk.connected);
  CHECK(talk.state(held) == HoldState::lost);
  CHECK(talk.state(waiting) == HoldState::asking);
  CHECK(talk.count("OPEN ttl=10000 id=secret.1") == 1);
  CHECK(talk.count("LOCK b wait=forever id=a2") == 1);
  talk.answer("OPEN", "OK session=x handle=s2 ttl=10000 new=yes");
  talk.answer("LOCK b", "OK token=50 ttl=10000");
  CHECK(talk.state(waiting) == HoldState::held);
}

TEST_CASE("the LOST of another session or of another token is none of ours") {
  SessionTalk talk;
  talk.open();
  const HoldKey key = talk.hold();
  talk.reply("EVENT LOST session=s11 reason=session locks=1");
  talk.reply("EVENT LOST name=a token=41 reason=broken");
  talk.reply("EVENT LOST name=b token=42 reason=broken");
  CHECK(talk.state(key) == HoldState::held);
  talk.reply("EVENT LOST name=a token=42 reason=broken");
  CHECK(talk.state(key) == HoldState::lost);
}

TEST_CASE("a LOST that is told before the grant it takes away is none the less one") {
  SessionTalk talk;
  talk.open();
  const HoldKey key = talk.lock();
  talk.reply("EVENT LOST name=a token=42 reason=broken");
  talk.answer("LOCK a", "OK token=42 ttl=10000");
  CHECK(talk.state(key) != HoldState::held);
}

TEST_CASE("a node that is no primary is left for the one it names") {
  SessionTalk talk;
  const HoldKey key = talk.lock();
  talk.connect();
  talk.answer("OPEN", "ERR NOT_PRIMARY primary=10.0.0.2:7295");
  CHECK_FALSE(talk.connected);
  CHECK(talk.primary == "10.0.0.2:7295");
  talk.connect();
  CHECK(talk.count("OPEN") == 1);
  CHECK(talk.count("LOCK a wait=forever id=a1") == 1);
  CHECK(talk.state(key) == HoldState::asking);
}

TEST_CASE("a session that no server opens is refused, with all that wanted it") {
  SessionTalk talk;
  const HoldKey key = talk.lock();
  talk.connect();
  talk.answer("OPEN", "ERR BAD_REQUEST msg=\"ttl is 1s to 24h\"");
  CHECK(talk.session.is_over());
  CHECK(talk.session.refusal()->code == "BAD_REQUEST");
  CHECK(talk.refusal(key) == "BAD_REQUEST");
  CHECK(talk.session.next_deadline() == never);
}

TEST_CASE("nodes that do not serve now are no reason to end a wait, and are named where one ends") {
  SessionTalk talk;
  const std::string error = GENERATE("NOT_PRIMARY", "SHUTTING_DOWN", "NO_QUORUM");
  const HoldKey patient = talk.lock({"a"});
  const HoldKey brief = talk.lock({"b"}, 0ms);
  for (int i = 0; i < 10; ++i) {
    talk.connect();
    talk.answer("OPEN", "ERR " + error);
    talk.advance(1s);
  }
  CHECK(talk.state(patient) == HoldState::asking);
  CHECK(talk.refusal(brief) == error);
  talk.open();
  talk.answer("LOCK a", "OK token=42 ttl=10000");
  CHECK(talk.state(patient) == HoldState::held);
}

TEST_CASE("what was said of the session is forgotten when it is there") {
  SessionTalk talk;
  const HoldKey key = talk.lock({"a"}, 2s);
  talk.connect();
  talk.answer("OPEN", "ERR NOT_PRIMARY");
  talk.open();
  talk.live(4900ms);
  talk.advance(200ms);
  talk.answer("CANCEL", "OK cancelled=yes");
  CHECK(talk.refusal(key) == "TIMEOUT");
}

TEST_CASE("who does not wait is told at once that a server is full") {
  SessionTalk talk;
  const HoldKey key = talk.lock({"a"}, 0ms);
  talk.connect();
  talk.answer("OPEN", "ERR LIMIT limit=sessions");
  CHECK(talk.refusal(key) == "LIMIT");
  talk.close();
  CHECK(talk.session.is_over());
  CHECK_FALSE(talk.session.refusal());
}

TEST_CASE("a server that is full is asked again, and named where the wait ends over it") {
  SessionTalk talk;
  const HoldKey key = talk.lock({"a"}, 3s);
  for (int i = 0; i < 3; ++i) {
    talk.connect();
    talk.answer("OPEN", "ERR LIMIT limit=sessions");
    CHECK_FALSE(talk.connected);
    CHECK(talk.state(key) == HoldState::asking);
  }
  talk.advance(7s);
  CHECK(talk.refusal(key) == "LIMIT");
}

TEST_CASE("while something waits the server is heard every second") {
  SessionTalk talk;
  talk.open();
  static_cast<void>(talk.lock());
  talk.advance(1s);
  CHECK(talk.count("KEEPALIVE") == 1);
}

TEST_CASE("a close gives all back at once and ends the waits") {
  SessionTalk talk;
  talk.open();
  const HoldKey held = talk.hold();
  const HoldKey waiting = talk.lock({"b"});
  talk.close();
  CHECK(talk.state(held) == HoldState::lost);
  CHECK(talk.refusal(waiting) == "CLOSED");
  CHECK(talk.count("CLOSE") == 1);
  CHECK_FALSE(talk.session.is_over());
  CHECK(talk.refusal(talk.lock()) == "CLOSED");
  talk.answer("CLOSE", "OK released=1");
  CHECK(talk.session.is_over());
}

TEST_CASE("a close whose answer was lost is asked again; where nobody answers, not for ever") {
  SessionTalk talk;
  talk.open();
  const HoldKey key = talk.hold();
  talk.release(key);
  talk.close();
  CHECK_FALSE(talk.is_over(key));
  talk.advance(600ms);
  CHECK_FALSE(talk.connected);
  talk.connect();
  CHECK(talk.count("RESUME secret.0") == 1);
  CHECK(talk.count("CLOSE") == 1);
  CHECK(talk.count("UNLOCK") == 0);
  SECTION("answered") {
    talk.answer("CLOSE", "OK released=0");
    CHECK(talk.session.is_over());
    CHECK(talk.state(key) == HoldState::released);
  }
  SECTION("not answered") {
    talk.disconnect();
    talk.advance(5s);
    CHECK(talk.session.is_over());
    CHECK(talk.state(key) == HoldState::lost);
  }
}

TEST_CASE("a close that its session does not live to see is not confirmed") {
  SessionTalk talk(2s);
  talk.connect();
  talk.answer("OPEN", "OK session=x handle=s1 ttl=2000 new=yes");
  talk.close();
  talk.disconnect();
  talk.advance(3s);
  CHECK(talk.session.is_over());
  CHECK(talk.session.refusal()->code == "UNREACHABLE");
}

TEST_CASE("a session that a server certainly did not open needs no close") {
  SessionTalk talk;
  talk.connect();
  SECTION("asked behind the refusal") {
    talk.answer("OPEN", "ERR NOT_PRIMARY");
    talk.close();
  }
  SECTION("asked before it") {
    talk.close();
    CHECK_FALSE(talk.session.is_over());
    talk.answer("OPEN", "ERR NOT_PRIMARY");
  }
  CHECK(talk.session.is_over());
  CHECK_FALSE(talk.session.refusal());
}

TEST_CASE("a session that was never opened is closed without a word") {
  SessionTalk talk;
  const HoldKey key = talk.lock();
  talk.close();
  CHECK(talk.session.is_over());
  CHECK(talk.refusal(key) == "CLOSED");
}

TEST_CASE("a session whose opening was not answered is closed all the same") {
  SessionTalk talk;
  talk.connect();
  talk.disconnect();
  talk.close();
  CHECK_FALSE(talk.session.is_over());
}

TEST_CASE("an abandoned session is over at once, and says nothing") {
  SessionTalk talk;
  talk.open();
  const HoldKey held = talk.hold();
  const HoldKey waiting = talk.lock({"b"});
  talk.sent.clear();
  talk.abandon();
  CHECK(talk.session.is_over());
  CHECK(talk.sent.empty());
  CHECK(talk.state(held) == HoldState::lost);
  CHECK(talk.refusal(waiting) == "CLOSED");
}

}  // namespace
}  // namespace pawl::client
