// SPDX-License-Identifier: Apache-2.0
//
// What becomes of a session whose server does not accept who asks, or what.
#include "client/session_talk.hpp"

namespace pawl::client {
namespace {

const std::string unknown = "ERR UNAUTHENTICATED msg=\"who asks?\"";

void until_renewal(SessionTalk& talk) {
  while (talk.count(" KEEPALIVE") == 0) talk.advance(10ms);
}

TEST_CASE("with nobody who is accepted there is no session: all ends, and says why") {
  SessionTalk talk;
  talk.open();
  const HoldKey held = talk.hold();
  const HoldKey waiting = talk.lock({"b"});
  SessionActions out;
  talk.session.on_denied(talk.now, {"UNAUTHENTICATED", "no such user"}, out);
  CHECK(talk.session.is_over());
  CHECK(talk.session.refusal()->code == "UNAUTHENTICATED");
  CHECK(out.told.size() == 2);
  for (const Told& told : out.told) {
    CHECK(told.is_over);
    CHECK(told.state == (told.key == held ? HoldState::lost : HoldState::refused));
    if (told.key == waiting) CHECK(told.refusal->message == "no such user");
  }
}

TEST_CASE("who names no user where one is wanted is told so at once") {
  SessionTalk talk;
  const HoldKey key = talk.lock();
  talk.connect();
  talk.answer("OPEN", unknown);
  CHECK(talk.session.is_over());
  CHECK(talk.refusal(key) == "UNAUTHENTICATED");
}

TEST_CASE("a session that nobody may have any more ends with its next renewal") {
  SessionTalk talk;
  talk.open();
  const HoldKey held = talk.hold();
  const std::string why = GENERATE("UNAUTHENTICATED", "FORBIDDEN");
  SECTION("on the same connection") {
    until_renewal(talk);
    talk.answer("KEEPALIVE", "ERR " + why);
  }
  SECTION("on the next one") {
    talk.disconnect();
    talk.connect();
    talk.answer("RESUME", "ERR " + why);
  }
  CHECK(talk.session.is_over());
  CHECK(talk.state(held) == HoldState::lost);
}

TEST_CASE("a connection that does not know its user any more is made anew, and nothing is lost") {
  SessionTalk talk(10s, true);
  talk.open();
  const HoldKey held = talk.hold();
  const HoldKey waiting = talk.lock({"b"});
  SECTION("a renewal") {
    until_renewal(talk);
    talk.answer("KEEPALIVE", unknown);
  }
  SECTION("a wait") { talk.answer("LOCK b", unknown); }
  CHECK_FALSE(talk.connected);
  CHECK(talk.state(held) == HoldState::held);
  CHECK(talk.state(waiting) == HoldState::asking);

  talk.connect();
  talk.answer("RESUME", "OK session=x handle=s1 ttl=10000");
  talk.answer("LOCK b", "OK ttl=10000 token=43");
  CHECK(talk.state(held) == HoldState::held);
  CHECK(talk.state(waiting) == HoldState::held);
}

TEST_CASE("a lock that is forbidden is refused, and no other") {
  SessionTalk talk;
  talk.open();
  const HoldKey held = talk.hold();
  const HoldKey other = talk.lock({"b"});
  talk.answer("LOCK b", "ERR FORBIDDEN msg=\"not yours\"");
  CHECK(talk.refusal(other) == "FORBIDDEN");
  CHECK(talk.is_over(other));
  CHECK(talk.state(held) == HoldState::held);
  CHECK_FALSE(talk.session.is_over());
}

TEST_CASE("a lock that only a user may have is refused to whoever names none, and no other") {
  SessionTalk talk;
  talk.open();
  const HoldKey held = talk.hold();
  const HoldKey other = talk.lock({"b"});
  talk.answer("LOCK b", unknown);
  CHECK(talk.refusal(other) == "UNAUTHENTICATED");
  CHECK(talk.state(held) == HoldState::held);
  CHECK(talk.connected);
}

}  // namespace
}  // namespace pawl::client
