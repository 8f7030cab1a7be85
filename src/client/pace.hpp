// SPDX-License-Identifier: Apache-2.0
//
// When a client asks, how long it waits for an answer, and how long it believes one. The same for a
// leased lock and for a session; the reasons stand in DESIGN.md §4.
#pragma once

#include <cstdint>

#include "base/moment.hpp"
#include "pawl/types.hpp"

namespace pawl::client {

// With what needs no wait of the server.
inline constexpr Span answer_patience = std::chrono::seconds{1};
// Before the same is asked again where only time can help: LIMIT, DISK_FULL.
inline constexpr Span full_pause = std::chrono::milliseconds{250};
// The first pause before anything is tried anew; the next are longer.
inline constexpr Span first_pause = std::chrono::milliseconds{10};
// Of those, the longest while there is another primary, or will be in a moment.
inline constexpr Span election_pause = std::chrono::milliseconds{50};

// What is taken off a TTL before anyone counts on it: max(min(50 ms, TTL/5), 1 % of TTL).
[[nodiscard]] Span margin_of(Milliseconds ttl);
// How long after the send of what renewed last the next renewal goes out. Early enough that with an
// outage of two thirds of the TTL less min(5 s, TTL/5), at any moment, a renewal is answered that
// much before the end of what is held.
[[nodiscard]] Span renewal_after(Milliseconds ttl);
// Pauses, before a request or a connection is tried anew, double up to this.
[[nodiscard]] Span longest_pause(Milliseconds ttl);
// With a renewal, of which `silences` in a row were not answered: it is asked again soon,
// elsewhere; but where the way is long, longer each time, or no answer would ever be awaited.
[[nodiscard]] Span renewal_patience(Milliseconds ttl, std::uint32_t silences);

}  // namespace pawl::client
