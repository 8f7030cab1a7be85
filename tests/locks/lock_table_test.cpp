// SPDX-License-Identifier: Apache-2.0
#include "locks/lock_table.hpp"

#include <catch2/catch.hpp>

#include "table_driver.hpp"

namespace pawl::locks {
namespace {

// The next record lets go of what the last one still speaks of.
void settle(TableDriver& table) { table.apply(record::Sweep{SessionId{99}}); }

TEST_CASE("a free lock costs nothing") {
  TableDriver table;
  std::size_t baseline = table.table().memory();

  Token token = table.grant("jobs/with a rather long name", {.id = "i", .note = "a note"});
  ClaimNumber wait = table.wait("jobs/with a rather long name", {.address = "there"});
  CHECK(table.table().memory() > baseline);
  table.end_wait(wait);
  table.unlock("jobs/with a rather long name", token);
  settle(table);

  CHECK(table.table().lock_count() == 0);
  CHECK(table.table().find_lock("jobs/with a rather long name") == no_slot);
  CHECK(table.table().memory() == baseline);
}

TEST_CASE("after 20,000 locks, waits and sessions came and went, nothing of them is left") {
  TableDriver table;
  std::size_t baseline = table.table().memory();

  std::vector<SessionId> sessions;
  for (int at = 0; at < 2'000; ++at) {
    sessions.push_back(table.open(std::to_string(at), false));  // one waits for what it holds
    for (int lock = 0; lock < 9; ++lock) {
      table.grant(std::to_string(at * 10 + lock),
                  {.id = std::to_string(lock), .session = sessions.back(), .note = "note"});
    }
    table.wait("0", {.session = sessions.back()});
  }
  CHECK(table.table().lock_count() == 18'000);
  CHECK(table.table().waiter_count() == 2'000);
  for (SessionId session : sessions) table.close(session);
  settle(table);

  CHECK(table.table().lock_count() == 0);
  CHECK(table.table().waiter_count() == 0);
  CHECK(table.table().session_count() == 0);
  CHECK(table.table().memory() == baseline);
}

TEST_CASE("a lock has a crowd only while somebody awaits it or several hold it") {
  TableDriver table;
  auto has_crowd = [&] {
    return table.table().lock(table.table().find_lock("a")).crowd != no_slot;
  };

  Token alone = table.grant("a");
  CHECK_FALSE(has_crowd());
  ClaimNumber wait = table.wait("a", {.address = "there"});
  CHECK(has_crowd());
  table.end_wait(wait);
  CHECK_FALSE(has_crowd());

  table.unlock("a", alone);
  Token first = table.grant("a", {.mode = Mode::shared});
  CHECK_FALSE(has_crowd());
  Token second = table.grant("a", {.mode = Mode::shared, .address = "there"});
  CHECK(has_crowd());
  table.unlock("a", first);
  CHECK_FALSE(has_crowd());
  CHECK(table.holds("a", second));
}

TEST_CASE("a lock has a crowd for as long as the number of its slots counts") {
  TableDriver table;
  Token only = table.grant("a", {.mode = Mode::slot, .slots = 3});
  CHECK(table.table().lock(table.table().find_lock("a")).crowd != no_slot);
  std::size_t held = table.table().memory();

  table.unlock("a", only);
  settle(table);
  CHECK(table.table().memory() < held - sizeof(Crowd));
}

TEST_CASE("who is leased and alone at its lock has no ties, until somebody stands beside it") {
  TableDriver table;
  auto has_ties = [&] {
    Slot holder = table.table().lock(table.table().find_lock("a")).holders;
    return table.table().acquisition(holder).ties != no_slot;
  };

  Token alone = table.grant("a");
  CHECK_FALSE(has_ties());
  table.wait("a", {.address = "there"});
  CHECK_FALSE(has_ties());
  table.unlock("a", alone);
  table.break_hold("a", table.holder_of("a"));

  table.grant("a", {.mode = Mode::shared});
  CHECK_FALSE(has_ties());
  table.grant("a", {.mode = Mode::shared, .address = "there"});
  CHECK(has_ties());
}

TEST_CASE("of a session, or with an id or a note, an acquisition has ties from the start") {
  TableDriver table;
  SessionId session = table.open("s");
  table.grant("a", {.session = session});
  table.grant("b", {.id = "i"});
  table.grant("c", {.note = "a note"});

  for (std::string_view name : {"a", "b", "c"}) {
    Slot holder = table.table().lock(table.table().find_lock(name)).holders;
    CHECK(table.table().acquisition(holder).ties != no_slot);
  }
}

TEST_CASE("a stamp is read as it was written, before 1970 and until the year 6429") {
  AcquisitionEntry one;
  const std::int64_t last = (std::int64_t{1} << 47) - 1;
  for (std::int64_t stamp : {std::int64_t{0}, std::int64_t{-1}, std::int64_t{1'700'000'000'001},
                             std::int64_t{0xFFFF'FFFF}, last, -last - 1}) {
    one.set_stamp(stamp);
    CHECK(one.whole_stamp() == stamp);
  }
}

TEST_CASE("a note counts for its length, as long as its lock is there") {
  TableDriver table;
  std::string note(1'024, 'n');
  std::size_t baseline = table.table().memory();

  Token brief = table.grant("brief", {.note = "n"});
  std::size_t with_one = table.table().memory() - baseline;
  Token wordy = table.grant("wordy", {.note = note});
  // The second shares the first one's client.
  CHECK(table.table().memory() - baseline > with_one + 1'000);

  table.unlock("brief", brief);
  table.unlock("wordy", wordy);
  settle(table);
  CHECK(table.table().memory() == baseline);
}

TEST_CASE("10,000 sessions with long names count for their texts, as long as they live") {
  TableDriver table;
  std::size_t baseline = table.table().memory();
  std::string name(255, 'n');
  std::vector<SessionId> sessions;
  for (int at = 0; at < 10'000; ++at) {
    std::string secret = std::to_string(at);
    table.apply(record::OpenSession{.user = "ci", .secret = secret, .name = name, .address = "h"});
    sessions.push_back(SessionId{static_cast<std::uint64_t>(at) + 1});
  }
  CHECK(table.table().memory() > baseline + 10'000 * (sizeof(Session) + 255));

  for (SessionId session : sessions) table.close(session);
  settle(table);
  CHECK(table.table().memory() == baseline);
}

TEST_CASE("a client counts for its texts, once for all its locks") {
  TableDriver table;
  std::string address(200, 'a');
  std::size_t baseline = table.table().memory();

  Token first = table.grant("first", {.address = address});
  std::size_t with_client = table.table().memory() - baseline;
  Token second = table.grant("other", {.address = address});
  CHECK(with_client > sizeof(Client) + 200);
  CHECK(table.table().memory() - baseline < 2 * with_client - 200);

  table.unlock("first", first);
  table.unlock("other", second);
  settle(table);
  CHECK(table.table().memory() == baseline);
}

TEST_CASE("a cancelled id counts for its texts") {
  TableDriver table;
  std::size_t baseline = table.table().memory();

  table.cancel("jobs", std::string(100, 'i'), {}, std::string(50, 'u'));

  CHECK(table.table().memory() >= baseline + sizeof(SpentId) + 154);
}

TEST_CASE("a restored table counts as much as the one it came from") {
  LockTable table;
  Effects effects;
  std::string_view name = "jobs";
  table.apply(Epoch{1}, record::OpenSession{.secret = "s", .name = "long", .address = "h"},
              effects);
  table.apply(Epoch{1}, record::Lock{.names = {&name, 1}, .id = "i", .address = "there"}, effects);
  table.apply(Epoch{1}, record::Cancel{.name = "jobs", .id = "spent"}, effects);
  std::string bytes;
  table.begin_snapshot();
  while (!table.write_snapshot(bytes, 1'000)) continue;

  LockTable restored;
  SnapshotReader reader{restored};
  REQUIRE(reader.feed(bytes));
  REQUIRE(reader.finish());
  CHECK(restored.memory() == table.memory());
}

TEST_CASE("a lock refused leaves no entry") {
  TableDriver table;
  SessionId session = table.open("s");
  table.grant("jobs", {.id = "i", .session = session});
  table.cancel("jobs", "spent");

  table.lock("other", {.id = "i", .session = session});
  table.lock("jobs", {.id = "spent"});
  table.lock("jobs");

  CHECK(table.table().lock_count() == 1);
}

TEST_CASE("a lock is free until somebody holds it") {
  TableDriver table;
  CHECK(table.table().may_be_free("jobs", Mode::exclusive));

  Token token = table.grant("jobs");
  CHECK_FALSE(table.table().may_be_free("jobs", Mode::exclusive));

  table.unlock("jobs", token);
  CHECK(table.table().may_be_free("jobs", Mode::exclusive));
}

TEST_CASE("a holder is found by name and token together") {
  TableDriver table;
  Token a = table.grant("a");
  Token b = table.grant("b");

  CHECK(table.table().find_holder("a", a) != no_slot);
  CHECK(table.table().find_holder("a", b) == no_slot);
  CHECK(table.table().find_holder("c", a) == no_slot);
  CHECK(table.table().find_holder("a", Token{}) == no_slot);
}

TEST_CASE("a waiter has no token") {
  TableDriver table;
  table.grant("jobs");
  ClaimNumber wait = table.wait("jobs");

  CHECK(table.table().acquisition(table.table().find_wait(wait)).token() == Token{});
  CHECK(table.table().find_holder("jobs", Token{wait.value + 1}) == no_slot);
}

TEST_CASE("a session is found by handle and by secret while it lives") {
  TableDriver table;
  SessionId session = table.open("secret");
  CHECK(table.table().find_session(session) == table.table().find_session("secret"));
  CHECK(table.table().find_session("another") == no_slot);

  table.close(session);

  CHECK(table.table().find_session(session) == no_slot);
  CHECK(table.table().find_session("secret") == no_slot);
}

TEST_CASE("a handle is never given to a second session") {
  TableDriver table;
  SessionId first = table.open("one");
  table.close(first);

  CHECK(table.open("two") > first);
}

TEST_CASE("what a record released stays readable until the next") {
  TableDriver table;
  Token token = table.grant("jobs");

  table.unlock("jobs", token);

  CHECK(table.table().lock_count() == 0);
  CHECK(table.changes() == Changes{"unlocked jobs 1"});
}

TEST_CASE("leased holders from one place share one client, told apart by user and address") {
  TableDriver table;
  auto client_of = [&](std::string_view name, const Wish& wish) {
    Token token = table.grant(name, wish);
    return table.table().acquisition(table.table().find_holder(name, token)).client;
  };

  Slot here = client_of("a", {.user = "ci", .address = "here"});
  CHECK(client_of("b", {.user = "ci", .address = "here"}) == here);
  CHECK(client_of("c", {.user = "ci", .address = "there"}) != here);
  CHECK(client_of("d", {.user = "eve", .address = "here"}) != here);
  CHECK(table.table().client(here)->address == "here");
}

TEST_CASE("the hash seed changes nothing that can be seen") {
  for (std::uint64_t seed : {0u, 1u, 77u}) {
    LockTable table{seed};
    Effects effects;
    std::string_view name = "jobs";
    record::Lock lock{.names = {&name, 1}, .id = "i", .wait = true};

    table.apply(Epoch{1}, lock, effects);
    CHECK(effects.answer.verdict == Verdict::granted);
    table.apply(Epoch{1}, lock, effects);
    CHECK(effects.answer.verdict == Verdict::granted);
    CHECK(table.last_granted() == Token{1});
  }
}

}  // namespace
}  // namespace pawl::locks
