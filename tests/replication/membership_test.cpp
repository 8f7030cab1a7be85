// SPDX-License-Identifier: Apache-2.0
#include "replication/membership.hpp"

#include <catch2/catch.hpp>

namespace pawl::replication {
namespace {

using enum MemberKind;

TEST_CASE("a witness votes, a learner does not") {
  Membership members{{voter, witness, learner}, Member{0}};
  CHECK(members.voters() == 2);
  CHECK(members.is_voter(Member{1}));
  CHECK(members.is_witness(Member{1}));
  CHECK_FALSE(members.is_voter(Member{2}));
  CHECK_FALSE(members.knows(Member{3}));
}

TEST_CASE("all members but oneself are peers") {
  Membership members{{voter, voter, learner}, Member{1}};
  std::vector<Member> peers;
  members.each_peer([&](Member member) { peers.push_back(member); });
  CHECK(peers == std::vector{Member{0}, Member{2}});
}

TEST_CASE("made the only voter, it is alone and the others learn") {
  Membership alone = Membership{{voter, voter}, Member{1}}.alone();
  CHECK(alone.is_alone());
  CHECK(alone.size() == 2);
  CHECK_FALSE(alone.is_voter(Member{0}));
}

TEST_CASE("a learner beside one voter is not alone itself") {
  CHECK_FALSE(Membership({voter, learner}, Member{1}).is_alone());
}

}  // namespace
}  // namespace pawl::replication
