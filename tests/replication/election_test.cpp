// SPDX-License-Identifier: Apache-2.0
#include "replication/election.hpp"

#include <catch2/catch.hpp>
#include <set>

namespace pawl::replication {
namespace {

using enum MemberKind;

Membership members(std::vector<MemberKind> kinds, std::uint8_t self = 0) {
  return {std::move(kinds), Member{self}};
}

TEST_CASE("a majority of the voters elects, each voter once, learners not at all") {
  Membership five = members({voter, voter, voter, witness, voter, learner});
  Ballots ballots;
  ballots.open(five);
  ballots.count(five, Member{1}, true);
  ballots.count(five, Member{1}, true);
  ballots.count(five, Member{5}, true);
  CHECK_FALSE(ballots.is_won());

  ballots.count(five, Member{3}, true);
  CHECK(ballots.is_won());
}

TEST_CASE("an election is lost when no majority is left to win") {
  Membership three = members({voter, voter, voter});
  Ballots ballots;
  ballots.open(three);
  ballots.count(three, Member{1}, false);
  CHECK_FALSE(ballots.is_lost());
  ballots.count(three, Member{2}, false);
  CHECK(ballots.is_lost());
}

TEST_CASE("one voter elects itself, of a pair either needs both") {
  Ballots ballots;
  ballots.open(members({voter}));
  CHECK(ballots.is_won());
  ballots.open(members({voter, voter}));
  CHECK_FALSE(ballots.is_won());
}

TEST_CASE("patience lies between its bounds and differs from time to time") {
  ElectionTimer timer{{}, 1};
  Membership three = members({voter, voter, voter});
  std::set<Span> seen;
  for (int i = 0; i < 1'000; ++i) {
    Span span = timer.patience(three);
    REQUIRE(span >= timer.timing().election_least);
    REQUIRE(span <= timer.timing().election_most);
    seen.insert(span);
  }
  CHECK(seen.size() > 900);
}

TEST_CASE("a witness waits thrice as long, one voter not at all") {
  ElectionTimer timer{{}, 1};
  CHECK(timer.patience(members({voter, voter, witness}, 2)) >= 3 * timer.timing().election_least);
  CHECK(timer.patience(members({voter})) == Span{0});
  CHECK(timer.patience(members({voter, learner})) == Span{0});
}

TEST_CASE("the same seed waits the same, another one otherwise") {
  Membership three = members({voter, voter, voter});
  ElectionTimer one{{}, 7};
  ElectionTimer same{{}, 7};
  ElectionTimer other{{}, 8};
  Span span = one.patience(three);
  CHECK(span == same.patience(three));
  CHECK(span != other.patience(three));
}

}  // namespace
}  // namespace pawl::replication
