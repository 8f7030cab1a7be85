// SPDX-License-Identifier: Apache-2.0
//
// Several locks as one acquisition: what is lost of one ends it, and the rest is given back.
#include "client/acquisition.hpp"
#include "client/conversation.hpp"

namespace pawl::client {
namespace {

Wanted two(std::optional<Milliseconds> wait = 10s) {
  Wanted wanted = wanted_for(wait);
  wanted.names = {"a", "b"};
  return wanted;
}

}  // namespace

TEST_CASE("several names are one LOCK, with its delay and its longest hold") {
  Wanted wanted = two(0ms);
  wanted.delay = 10s;
  wanted.max_hold = 1h;
  Conversation talk(wanted);
  talk.connect();

  CHECK(talk.sent[1] == "#t1 LOCK a b ttl=30000 wait=0 id=x delay=10000 max_hold=3600000");
}

TEST_CASE("a renewal names the first and looks after the others") {
  Conversation talk(two());
  talk.hold();
  talk.advance(7'300ms);

  CHECK(talk.count("RENEW a token=42") == 1);
  CHECK(talk.count("VERIFY b token=42") == 1);
  talk.answer("VERIFY", "OK ttl=1000");
  talk.answer("RENEW", "OK ttl=30000");
  CHECK(talk.state() == State::held);
  CHECK(talk.acquisition.held_until() > start + 30s);
}

TEST_CASE("what one of several loses, all have lost") {
  Conversation talk(two());
  talk.hold();

  SECTION("by an event") { talk.reply("EVENT LOST name=b token=42 reason=broken"); }
  SECTION("by what the server says of it, whatever becomes of the lease") {
    talk.disconnect();
    talk.connect();
    talk.answer("RENEW", "OK ttl=30000");
    CHECK(talk.state() == State::held);
    talk.answer("VERIFY", "ERR NOT_HELD");
  }

  CHECK(talk.state() == State::lost);
}

TEST_CASE("an event of another lock or another token is no loss") {
  Conversation talk(two());
  talk.hold();
  talk.reply("EVENT LOST name=c token=42 reason=broken");
  talk.reply("EVENT LOST name=b token=41 reason=broken");

  CHECK(talk.state() == State::held);
}

TEST_CASE("several are given back at once, or one by one where one of them is gone") {
  Conversation talk(two());
  talk.hold();
  talk.release();
  REQUIRE(talk.count("UNLOCK a b token=42") == 1);

  SECTION("all of them") { talk.answer("UNLOCK", "OK"); }
  SECTION("what is left") {
    talk.reply("EVENT LOST name=a token=42 reason=broken");
    talk.answer("UNLOCK", "ERR NOT_HELD");
    CHECK(talk.count("UNLOCK a token=42") == 1);
    talk.answer("UNLOCK", "ERR NOT_HELD");
    CHECK(talk.state() == State::held);
    CHECK(talk.count("UNLOCK b token=42") == 1);
    talk.answer("UNLOCK", "OK");
  }

  CHECK(talk.state() == State::released);
}

TEST_CASE("a grant that was lost in part before it was known is given back, and refused") {
  Conversation talk(two());
  talk.connect();
  talk.answer("LOCK", "ERR NOT_HELD");
  REQUIRE(talk.count("CANCEL a id=x") == 1);
  talk.answer("CANCEL", "OK cancelled=no token=42 ttl=30000");
  REQUIRE(talk.count("UNLOCK a b token=42") == 1);
  CHECK(talk.state() != State::held);

  SECTION("one by one") {
    talk.answer("UNLOCK", "ERR NOT_HELD");
    talk.answer("UNLOCK", "OK");
    talk.answer("UNLOCK", "ERR NOT_HELD");
  }
  SECTION("not answered, it ends with its lease") {
    talk.disconnect();
    talk.advance(30s);
  }

  CHECK(talk.state() == State::refused);
  CHECK(talk.refusal() == "NOT_HELD");
}

TEST_CASE("the end of the longest hold is no flood of renewals") {
  Wanted wanted = wanted_for(10s);
  wanted.max_hold = 60s;
  Conversation talk(wanted);
  talk.hold();
  int renewals = 0;
  const Moment end = start + 60s;
  while (talk.state() == State::held) {
    const std::size_t before = talk.count("RENEW");
    talk.advance(10ms);
    if (talk.count("RENEW") == before) continue;
    ++renewals;
    const auto left = std::chrono::floor<Milliseconds>(std::min<Span>(30s, end - talk.now));
    talk.answer("RENEW", "OK ttl=" + std::to_string(left.count()));
  }

  CHECK(talk.state() == State::lost);
  CHECK(talk.now <= end);
  CHECK(renewals < 15);
}

}  // namespace pawl::client
