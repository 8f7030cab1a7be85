// SPDX-License-Identifier: Apache-2.0
#include "replication/rounds.hpp"

#include <catch2/catch.hpp>

namespace pawl::replication {
namespace {

const Membership three{std::vector(3, MemberKind::voter), Member{0}};

TEST_CASE("all who ask before a round is sent share it, who comes later waits for the next") {
  Rounds rounds;
  rounds.start_epoch(three);
  Round first = rounds.begin(three);
  CHECK(rounds.begin(three) == first);
  CHECK(rounds.is_due());
  CHECK(rounds.send(three) == first);

  CHECK_FALSE(rounds.is_due());
  CHECK(rounds.begin(three) > first);
}

TEST_CASE("the next round is sent when the one under way is confirmed") {
  Rounds rounds;
  rounds.start_epoch(three);
  static_cast<void>(rounds.begin(three));
  Round first = rounds.send(three);
  Round second = rounds.begin(three);
  CHECK_FALSE(rounds.is_due());

  CHECK(rounds.on_answer(three, Member{1}, first));
  CHECK(rounds.is_confirmed(first));
  CHECK_FALSE(rounds.is_confirmed(second));
  CHECK(rounds.is_due());
}

TEST_CASE("a heartbeat is a round of its own, though nobody waits") {
  Rounds rounds;
  rounds.start_epoch(three);
  CHECK_FALSE(rounds.is_due());
  Round first = rounds.send(three);
  CHECK(rounds.send(three) > first);
}

TEST_CASE("numbers go on over epochs, and an answer counts in its own only") {
  Rounds rounds;
  rounds.start_epoch(three);
  Round old = rounds.send(three);
  rounds.start_epoch(three);
  Round fresh = rounds.begin(three);
  CHECK(fresh > old);
  static_cast<void>(rounds.send(three));

  CHECK_FALSE(rounds.on_answer(three, Member{1}, old));
  CHECK_FALSE(rounds.is_confirmed(old));
  CHECK(rounds.on_answer(three, Member{2}, fresh));
  CHECK_FALSE(rounds.is_confirmed(old));
  CHECK(rounds.is_confirmed(fresh));
}

}  // namespace
}  // namespace pawl::replication
