// SPDX-License-Identifier: Apache-2.0
//
// Who takes part: a fixed table of members, named by their place in it, the same on every node.
// Voters elect and count; a witness is a voter that would rather not be primary; a learner stores
// and counts for nothing.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

#include "base/ensure.hpp"

namespace pawl::replication {

struct Member {
  std::uint8_t value = 0;
  auto operator<=>(const Member&) const = default;
};

enum class MemberKind : std::uint8_t { voter, witness, learner };

inline constexpr std::size_t max_members = 16;

class Membership {
 public:
  // One voter, itself.
  Membership() : Membership({MemberKind::voter}, Member{0}) {}
  Membership(std::vector<MemberKind> kinds, Member self) : kinds_(std::move(kinds)), self_(self) {
    ensure(self.value < kinds_.size() && kinds_.size() <= max_members);
    voters_ = static_cast<std::size_t>(std::count_if(
        kinds_.begin(), kinds_.end(), [](MemberKind kind) { return kind != MemberKind::learner; }));
    ensure(voters_ > 0);
  }

  [[nodiscard]] Member self() const { return self_; }
  [[nodiscard]] std::size_t size() const { return kinds_.size(); }
  [[nodiscard]] std::size_t voters() const { return voters_; }
  [[nodiscard]] bool knows(Member member) const { return member.value < kinds_.size(); }
  [[nodiscard]] bool is_voter(Member member) const {
    return kinds_[member.value] != MemberKind::learner;
  }
  [[nodiscard]] bool is_witness(Member member) const {
    return kinds_[member.value] == MemberKind::witness;
  }
  [[nodiscard]] bool is_alone() const { return voters_ == 1 && is_voter(self_); }

  template <class Visit>
  void each(Visit visit) const {
    for (std::uint8_t i = 0; i < kinds_.size(); ++i) visit(Member{i});
  }
  template <class Visit>
  void each_peer(Visit visit) const {
    each([&](Member member) {
      if (member != self_) visit(member);
    });
  }

  // The same members with one voter, this one.
  [[nodiscard]] Membership alone() const {
    std::vector<MemberKind> kinds(kinds_.size(), MemberKind::learner);
    kinds[self_.value] = MemberKind::voter;
    return {std::move(kinds), self_};
  }

 private:
  std::vector<MemberKind> kinds_;
  Member self_;
  std::size_t voters_ = 0;
};

}  // namespace pawl::replication
