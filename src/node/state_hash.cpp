// SPDX-License-Identifier: Apache-2.0
#include "node/state_hash.hpp"

#include <array>
#include <span>

#include "base/bytes.hpp"
#include "journal/checksum.hpp"

namespace pawl::node {

namespace {

// Of a primary that fell silent in between, so many are kept for the next one's word.
constexpr std::size_t most_kept = 64;

// Who was granted, released or ended. A sum, for the waits that an epoch's start judges have no
// order that all nodes share.
std::uint64_t digest_of(const locks::Effects& effects, const locks::LockTable& table) {
  std::uint64_t sum = 0;
  for (const locks::Change& change : effects.changes) {
    auto add = [&](const auto& what) {
      if constexpr (requires { what.acquisition; }) {
        const locks::Acquisition& one = table.acquisition(what.acquisition);
        const std::array<std::uint64_t, 3> about{change.index(), one.number,
                                                 static_cast<std::uint64_t>(one.stamp_ms)};
        sum += journal::checksum(std::as_bytes(std::span{about}), 0);
      }
    };
    std::visit(add, change);
  }
  return sum;
}

}  // namespace

void StateHash::begin_behind(std::string_view head) {
  ByteReader in{head};
  std::uint64_t hash = in.number();
  known_ = in.ok() && in.at_end();
  hash_ = known_ ? hash : 0;
  due_ = false;
  own_.clear();
}

std::string StateHash::head() const {
  std::string head;
  if (known_) ByteWriter{head}.number(hash_);
  return head;
}

void StateHash::add(LogIndex index, std::string_view record, const locks::LockTable& table,
                    const locks::Effects& effects) {
  if (!known_) return;
  const std::array<std::uint64_t, 6> left{index.value,          table.last_granted().value,
                                          table.lock_count(),   table.session_count(),
                                          table.waiter_count(), digest_of(effects, table)};
  hash_ = journal::checksum(std::as_bytes(std::span{record}), hash_);
  hash_ = journal::checksum(std::as_bytes(std::span{left}), hash_);
  if (index.value % interval != 0) return;
  own_.push_back({index, hash_});
  if (own_.size() > most_kept) own_.pop_front();
  due_ = true;
}

std::optional<locks::record::StateHash> StateHash::take_due() {
  if (!due_) return std::nullopt;
  due_ = false;
  return own_.back();
}

bool StateHash::agrees(const locks::record::StateHash& theirs) {
  while (!own_.empty() && own_.front().index < theirs.index) own_.pop_front();
  if (own_.empty() || own_.front().index != theirs.index) return true;  // not kept any more
  return own_.front().hash == theirs.hash;
}

}  // namespace pawl::node
