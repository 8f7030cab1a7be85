// SPDX-License-Identifier: Apache-2.0
//
// While it is held, and how it ends.
#include "client/acquisition.hpp"
#include "client/conversation.hpp"

namespace pawl::client {
namespace {

TEST_CASE("a lease is renewed within a quarter of its TTL, from the send of what renewed last") {
  Conversation talk(wanted_for(0ms));
  talk.hold();
  Moment last = start;
  for (int i = 0; i < 20; ++i) {
    talk.sent.clear();
    talk.advance_to(last + renewal_after(30s));
    last = talk.now;
    REQUIRE(talk.sent ==
            std::vector<std::string>{"#t" + std::to_string(i + 2) + " RENEW a token=42"});
    talk.advance(100ms);
    talk.answer("RENEW", "OK ttl=30000");
    REQUIRE(talk.acquisition.held_until() == last + 29'700ms);
  }
  CHECK(talk.ticks <= 40);
}

TEST_CASE("renewals come early enough, whatever the TTL, and never more than a minute apart") {
  for (const Milliseconds ttl : {50ms, 250ms, 1'000ms, 30'000ms, 3'600'000ms, 86'400'000ms}) {
    INFO(ttl.count());
    CHECK(renewal_after(ttl) <= (Span{ttl} - margin_of(ttl)) / 3);
    CHECK(renewal_after(ttl) <= 60s);
    CHECK(renewal_after(ttl) >= std::min<Span>(Span{ttl} / 10, 60s));
  }
}

TEST_CASE("an answer that comes late still counts from its own send") {
  Conversation talk(wanted_for(0ms));
  talk.hold();
  talk.advance(renewal_after(30s));
  const Moment sent = talk.now;
  talk.advance(900ms);
  talk.answer("RENEW", "OK ttl=30000");
  CHECK(talk.acquisition.held_until() == sent + 29'700ms);
}

TEST_CASE("an answer that comes twice, or for nothing that was asked, moves nothing") {
  Conversation talk(wanted_for(0ms));
  talk.hold();
  talk.advance(renewal_after(30s));
  talk.answer("RENEW", "OK ttl=30000");
  const Moment until = talk.acquisition.held_until();
  talk.advance(5s);
  talk.answer("RENEW", "OK ttl=30000");
  talk.answer("LOCK", "OK token=99 ttl=30000");
  talk.reply("#t77 OK ttl=30000");
  talk.reply("OK ttl=30000");
  CHECK(talk.acquisition.held_until() == until);
  CHECK(talk.acquisition.token() == Token{42});
}

TEST_CASE("a renewal that is not answered soon is asked elsewhere") {
  Conversation talk(wanted_for(0ms, 2s));
  talk.hold("OK token=42 ttl=2000");
  talk.advance(renewal_after(2s));
  talk.advance(99ms);
  CHECK(talk.connected);
  talk.advance(1ms);
  CHECK_FALSE(talk.connected);
  talk.connect_silently();
  CHECK(talk.count("RENEW a token=42") == 1);
  CHECK(talk.count("LOCK") == 0);
}

TEST_CASE("where the way is long, the answer to a renewal is awaited longer each time") {
  Conversation talk(wanted_for(0ms, 1s));
  talk.hold("OK token=42 ttl=1000");
  talk.advance(renewal_after(1s));
  Span longest{0};
  while (talk.state() == State::held) {
    const Moment asked = talk.now;
    while (talk.connected && talk.state() == State::held) talk.advance(1ms);
    if (talk.connected) break;
    longest = std::max(longest, talk.now - asked);
    talk.connect_silently();
  }
  CHECK(longest == 200ms);
}

TEST_CASE("an error to a renewal proves nothing: it is asked again, with pauses that grow") {
  const std::string code =
      GENERATE("LIMIT", "DISK_FULL", "FORBIDDEN", "UNAUTHENTICATED", "BAD_REQUEST", "NEWER_CODE");
  Conversation talk(wanted_for(0ms));
  talk.hold();
  talk.advance(renewal_after(30s));
  for (const Span pause : {10ms, 20ms, 40ms, 80ms, 160ms, 250ms, 250ms}) {
    const std::size_t asked = talk.count("RENEW");
    talk.answer("RENEW", "ERR " + code);
    CHECK(talk.state() == State::held);
    CHECK(talk.connected);
    talk.advance(pause - 1ms);
    CHECK(talk.count("RENEW") == asked);
    talk.advance(1ms);
    CHECK(talk.count("RENEW") == asked + 1);
  }
  talk.answer("RENEW", "OK ttl=30000");
  CHECK(talk.acquisition.held_until() == talk.now + 29'700ms);
}

TEST_CASE("a node that twice in a row cannot renew is left, and the renewal asked elsewhere") {
  const std::string reply = GENERATE("ERR NO_QUORUM", "ERR INTERNAL");
  Conversation talk(wanted_for(0ms));
  talk.hold();
  talk.advance(renewal_after(30s));
  talk.answer("RENEW", reply);
  CHECK(talk.connected);
  talk.advance(10ms);
  talk.answer("RENEW", reply);
  CHECK_FALSE(talk.connected);
  CHECK(talk.state() == State::held);

  SECTION("the next one has its two tries as well") {
    talk.connect();
    talk.advance(20ms);
    talk.answer("RENEW", reply);
    CHECK(talk.connected);
    talk.advance(40ms);
    talk.answer("RENEW", reply);
    CHECK_FALSE(talk.connected);
  }
  SECTION("the next one renews") {
    talk.connect();
    talk.advance(20ms);
    talk.answer("RENEW", "OK ttl=30000");
    CHECK(talk.acquisition.held_until() == talk.now + 29'700ms);
  }
}

TEST_CASE("a node that cannot renew once, and then can, is kept") {
  Conversation talk(wanted_for(0ms));
  talk.hold();
  for (int i = 0; i < 3; ++i) {
    talk.advance(renewal_after(30s));
    talk.answer("RENEW", "ERR NO_QUORUM");
    talk.advance(10ms);
    talk.answer("RENEW", "OK ttl=30000");
    CHECK(talk.connected);
  }
}

TEST_CASE("a node that twice in a row cannot release or cancel is left as well") {
  const std::string reply = GENERATE("ERR NO_QUORUM", "ERR INTERNAL");
  const bool granted = GENERATE(true, false);
  const std::string verb = granted ? "UNLOCK" : "CANCEL";
  Conversation talk(wanted_for(std::nullopt));
  talk.connect();
  if (granted) talk.answer("LOCK", "OK token=42 ttl=30000");
  talk.release();
  talk.answer(verb, reply);
  CHECK(talk.connected);
  talk.advance(10ms);
  talk.answer(verb, reply);
  CHECK_FALSE(talk.connected);
  talk.connect();
  talk.advance(20ms);
  talk.answer(verb, granted ? "OK" : "OK cancelled=yes");
  CHECK(talk.state() == State::released);
}

TEST_CASE("a server that closes, or is not primary, is left and the renewal asked elsewhere") {
  const std::string reply = GENERATE("ERR SHUTTING_DOWN", "ERR NOT_PRIMARY primary=db2:7295");
  Conversation talk(wanted_for(0ms));
  talk.hold();
  talk.advance(renewal_after(30s));
  talk.answer("RENEW", reply);
  CHECK_FALSE(talk.connected);
  CHECK(talk.state() == State::held);
  talk.connect();
  talk.advance(10ms);
  CHECK(talk.count("RENEW a token=42") == 1);
}

TEST_CASE("it is lost at once when the server does not know it any more") {
  Conversation talk(wanted_for(0ms));
  talk.hold();
  talk.disconnect();
  talk.connect();
  CHECK(talk.state() == State::held);
  talk.answer("RENEW", "ERR NOT_HELD");
  CHECK(talk.state() == State::lost);
  CHECK(talk.acquisition.is_over());
}

TEST_CASE("it is lost at once when the server says so of its own token") {
  Conversation talk(wanted_for(0ms));
  talk.hold();
  talk.reply("EVENT LOST name=a token=41 reason=expired");
  talk.reply("EVENT LOST name=b token=42 reason=expired");
  talk.reply("EVENT LOST session=s1 reason=session locks=1");
  CHECK(talk.state() == State::held);
  talk.reply("EVENT LOST name=a token=42 reason=broken");
  CHECK(talk.state() == State::lost);
}

TEST_CASE("it is lost at held_until, connected or not, answered or not") {
  Conversation talk(wanted_for(0ms));
  talk.hold();
  const bool disconnected = GENERATE(true, false);
  if (disconnected) talk.disconnect();
  talk.advance_to(start + 29'700ms - 1ns);
  CHECK(talk.state() == State::held);
  talk.advance(1ns);
  CHECK(talk.state() == State::lost);
  CHECK(talk.ticks < 10);
}

TEST_CASE("release gives the lock back, and OK or NOT_HELD both mean that it is done") {
  const std::string reply = GENERATE("OK", "ERR NOT_HELD");
  Conversation talk(wanted_for(0ms));
  talk.hold();
  talk.release();
  CHECK(talk.count("UNLOCK a token=42") == 1);
  CHECK(talk.state() == State::held);
  talk.answer("UNLOCK", reply);
  CHECK(talk.state() == State::released);
}

TEST_CASE("a release whose answer is lost is asked again; nothing is renewed meanwhile") {
  Conversation talk(wanted_for(0ms));
  talk.hold();
  talk.advance(renewal_after(30s));
  talk.release();
  const Moment until = talk.acquisition.held_until();
  talk.answer("RENEW", "OK ttl=30000");
  CHECK(talk.acquisition.held_until() == until);
  talk.advance(1s);
  CHECK_FALSE(talk.connected);
  talk.connect();
  CHECK(talk.count("UNLOCK a token=42") == 1);
  CHECK(talk.count("RENEW") == 0);

  SECTION("answered") {
    talk.answer("UNLOCK", "ERR NO_QUORUM");
    talk.advance(10ms);
    CHECK(talk.count("UNLOCK") == 2);
    talk.answer("UNLOCK", "OK");
    CHECK(talk.state() == State::released);
  }
  SECTION("never answered: lost with its lease") {
    talk.disconnect();
    talk.advance_to(until);
    CHECK(talk.state() == State::lost);
  }
}

TEST_CASE("release before the grant cancels, and gives back what was granted all the same") {
  Conversation talk(wanted_for(std::nullopt));
  talk.connect();
  talk.release();
  REQUIRE(talk.count("CANCEL a id=x") == 1);

  SECTION("cancelled") {
    talk.answer("LOCK", "ERR CANCELLED");
    CHECK_FALSE(talk.acquisition.is_over());
    talk.answer("CANCEL", "OK cancelled=yes");
    CHECK(talk.state() == State::released);
  }
  SECTION("granted, says CANCEL") {
    talk.answer("CANCEL", "OK cancelled=no token=42 ttl=30000");
    talk.answer("UNLOCK a token=42", "OK");
    CHECK(talk.state() == State::released);
  }
  SECTION("granted, says LOCK") {
    talk.answer("LOCK", "OK token=42 ttl=30000");
    CHECK(talk.state() != State::held);
    talk.answer("CANCEL", "OK cancelled=no token=42 ttl=30000");
    CHECK(talk.count("UNLOCK") == 1);
    talk.answer("UNLOCK a token=42", "OK");
    CHECK(talk.state() == State::released);
  }
  SECTION("the connection breaks: it is cancelled on the next") {
    talk.disconnect();
    talk.advance(10min);
    talk.connect();
    CHECK(talk.count("LOCK") == 0);
    talk.answer("CANCEL", "OK cancelled=yes");
    CHECK(talk.state() == State::released);
  }
}

TEST_CASE("release after a late grant that is not held yet unlocks it") {
  Conversation talk(wanted_for(std::nullopt));
  talk.connect();
  for (int i = 0; i < 60; ++i) talk.advance(1s), talk.reply("OK pong");
  talk.answer("LOCK", "OK token=42 ttl=30000");
  talk.release();
  talk.answer("RENEW", "OK ttl=30000");
  CHECK(talk.state() != State::held);
  talk.answer("UNLOCK a token=42", "OK");
  CHECK(talk.state() == State::released);
}

TEST_CASE("release before anything was asked is done at once") {
  Conversation never_reached(wanted_for(std::nullopt));
  never_reached.release();
  CHECK(never_reached.state() == State::released);

  Conversation refused_for_now(wanted_for(std::nullopt));
  refused_for_now.connect();
  refused_for_now.answer("LOCK", "ERR LIMIT limit=locks");
  refused_for_now.release();
  CHECK(refused_for_now.state() == State::released);
}

TEST_CASE("release while it is withdrawn anyway waits for what CANCEL says, as long as it takes") {
  Conversation talk(wanted_for(1s));
  talk.connect();
  talk.advance(2s);
  REQUIRE(talk.count("CANCEL") == 1);
  talk.release();
  talk.advance(1min);
  talk.connect();
  talk.answer("CANCEL", "OK cancelled=no token=42 ttl=30000");
  CHECK(talk.count("UNLOCK a token=42") == 1);
}

TEST_CASE("an hour of waiting and an hour of holding cost few ticks") {
  Conversation talk(wanted_for(std::nullopt));
  talk.connect();
  for (int second = 0; second < 3'600; ++second) talk.advance(1s), talk.reply("OK pong");
  CHECK(talk.ticks <= 3'602);
  talk.ticks = 0;
  talk.answer("LOCK", "OK token=42 ttl=30000");
  talk.answer("RENEW", "OK ttl=30000");
  for (const Moment end = talk.now + 1h; talk.now < end;) {
    talk.advance(renewal_after(30s));
    talk.answer("RENEW", "OK ttl=30000");
  }
  CHECK(talk.state() == State::held);
  CHECK(talk.ticks <= 3'600 / 7 + 10);
}

}  // namespace
}  // namespace pawl::client
