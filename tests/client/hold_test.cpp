// SPDX-License-Identifier: Apache-2.0
//
// Holds as their session plays them.
#include "client/hold.hpp"

#include "client/session_talk.hpp"

namespace pawl::client {
namespace {

TEST_CASE("a lock is given back, and over when that is answered") {
  SessionTalk talk;
  talk.open();
  const HoldKey key = talk.hold();
  talk.release(key);
  CHECK(talk.state(key) == HoldState::released);
  CHECK_FALSE(talk.is_over(key));
  CHECK(talk.session.left(talk.now, key) == Span{0});
  CHECK(talk.sent.back() == "#t3 UNLOCK a token=42");
  talk.answer("UNLOCK", "OK");
  CHECK(talk.is_over(key));
  CHECK(talk.state(key) == HoldState::released);
}

TEST_CASE("an UNLOCK whose answer was lost has done its work; of the first, NOT_HELD is a loss") {
  SessionTalk talk;
  talk.open();
  const HoldKey key = talk.hold();
  talk.release(key);
  const bool was_lost = GENERATE(false, true);
  if (!was_lost) {
    talk.disconnect();
    talk.connect();
    talk.answer("RESUME", "OK session=x handle=s1 ttl=10000");
  }
  talk.answer("UNLOCK", "ERR NOT_HELD");
  CHECK(talk.is_over(key));
  CHECK(talk.state(key) == (was_lost ? HoldState::lost : HoldState::released));
}

TEST_CASE("what is given back as its session ends is lost: nobody confirmed it to the end") {
  SessionTalk talk;
  talk.open();
  const HoldKey key = talk.hold();
  talk.release(key);
  talk.answer("UNLOCK", "ERR SESSION_EXPIRED");
  CHECK(talk.is_over(key));
  CHECK(talk.state(key) == HoldState::lost);
}

TEST_CASE("what is no name is refused without a server") {
  SessionTalk talk;
  CHECK(talk.refusal(talk.lock({"two words"})) == "BAD_REQUEST");
  CHECK(talk.refusal(talk.lock({})) == "BAD_REQUEST");
}

TEST_CASE("names that no server reads as one line are refused, and hold up nobody else") {
  SessionTalk talk;
  std::vector<std::string> names;
  for (int i = 0; i < 40; ++i) names.push_back(std::to_string(1'000 + i) + std::string(220, 'x'));
  CHECK(talk.refusal(talk.lock({names})) == "TOO_LONG");
  names.resize(30);
  CHECK(talk.state(talk.lock({names})) == HoldState::asking);
}

TEST_CASE("a certain refusal ends it at once") {
  SessionTalk talk;
  talk.open();
  const std::string code = GENERATE("BUSY", "MISMATCH", "DEADLOCK", "FORBIDDEN", "TIMEOUT");
  const HoldKey key = talk.lock({"a"}, 0ms);
  talk.answer("LOCK", "ERR " + code);
  CHECK(talk.is_over(key));
  CHECK(talk.refusal(key) == code);
}

TEST_CASE("a wait that was over before it reached the next primary is no BUSY") {
  SessionTalk talk;
  talk.open();
  const HoldKey key = talk.lock({"a"}, 2s);
  talk.disconnect();
  talk.advance(2s);
  talk.connect();
  CHECK(talk.count("LOCK a wait=0 id=a1") == 1);
  talk.answer("LOCK", "ERR BUSY waiters=0");
  talk.answer("CANCEL", "OK cancelled=yes");  // of the LOCK that was sent first
  CHECK(talk.refusal(key) == "TIMEOUT");
}

TEST_CASE("a wait is repeated with its id on each connection, for what is left of it") {
  SessionTalk talk;
  talk.open();
  const HoldKey key = talk.lock({"a"}, 5s);
  talk.advance(400ms);
  talk.disconnect();
  talk.connect();
  CHECK(talk.count("LOCK a wait=4600 id=a1") == 1);
  talk.answer("RESUME", "OK session=x handle=s1 ttl=10000");
  talk.answer("LOCK", "OK token=42 ttl=10000");
  CHECK(talk.state(key) == HoldState::held);
}

TEST_CASE("a cancelled wait is withdrawn") {
  SessionTalk talk;
  talk.open();
  const HoldKey key = talk.lock();
  talk.release(key);
  CHECK(talk.state(key) == HoldState::asking);
  talk.answer("LOCK", "ERR CANCELLED");
  CHECK(talk.state(key) == HoldState::asking);
  talk.answer("CANCEL", "OK cancelled=yes");
  CHECK(talk.is_over(key));
  CHECK(talk.state(key) == HoldState::released);
}

TEST_CASE("a grant that raced a cancelled wait is given back") {
  SessionTalk talk;
  talk.open();
  const HoldKey key = talk.lock();
  talk.release(key);
  const bool by_cancel = GENERATE(false, true);
  if (by_cancel) {
    talk.answer("CANCEL", "OK cancelled=no token=42 ttl=10000");
  } else {
    talk.answer("LOCK", "OK token=42 ttl=10000");
  }
  CHECK(talk.state(key) == HoldState::released);
  CHECK_FALSE(talk.is_over(key));
  talk.answer("UNLOCK a token=42", "OK");
  CHECK(talk.is_over(key));
}

TEST_CASE("a cancelled wait is told within a second, and withdrawn as long as that takes") {
  SessionTalk talk;
  talk.open();
  const HoldKey key = talk.lock();
  talk.release(key);
  talk.disconnect();
  talk.advance(1s);
  CHECK(talk.state(key) == HoldState::released);
  CHECK_FALSE(talk.is_over(key));
  talk.connect();
  talk.answer("RESUME", "OK session=x handle=s1 ttl=10000");
  talk.answer("CANCEL", "OK cancelled=no token=42 ttl=10000");
  talk.answer("UNLOCK a token=42", "OK");
  CHECK(talk.is_over(key));
  CHECK(talk.state(key) == HoldState::released);
}

TEST_CASE("what was never sent is cancelled without a word") {
  SessionTalk talk;
  const HoldKey key = talk.lock();
  talk.release(key);
  CHECK(talk.is_over(key));
  CHECK(talk.state(key) == HoldState::released);
}

TEST_CASE("where no server was ever reached, that is said in time") {
  SessionTalk talk;
  const HoldKey key = talk.lock();
  talk.connect();
  talk.advance(4900ms);
  CHECK(talk.state(key) == HoldState::asking);
  talk.advance(1200ms);
  CHECK(talk.refusal(key) == "UNREACHABLE");
}

TEST_CASE("a try that nobody answers is UNREACHABLE, not BUSY") {
  SessionTalk talk;
  talk.open();
  talk.disconnect();
  const HoldKey key = talk.lock({"a"}, 0ms);
  talk.advance(5s);
  CHECK(talk.refusal(key) == "UNREACHABLE");
}

TEST_CASE("a first CANCELLED that nobody asked for is no proof, a second is") {
  SessionTalk talk;
  talk.open();
  const HoldKey key = talk.lock();
  talk.answer("LOCK", "ERR CANCELLED");
  talk.advance(10ms);
  CHECK(talk.count("LOCK") == 2);
  talk.answer("LOCK", "ERR CANCELLED");
  CHECK(talk.refusal(key) == "CANCELLED");
}

TEST_CASE("where the server is full the wait asks again until it is over") {
  SessionTalk talk;
  talk.open();
  const HoldKey key = talk.lock({"a"}, 600ms);
  talk.answer("LOCK", "ERR DISK_FULL");
  talk.advance(250ms);
  CHECK(talk.count("LOCK") == 2);
  talk.answer("LOCK", "OK token=42 ttl=10000");
  CHECK(talk.state(key) == HoldState::held);
}

TEST_CASE("a lock taken away while nobody could be told is found by asking") {
  SessionTalk talk;
  talk.open();
  const HoldKey a = talk.hold("a", 42);
  const HoldKey b = talk.hold("b", 43);
  talk.disconnect();
  talk.connect();
  talk.answer("RESUME", "OK session=x handle=s1 ttl=10000");
  talk.answer("VERIFY a", "ERR NOT_HELD");
  talk.answer("VERIFY b", "OK ttl=9000");
  CHECK(talk.state(a) == HoldState::lost);
  CHECK(talk.state(b) == HoldState::held);
  CHECK(talk.session.is_confirmed(b));
}

TEST_CASE("max_hold ends a lock by our own clock, however long the session lives") {
  SessionTalk talk;
  talk.open();
  const HoldKey key = talk.lock({"a"}, 0ms, 3s);
  talk.answer("LOCK", "OK token=42 ttl=3000");
  CHECK(talk.session.left(talk.now, key) == 2950ms);
  talk.advance(2400ms);
  talk.answer("KEEPALIVE", "OK ttl=10000");
  talk.answer("VERIFY a", "OK ttl=590");
  talk.advance(600ms);
  CHECK(talk.state(key) == HoldState::lost);
  CHECK_FALSE(talk.is_over(key));
  talk.release(key);
  talk.answer("UNLOCK a token=42", "ERR NOT_HELD");
  CHECK(talk.is_over(key));
  CHECK(talk.state(key) == HoldState::lost);
}

TEST_CASE("of a grant that waited, what max_hold leaves is asked before it is believed") {
  SessionTalk talk;
  talk.open();
  const HoldKey key = talk.lock({"a"}, std::nullopt, 3s);
  talk.live(5s);
  talk.reply("#t2 OK token=42 ttl=3000");
  CHECK(talk.state(key) == HoldState::asking);
  const bool is_gone = GENERATE(false, true);
  talk.answer("VERIFY a", is_gone ? "ERR NOT_HELD" : "OK ttl=2990");
  CHECK(talk.state(key) == (is_gone ? HoldState::asking : HoldState::held));
  CHECK(talk.count("LOCK a") == (is_gone ? 1 : 0));
}

TEST_CASE("of several names one that is lost is a loss, and the others are given back one by one") {
  SessionTalk talk;
  talk.open();
  const HoldKey key = talk.lock({"a", "b"}, 0ms);
  talk.answer("LOCK a b", "OK token=42 ttl=10000");
  talk.reply("EVENT LOST name=b token=42 reason=broken");
  CHECK(talk.state(key) == HoldState::lost);
  CHECK_FALSE(talk.is_over(key));
  CHECK(talk.count("UNLOCK") == 0);
  talk.release(key);
  CHECK(talk.count("UNLOCK a token=42") == 1);
  CHECK(talk.count("UNLOCK b token=42") == 1);
  talk.answer("UNLOCK a", "OK");
  CHECK_FALSE(talk.is_over(key));
  talk.answer("UNLOCK b", "ERR NOT_HELD");
  CHECK(talk.is_over(key));
  CHECK(talk.state(key) == HoldState::lost);
}

TEST_CASE("a repeat that finds only a part of several names gives that back, and is refused") {
  SessionTalk talk;
  talk.open();
  const HoldKey key = talk.lock({"a", "b"});
  talk.disconnect();
  talk.connect();
  talk.answer("RESUME", "OK session=x handle=s1 ttl=10000");
  talk.answer("LOCK a b", "ERR NOT_HELD");
  talk.answer("CANCEL a", "OK cancelled=no token=42 ttl=10000");
  CHECK(talk.refusal(key) == "NOT_HELD");
  talk.answer("UNLOCK a b token=42", "ERR NOT_HELD");
  talk.answer("UNLOCK a token=42", "OK");
  talk.answer("UNLOCK b token=42", "ERR NOT_HELD");
  CHECK(talk.is_over(key));
  CHECK(talk.state(key) == HoldState::refused);
}

TEST_CASE("an unknown answer to a LOCK is asked again with the same id, elsewhere") {
  SessionTalk talk;
  talk.open();
  const HoldKey key = talk.lock({"a"}, 0ms);
  talk.answer("LOCK", "ERR NO_QUORUM");
  CHECK_FALSE(talk.connected);
  talk.connect();
  talk.answer("RESUME", "OK session=x handle=s1 ttl=10000");
  talk.answer("LOCK a wait=0 id=a1", "ERR BUSY");
  CHECK(talk.state(key) == HoldState::asking);  // the first may wait
  talk.answer("CANCEL", "OK cancelled=yes");
  CHECK(talk.refusal(key) == "BUSY");
}

}  // namespace
}  // namespace pawl::client
