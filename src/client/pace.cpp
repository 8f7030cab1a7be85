// SPDX-License-Identifier: Apache-2.0
#include "client/pace.hpp"

#include <algorithm>

namespace pawl::client {

using namespace std::chrono_literals;

namespace {

// A BREAK whose EVENT got lost is noticed by then, however long the TTL.
constexpr Span longest_renewal = 60s;

}  // namespace

Span margin_of(Milliseconds ttl) {
  return std::max<Span>(std::min<Span>(50ms, Span{ttl} / 5), Span{ttl} / 100);
}

Span renewal_after(Milliseconds ttl) {
  return std::min(longest_renewal, std::max(Span{ttl} / 4 - margin_of(ttl), Span{ttl} / 10));
}

Span longest_pause(Milliseconds ttl) { return std::clamp<Span>(Span{ttl} / 50, 2ms, 250ms); }

Span renewal_patience(Milliseconds ttl, std::uint32_t silences) {
  const Span first = std::max<Span>(20ms, std::min<Span>(Span{ttl} / 20, 1s));
  const Span longest = std::max<Span>(first, std::min<Span>(Span{ttl} / 5, 1s));
  return std::min<Span>(longest, first * (1 << std::min(silences, 6U)));
}

}  // namespace pawl::client
