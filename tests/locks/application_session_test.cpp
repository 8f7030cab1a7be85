// SPDX-License-Identifier: Apache-2.0
//
// How a session ends, for whatever reason, and how what it left is swept.
#include <catch2/catch.hpp>

#include "locks/application.hpp"
#include "table_driver.hpp"

namespace pawl::locks {
namespace {

constexpr Epoch other_epochs[] = {Epoch{0}, Epoch{4}, Epoch{6}};

TEST_CASE("a closed session is dead at once: its locks go on to others, its waits are cancelled") {
  TableDriver table;
  SessionId session = table.open("s");
  Token other = table.grant("other");
  Token own = table.grant("own", {.session = session});
  table.wait("own");
  table.wait("other", {.session = session});

  CHECK(table.close(session) == Verdict::closed);

  CHECK(table.released() == 1);
  CHECK(table.changes() == Changes{"ended s1 holding 1", "cancelled other", "closed own 2",
                                   "granted own 3", "swept s1"});
  CHECK(table.table().find_session(session) == no_slot);
  CHECK_FALSE(table.holds("own", own));
  CHECK(table.holds("other", other));
}

TEST_CASE("an expired session loses its locks uncleanly, its waits end with it") {
  TableDriver table;
  SessionId session = table.open("s");
  table.grant("other");
  table.grant("own", {.session = session});
  table.wait("other", {.session = session});

  table.expire_session(session);

  CHECK(table.changes() ==
        Changes{"ended s1 holding 1", "session ended other", "lapsed own 2", "swept s1"});
}

TEST_CASE("a session released by disconnect says so of its locks") {
  TableDriver table;
  SessionId session = table.open("s");
  table.grant("own", {.session = session});

  table.expire_session(session, SessionEnd::disconnected);

  CHECK(table.changes() == Changes{"ended s1 holding 1", "disconnected own 1", "swept s1"});
}

TEST_CASE("a session's expiry decided in another epoch does nothing") {
  TableDriver table;
  table.epoch = Epoch{5};
  SessionId session = table.open("s");

  for (Epoch other : other_epochs) {
    table.apply(record::ExpireSession{other, session, SessionEnd::expired});
    CHECK_FALSE(table.has_changes());
  }
  CHECK(table.table().find_session(session) != no_slot);
}

TEST_CASE(
    "whoever asks in a session that is gone is told SESSION_EXPIRED and nothing else happens") {
  TableDriver table;
  SessionId session = table.open("s");
  table.close(session);

  CHECK(table.lock("jobs", {.session = session}) == Verdict::session_expired);
  CHECK(table.cancel("jobs", "i", session) == Verdict::session_expired);
  CHECK(table.close(session) == Verdict::session_expired);
  CHECK(table.lock("jobs", {.session = SessionId{99}}) == Verdict::session_expired);
  CHECK(table.table().lock_count() == 0);
}

TEST_CASE("OPEN with the secret of a live session attaches to it, after its end it is a new one") {
  TableDriver table;
  SessionId first = table.open("secret");
  record::OpenSession again{.secret = "secret", .ttl_ms = 99};

  CHECK(table.apply(again) == Verdict::attached);
  CHECK_FALSE(table.has_changes());
  CHECK(table.table().session(table.table().find_session(first)).ttl_ms == 10'000);

  table.close(first);
  CHECK(table.apply(again) == Verdict::opened);
  CHECK(table.changes() == Changes{"opened s2"});
}

// A session with `count` locks "0", "1", …, and one waiter behind each of the last three.
struct Rich {
  TableDriver table;
  SessionId session = table.open("rich");
  explicit Rich(int count) {
    for (int at = 0; at < count; ++at) table.grant(std::to_string(at), {.session = session});
    for (int at = count - 3; at < count; ++at) table.wait(std::to_string(at));
  }
  [[nodiscard]] Token token(int lock) const { return Token{static_cast<std::uint64_t>(lock) + 1}; }
};

TEST_CASE("a session with 2,500 locks is swept a thousand at a time, by record") {
  Rich rich{2'500};
  TableDriver& table = rich.table;

  CHECK(table.close(rich.session) == Verdict::closed);
  CHECK(table.released() == 2'500);
  CHECK(table.changes().back() == "swept s1, more");
  CHECK(table.table().lock_count() == 1'500);

  table.apply(record::Sweep{rich.session});
  CHECK(table.changes().back() == "swept s1, more");
  CHECK(table.table().lock_count() == 500);

  table.apply(record::Sweep{rich.session});
  CHECK(table.changes().back() == "swept s1");
  CHECK(table.table().lock_count() == 3);

  table.apply(record::Sweep{rich.session});
  CHECK_FALSE(table.has_changes());
}

TEST_CASE("exactly a thousand locks are one slice") {
  Rich rich{1'000};

  rich.table.close(rich.session);

  CHECK(rich.table.changes().back() == "swept s1");
}

TEST_CASE("a dead session's tokens are NOT_HELD before the sweep comes by") {
  Rich rich{2'500};
  TableDriver& table = rich.table;
  REQUIRE(table.holds("2400", rich.token(2'400)));

  table.expire_session(rich.session);

  CHECK_FALSE(table.holds("2400", rich.token(2'400)));
  CHECK(table.holder_of("2400") == Token{});
  CHECK(table.table().may_be_free("2400", Mode::exclusive));
  // Its waiter is about to be granted: only a record can tell.
  CHECK(table.table().may_be_free("2499", Mode::exclusive));
  CHECK(table.unlock("2400", rich.token(2'400), rich.session) == Verdict::not_held);
  CHECK(table.table().session_count() == 0);
}

TEST_CASE("a record that touches a dead session's name sweeps that name first") {
  Rich rich{2'500};
  TableDriver& table = rich.table;
  table.expire_session(rich.session);

  CHECK(table.lock("2400") == Verdict::granted);
  CHECK(table.changes() == Changes{"lapsed 2400 2401", "granted 2400 2501"});

  CHECK(table.lock("2499") == Verdict::busy);
  CHECK(table.changes() == Changes{"lapsed 2499 2500", "granted 2499 2502"});

  table.apply(record::Break{{}, {"2450", Token{1}}, "why"});
  CHECK(table.changes() == Changes{"lapsed 2450 2451"});
}

TEST_CASE("a waiter behind a dead holder is granted, though its timeout was decided") {
  Rich rich{2'500};
  TableDriver& table = rich.table;
  ClaimNumber first = table.queue_of("2497").front();
  ClaimNumber second = table.queue_of("2498").front();
  table.expire_session(rich.session);

  table.end_wait(first);
  CHECK(table.changes() == Changes{"lapsed 2497 2498", "granted 2497 2501"});

  table.unclaim(second);
  CHECK(table.changes() == Changes{"lapsed 2498 2499", "granted 2498 2502"});
}

TEST_CASE("a renewal and an expiry of a dead session's name sweep it too") {
  Rich rich{2'500};
  TableDriver& table = rich.table;
  table.expire_session(rich.session);

  CHECK(table.apply(record::RenewTtl{{}, {"2400", rich.token(2'400)}, 1}) == Verdict::not_held);
  CHECK(table.changes() == Changes{"lapsed 2400 2401"});
  table.expire("2401", rich.token(2'401));
  CHECK(table.changes() == Changes{"lapsed 2401 2402"});
}

TEST_CASE("a dead session's waits are never granted, swept or not") {
  TableDriver table;
  SessionId session = table.open("s");
  for (int lock = 0; lock < 1'500; ++lock) {
    table.grant(std::to_string(lock));
    table.wait(std::to_string(lock), {.session = session});
  }
  ClaimNumber unswept = table.queue_of("1499").front();
  ClaimNumber patient = table.wait("1499");

  table.expire_session(session);
  CHECK(table.changes().back() == "swept s1, more");
  CHECK(table.queue_of("1499") == Queue{unswept, patient});

  table.unlock("1499", Token{1'500});
  CHECK(table.changes() ==
        Changes{"session ended 1499", "unlocked 1499 1500", "granted 1499 1501"});
  CHECK(table.table().find_wait(patient) == no_slot);
}

TEST_CASE("a dead session's wait is told of its end, not of a decision about it") {
  TableDriver table;
  SessionId session = table.open("s");
  for (int lock = 0; lock < 1'500; ++lock) {
    table.grant(std::to_string(lock));
    table.wait(std::to_string(lock), {.id = std::to_string(lock), .session = session});
  }
  ClaimNumber one = table.queue_of("1498").front();
  ClaimNumber two = table.queue_of("1499").front();
  table.close(session);

  table.unclaim(one);
  CHECK(table.changes() == Changes{"cancelled 1498"});
  table.end_wait(two);
  CHECK(table.changes() == Changes{"cancelled 1499"});
}

TEST_CASE("an ended session's sweep may be asked for once more, a live one's never sweeps") {
  TableDriver table;
  SessionId session = table.open("s");
  Token token = table.grant("jobs", {.session = session});

  table.apply(record::Sweep{session});
  table.apply(record::Sweep{SessionId{99}});

  CHECK_FALSE(table.has_changes());
  CHECK(table.holds("jobs", token));
}

}  // namespace
}  // namespace pawl::locks
