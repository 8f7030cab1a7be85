// SPDX-License-Identifier: Apache-2.0
//
// What a node has done since it started, in numbers: for people and their tools, nothing here is
// decided by it. Each fact counts once, on the primary, when its record is applied; a lock of
// several names counts each name.
#pragma once

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <utility>

#include "base/histogram.hpp"
#include "base/ids.hpp"
#include "base/moment.hpp"
#include "base/row.hpp"
#include "base/slab.hpp"
#include "pawl/error.hpp"
#include "pawl/types.hpp"

namespace pawl::node {

enum class Loss : std::uint8_t { expired, session, max_hold, disconnect, broken };
inline constexpr std::size_t losses = 5;

// Why a LOCK was not granted.
enum class Denial : std::uint8_t { busy, timeout, limit, not_primary, no_quorum, deadlock };
inline constexpr std::size_t denials = 6;

// A hold that ended unasked.
struct Lost {
  std::string name;
  Token token;
  Loss why = Loss::expired;
  Moment at;
  Span held{0};
  std::string client;
  std::string address;
};

class Statistics {
 public:
  static constexpr std::size_t most_kept = 50;
  static constexpr std::size_t tenths = 10;

  std::uint64_t grants = 0;
  std::uint64_t waited_grants = 0;
  std::uint64_t releases = 0;
  std::array<std::uint64_t, losses> lost{};
  std::array<std::uint64_t, denials> denied{};
  std::uint64_t renewals = 0;
  // Of them, by the part of the TTL that was left: up to a tenth, up to two, …
  std::array<std::uint64_t, tenths> margins{};
  double margin_sum = 0;
  std::uint64_t primary_changes = 0;
  Moment without_primary_since = never;
  Histogram waits{std::chrono::milliseconds{1}};  // from LOCK to grant, of those that waited
  Histogram holds{std::chrono::milliseconds{1}};  // from grant to end
  std::deque<Lost> newest_losses;                 // newest first

  void note_primary(bool is_known, Moment now) {
    without_primary_since = is_known ? never : std::min(without_primary_since, now);
  }

  // Slots are about to mean something else.
  void forget_grants() { granted_.clear(); }

  // `since_start`: the time of the fact.
  void count_grant(Slot acquisition, Span since_start) {
    ++grants;
    if (acquisition >= granted_.size()) granted_.reach(acquisition, unknown);
    granted_[acquisition] = ticks(since_start);
  }
  void note_end(Slot acquisition, Span since_start) {
    if (const auto span = held(acquisition, since_start)) holds.add(*span);
  }
  // Nothing: another primary granted it.
  [[nodiscard]] std::optional<Span> held(Slot acquisition, Span since_start) const {
    if (acquisition >= granted_.size()) return std::nullopt;
    const std::uint32_t granted = granted_[acquisition];
    if (granted == unknown) return std::nullopt;
    return Span{static_cast<Span::rep>(ticks(since_start) - granted) << tick_bits};
  }

  void note_renewal(Span left, std::uint32_t ttl_ms) {
    const Span ttl = std::chrono::milliseconds{ttl_ms};
    left = std::clamp(left, Span{0}, ttl);
    ++renewals;
    ++margins[left == Span{0} ? 0 : static_cast<std::size_t>((left * tenths - Span{1}) / ttl)];
    margin_sum += static_cast<double>(left.count()) / static_cast<double>(ttl.count());
  }

  void keep(Lost loss) {
    if (newest_losses.size() == most_kept) newest_losses.pop_back();
    newest_losses.push_front(std::move(loss));
  }

 private:
  static constexpr std::uint32_t unknown = 0xFFFF'FFFF;
  static constexpr unsigned tick_bits = 20;  // a tick is 2^20 ns, a little more than a millisecond

  static std::uint32_t ticks(Span since_start) {
    return static_cast<std::uint32_t>(since_start.count() >> tick_bits);
  }

  Row<std::uint32_t> granted_;  // ticks since the start: of 52 days, then they begin anew
};

}  // namespace pawl::node
