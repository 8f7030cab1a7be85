// SPDX-License-Identifier: Apache-2.0
#include "client/asking/rounds.hpp"

#include <algorithm>
#include <utility>

namespace pawl::client {

using namespace std::chrono_literals;

namespace {

constexpr Rounds::Span first_pause = 10ms;
constexpr Rounds::Span longest_pause = 500ms;
constexpr Rounds::Span first_connect = 250ms;
constexpr Rounds::Span first_answer = 1s;

Rounds::Span doubled(Rounds::Span first, unsigned times) {
  return first * (1U << std::min(times, 10U));
}

}  // namespace

Rounds::Rounds(std::vector<ServerAddress> list, Span limit, std::uint32_t seed)
    : list_(std::move(list)), limit_(limit), random_(seed) {}

void Rounds::begin(Time now) {
  until_ = now + limit_;
  followed_ = worth_repeating_ = false;
  failed_ = 0;
  round_ = 0;
}

const ServerAddress& Rounds::next() {
  if (primary_) {
    asked_ = *std::exchange(primary_, std::nullopt);
  } else {
    asked_ = list_[next_];
    next_ = (next_ + 1) % list_.size();
  }
  return asked_;
}

std::optional<Rounds::Span> Rounds::failed(Time now, Trouble trouble, std::string_view primary) {
  worth_repeating_ = worth_repeating_ || trouble != Trouble::refused;
  if (now >= until_) return std::nullopt;
  // Once a round: the one it names may be gone as well.
  const auto named = parse_server_address(primary);
  if (named && *named != asked_ && !std::exchange(followed_, true)) {
    knows_others_ = true;
    primary_ = named;
    return 0ms;
  }
  if (++failed_ < list_.size()) return 0ms;
  if (!worth_repeating_) return std::nullopt;
  failed_ = 0;
  followed_ = false;
  return pause_before(until_, now);
}

// Jittered, so that many who lost the same server do not come back as one.
Rounds::Span Rounds::pause_before(Time until, Time now) {
  const Span most = std::min(longest_pause, doubled(first_pause, round_));
  ++round_;
  std::uniform_int_distribution<Span::rep> spread(most.count() / 2, most.count());
  return std::min(Span{spread(random_)}, std::chrono::ceil<Span>(until - now));
}

Rounds::Span Rounds::to_connect(Time now) const { return bounded(now, first_connect); }
Rounds::Span Rounds::to_answer(Time now) const { return bounded(now, first_answer); }

Rounds::Span Rounds::bounded(Time now, Span first) const {
  const Span left = std::max(1ms, std::chrono::ceil<Span>(until_ - now));
  const bool is_alone = list_.size() == 1 && !knows_others_;
  return is_alone ? left : std::min(left, doubled(first, round_));
}

}  // namespace pawl::client
