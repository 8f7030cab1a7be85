// SPDX-License-Identifier: Apache-2.0
//
// LOCK, UNLOCK, CANCEL, BREAK, RENEW: one promise of the protocol page each.
#include <catch2/catch.hpp>
#include <set>

#include "table_driver.hpp"

namespace pawl::locks {
namespace {

TEST_CASE("a free lock is granted at once") {
  TableDriver table;

  CHECK(table.lock("jobs") == Verdict::granted);

  CHECK(table.token() == Token{1});
  CHECK(table.changes() == Changes{"granted jobs 1"});
  CHECK(table.holds("jobs", Token{1}));
}

TEST_CASE("with wait=0 a held lock is busy and nothing changes") {
  TableDriver table;
  Token holder = table.grant("jobs");

  CHECK(table.lock("jobs") == Verdict::busy);

  CHECK_FALSE(table.has_changes());
  CHECK(table.holder_of("jobs") == holder);
  CHECK(table.queue_of("jobs").empty());
}

TEST_CASE("waiters are granted first come, first served, one at a time") {
  TableDriver table;
  Token holder = table.grant("jobs");
  ClaimNumber first = table.wait("jobs");
  ClaimNumber second = table.wait("jobs");
  CHECK(table.queue_of("jobs") == Queue{first, second});

  table.unlock("jobs", holder);
  CHECK(table.changes() == Changes{"unlocked jobs 1", "granted jobs 2"});
  CHECK(table.queue_of("jobs") == Queue{second});

  table.unlock("jobs", Token{2});
  CHECK(table.changes() == Changes{"unlocked jobs 2", "granted jobs 3"});
  CHECK(table.queue_of("jobs").empty());
}

TEST_CASE("locks of different names do not meet") {
  TableDriver table;
  Token a = table.grant("a");
  Token b = table.grant("b");
  table.wait("a");

  table.unlock("b", b);

  CHECK(table.holder_of("a") == a);
  CHECK(table.queue_of("a").size() == 1);
  CHECK(table.holder_of("b") == Token{});
}

TEST_CASE("the server is not reentrant: without an id a second LOCK is another contender") {
  TableDriver table;
  SessionId session = table.open("s");
  table.grant("jobs", {.session = session});

  CHECK(table.lock("jobs", {.session = session}) == Verdict::busy);
  CHECK(table.lock("jobs", {.id = "other", .session = session}) == Verdict::busy);
}

TEST_CASE("every token is greater than all before it, for any lock, whatever ends the holds") {
  TableDriver table;
  SessionId session = table.open("s");
  std::vector<Token> tokens;
  auto take = [&](std::string_view name, const Wish& wish = {}) {
    tokens.push_back(table.grant(name, wish));
  };

  take("a");
  table.unlock("a", tokens.back());
  take("a");
  table.expire("a", tokens.back());
  take("b", {.session = session});
  table.close(session);
  take("b");
  table.start_epoch();
  take("c");
  table.apply(record::Break{{}, {"c", tokens.back()}, "why"});
  take("c");

  CHECK(std::is_sorted(tokens.begin(), tokens.end()));
  CHECK(std::set<Token>(tokens.begin(), tokens.end()).size() == 6);
  CHECK(tokens.front() == Token{1});
  CHECK(table.table().last_granted() == tokens.back());
}

TEST_CASE("UNLOCK with a token that is no current holder's is NOT_HELD and changes nothing") {
  TableDriver table;
  Token before = table.grant("jobs");
  table.unlock("jobs", before);
  Token holder = table.grant("jobs");
  ClaimNumber waiter = table.wait("jobs");

  for (Token wrong : {before, Token{0}, Token{waiter.value}, Token{99}}) {
    CHECK(table.unlock("jobs", wrong) == Verdict::not_held);
    CHECK_FALSE(table.has_changes());
  }
  CHECK(table.unlock("another", holder) == Verdict::not_held);
  CHECK(table.holder_of("jobs") == holder);
  CHECK(table.queue_of("jobs") == Queue{waiter});
}

TEST_CASE("after a lost reply UNLOCK is sent again and NOT_HELD means done") {
  TableDriver table;
  Token holder = table.grant("jobs");

  CHECK(table.unlock("jobs", holder) == Verdict::done);
  CHECK(table.unlock("jobs", holder) == Verdict::not_held);
}

TEST_CASE("a session's lock is unlocked through its session only") {
  TableDriver table;
  SessionId own = table.open("own");
  SessionId other = table.open("other");
  Token token = table.grant("jobs", {.session = own});

  CHECK(table.unlock("jobs", token) == Verdict::no_session);
  CHECK(table.unlock("jobs", token, other) == Verdict::no_session);
  CHECK(table.holds("jobs", token));

  CHECK(table.unlock("jobs", token, own) == Verdict::done);
  CHECK_FALSE(table.holds("jobs", token));
}

TEST_CASE("a leased lock is unlocked from anywhere with its token") {
  TableDriver table;
  SessionId session = table.open("s");
  Token token = table.grant("jobs");

  CHECK(table.unlock("jobs", token, session) == Verdict::done);
}

TEST_CASE("the same LOCK with the same id finds its hold: the same token, renewed") {
  TableDriver table;
  Token token = table.grant("jobs", {.id = "i"});

  CHECK(table.lock("jobs", {.id = "i"}) == Verdict::granted);
  CHECK(table.token() == token);
  CHECK(table.changes() == Changes{"renewed jobs"});
  CHECK(table.lock("jobs", {.id = "i", .wait = true}) == Verdict::granted);
  CHECK(table.token() == token);
}

TEST_CASE("a repeat without ttl= keeps the grant's own TTL, with it sets the new one") {
  TableDriver table;
  table.grant("jobs", {.id = "i", .ttl_ms = 7'000});

  table.lock("jobs", {.id = "i", .ttl_ms = 30'000});
  CHECK(table.ttl_ms() == 7'000);
  table.lock("jobs", {.id = "i", .ttl_ms = 9'000, .ttl_given = true});
  CHECK(table.ttl_ms() == 9'000);
}

TEST_CASE("the note of the first LOCK stays") {
  TableDriver table;
  table.grant("jobs", {.id = "i", .note = "first"});

  table.lock("jobs", {.id = "i", .note = "second"});

  Slot holder = table.table().find_holder("jobs", Token{1});
  CHECK(table.table().details(table.table().acquisition(holder).details)->note == "first");
}

TEST_CASE("the same LOCK with the same id takes up its place in the queue, with a new number") {
  TableDriver table;
  Token holder = table.grant("jobs");
  ClaimNumber mine = table.wait("jobs", {.id = "i"});
  ClaimNumber behind = table.wait("jobs");

  CHECK(table.lock("jobs", {.id = "i", .wait = true}) == Verdict::queued);

  ClaimNumber again = table.claim();
  CHECK(again > mine);
  CHECK(table.changes() == Changes{"claimed jobs"});
  CHECK(table.queue_of("jobs") == Queue{again, behind});
  table.unlock("jobs", holder);
  CHECK(table.table().find_wait(behind) != no_slot);
}

TEST_CASE("with wait=0 a queued id is BUSY, neither claiming nor losing its place") {
  TableDriver table;
  table.grant("jobs");
  ClaimNumber mine = table.wait("jobs", {.id = "i"});

  CHECK(table.lock("jobs", {.id = "i"}) == Verdict::busy);
  CHECK_FALSE(table.has_changes());
  CHECK(table.queue_of("jobs") == Queue{mine});

  table.unclaim(mine);
  CHECK(table.lock("jobs", {.id = "i"}) == Verdict::busy);
  CHECK(table.table().acquisition(table.table().find_wait(mine)).stage == Stage::unclaimed);
}

TEST_CASE("the same id with another mode or, in a session, another name is a MISMATCH") {
  TableDriver table;
  SessionId session = table.open("s");
  table.grant("jobs", {.id = "i", .session = session});

  CHECK(table.lock("other", {.id = "i", .session = session}) == Verdict::mismatch);
  CHECK(table.lock("jobs", {.id = "i", .session = session, .mode = Mode::shared}) ==
        Verdict::mismatch);
  CHECK_FALSE(table.has_changes());
  CHECK(table.holder_of("other") == Token{});
}

TEST_CASE("a leased id is unique within user and name, a session's within the session") {
  TableDriver table;
  SessionId one = table.open("one");
  SessionId two = table.open("two");
  Token leased = table.grant("a", {.id = "i"});

  CHECK(table.grant("b", {.id = "i"}) > leased);
  CHECK(table.lock("a", {.id = "i", .user = "eve"}) == Verdict::busy);
  CHECK(table.lock("a", {.id = "i", .session = one}) == Verdict::busy);
  CHECK(table.grant("c", {.id = "i", .session = one}) != Token{});
  CHECK(table.grant("d", {.id = "i", .session = two}) != Token{});
}

TEST_CASE("an id is free again once its acquisition is over") {
  TableDriver table;
  Token first = table.grant("jobs", {.id = "i"});
  table.unlock("jobs", first);

  Token second = table.grant("jobs", {.id = "i"});

  CHECK(second > first);
  CHECK(table.changes() == Changes{"granted jobs 2"});
}

TEST_CASE("CANCEL ends a wait: it is not and will not be granted") {
  TableDriver table;
  Token holder = table.grant("jobs");
  table.wait("jobs", {.id = "i"});

  CHECK(table.cancel("jobs", "i") == Verdict::cancelled);
  CHECK(table.changes() == Changes{"cancelled jobs"});

  table.unlock("jobs", holder);
  CHECK(table.holder_of("jobs") == Token{});
  CHECK(table.lock("jobs", {.id = "i"}) == Verdict::spent);
}

TEST_CASE("CANCEL of an unclaimed wait ends it too") {
  TableDriver table;
  table.grant("jobs");
  table.unclaim(table.wait("jobs", {.id = "i"}));

  CHECK(table.cancel("jobs", "i") == Verdict::cancelled);

  CHECK(table.queue_of("jobs").empty());
}

TEST_CASE("CANCEL of what is held already says that it is yours and changes nothing") {
  TableDriver table;
  Token token = table.grant("jobs", {.id = "i"});

  CHECK(table.cancel("jobs", "i") == Verdict::yours);

  CHECK(table.token() == token);
  CHECK_FALSE(table.has_changes());
  CHECK(table.lock("jobs", {.id = "i"}) == Verdict::granted);
}

TEST_CASE("a LOCK that arrives after its own CANCEL answers CANCELLED") {
  TableDriver table;
  CHECK(table.cancel("jobs", "late") == Verdict::cancelled);

  CHECK(table.lock("jobs", {.id = "late", .wait = true}) == Verdict::spent);

  CHECK(table.holder_of("jobs") == Token{});
  CHECK(table.lock("jobs", {.id = "late", .user = "eve"}) == Verdict::granted);
}

TEST_CASE("an id spent in a session is spent there for every name, and nowhere else") {
  TableDriver table;
  SessionId one = table.open("one");
  SessionId two = table.open("two");
  table.cancel("jobs", "i", one);

  CHECK(table.lock("jobs", {.id = "i", .session = one}) == Verdict::spent);
  CHECK(table.lock("other", {.id = "i", .session = one}) == Verdict::spent);
  CHECK(table.lock("jobs", {.id = "i", .session = two}) == Verdict::granted);
  CHECK(table.lock("other", {.id = "i"}) == Verdict::granted);
}

TEST_CASE("CANCEL with another name than the id's is a MISMATCH and spends nothing") {
  TableDriver table;
  SessionId session = table.open("s");
  table.grant("jobs", {.id = "i", .session = session});

  CHECK(table.cancel("other", "i", session) == Verdict::mismatch);

  CHECK(table.lock("jobs", {.id = "i", .session = session}) == Verdict::granted);
}

TEST_CASE("RENEW with another TTL sets it for leased locks, with the holder's token") {
  TableDriver table;
  Token token = table.grant("jobs", {.ttl_ms = 7'000});
  auto renew = [&](Token with) { return table.apply(record::RenewTtl{{}, {"jobs", with}, 5'000}); };

  CHECK(renew(Token{token.value + 1}) == Verdict::not_held);
  CHECK_FALSE(table.has_changes());
  CHECK(renew(token) == Verdict::done);
  CHECK(table.ttl_ms() == 5'000);
  CHECK(table.token() == token);
  CHECK(table.changes() == Changes{"renewed jobs"});

  table.expire("jobs", token);
  CHECK(renew(token) == Verdict::not_held);
}

TEST_CASE("RENEW with the grant's own TTL keeps it and starts the lease anew") {
  TableDriver table;
  Token token = table.grant("jobs", {.ttl_ms = 7'000});

  CHECK(table.apply(record::RenewTtl{{}, {"jobs", token}, 0}) == Verdict::done);
  CHECK(table.ttl_ms() == 7'000);
  CHECK(table.token() == token);
  CHECK(table.changes() == Changes{"renewed jobs"});
}

TEST_CASE("RENEW of a session's lock does nothing") {
  TableDriver table;
  SessionId session = table.open("s");
  Token token = table.grant("jobs", {.session = session});

  CHECK(table.apply(record::RenewTtl{{}, {"jobs", token}, 5'000}) == Verdict::not_held);
  CHECK_FALSE(table.has_changes());
}

TEST_CASE("BREAK takes the lock from this holder, never from the next") {
  TableDriver table;
  Token token = table.grant("jobs");
  table.wait("jobs");
  auto break_it = [&] { return table.apply(record::Break{{}, {"jobs", token}, "stuck"}); };

  CHECK(break_it() == Verdict::done);
  CHECK(table.changes() == Changes{"broken jobs 1", "granted jobs 2"});

  CHECK(break_it() == Verdict::not_held);
  CHECK(table.holder_of("jobs") == Token{2});
}

TEST_CASE("BREAK takes a session's lock and leaves the session its others") {
  TableDriver table;
  SessionId session = table.open("s");
  Token broken = table.grant("a", {.session = session});
  Token kept = table.grant("b", {.session = session});

  CHECK(table.apply(record::Break{{}, {"a", broken}, "stuck"}) == Verdict::done);

  CHECK(table.holds("b", kept));
  CHECK(table.table().session(table.table().find_session(session)).holds == 1);
}

}  // namespace
}  // namespace pawl::locks
