// SPDX-License-Identifier: Apache-2.0
#include <array>

#include "server/config/keys.hpp"

namespace pawl::server {

namespace {

using Count32 = Count<std::uint32_t>;
using Count64 = Count<std::uint64_t>;
using Size32 = Size<std::uint32_t>;
using Size64 = Size<std::uint64_t>;

constexpr std::uint64_t KiB = 1ULL << 10;
constexpr std::uint64_t MiB = 1ULL << 20;
constexpr std::uint64_t GiB = 1ULL << 30;
constexpr std::uint64_t TiB = 1ULL << 40;

using namespace std::chrono_literals;

// A limit of 0 would read as "no limit" to some and "nothing" to others: none may be 0.
constexpr std::array table{Key{"node", "This node's name in logs and among its peers.",
                               Change::on_restart,
                               NodeName{[](auto& config) -> auto& {return config.core.node;
}  // namespace
}  // namespace pawl::server
}
, Key{"data_dir", "Where the log, the snapshots and the token ceiling are kept.",
      Change::on_restart, Directory{[](auto& config) -> auto& {return config.data_dir;
}
}
}
, Key{"durability",
      "When a grant is answered: flushed to disk, written and flushed within a second, or kept "
      "in memory only.",
      Change::on_restart,
      Choice<Durability>{[](auto& config) -> auto& {return config.core.durability;
}
}
}
,

    Key{"listen.client", "Where clients connect; port 0 takes a free one.", Change::on_restart,
        HostAndPort{[](auto& config) -> auto& {return config.listen.client;
}
}
}
, Key{"listen.peer", "Where the other nodes connect.", Change::on_restart,
      HostAndPort{[](auto& config) -> auto& {return config.listen.peer;
}
}
}
, Key{"listen.http", "Where health, metrics and the status page are served.", Change::on_restart,
      HostAndPort{[](auto& config) -> auto& {return config.listen.http;
}
}
}
,

    Key{"leases.default_ttl", "The lease of a LOCK without ttl=.", Change::on_restart,
        Duration{[](auto& config) -> auto& {return config.core.leases.default_ttl;
}
, 50ms, 24h
}
}
, Key{"leases.min_ttl", "The shortest ttl= a client may ask for.", Change::on_restart,
      Duration{[](auto& config) -> auto& {return config.core.leases.min_ttl;
}
, 50ms, 24h
}
}
, Key{"leases.max_ttl", "The longest ttl= a client may ask for.", Change::on_restart,
      Duration{[](auto& config) -> auto& {return config.core.leases.max_ttl;
}
, 50ms, 24h
}
}
,

    Key{"sessions.default_ttl", "The life of a session after OPEN without ttl=.",
        Change::on_restart,
        Duration{[](auto& config) -> auto& {return config.core.session_default_ttl;
}
, 50ms, 24h
}
}
,

    Key{"log.level", "What is logged: this and all that is graver.", Change::on_reload,
        Choice<LogLevel>{[](auto& config) -> auto& {return config.log_level;
}
}
}
, Key{"log.format", "How: auto is journal under systemd, text on a terminal, else JSON lines.",
      Change::on_restart, Choice<LogFormat>{[](auto& config) -> auto& {return config.log_format;
}
}
}
,

    Key{"limits.connections", "Client connections.", Change::on_reload,
        Count32{[](auto& config) -> auto& {return config.core.limits.connections;
}
, 1, 1'000'000
}
}
, Key{"limits.connections_per_address", "Client connections from one address; loopback is exempt.",
      Change::on_reload,
      Count32{[](auto& config) -> auto& {return config.core.limits.connections_per_address;
}
, 1, 1'000'000
}
}
, Key{"limits.line", "A request line with its LF; a longer one closes the connection.",
      Change::on_reload, Size32{[](auto& config) -> auto& {return config.core.limits.line;
}
, KiB, 64 * KiB
}
}
, Key{"limits.unread_output", "Replies a client has not read; beyond, its requests wait.",
      Change::on_reload, Size64{[](auto& config) -> auto& {return config.core.limits.unread_output;
}
, 64 * KiB, GiB
}
}
, Key{"limits.unread_output_for", "How long that may last before the connection is closed.",
      Change::on_reload,
      Duration{[](auto& config) -> auto& {return config.core.limits.unread_output_for;
}
, 100ms, 1h
}
}
, Key{"limits.pipelined", "Unanswered requests of one connection; beyond, its requests wait.",
      Change::on_reload, Count32{[](auto& config) -> auto& {return config.core.limits.pipelined;
}
, 1, 1'000'000
}
}
, Key{"limits.half_line", "How long a line may stay unfinished before the connection is closed.",
      Change::on_reload, Duration{[](auto& config) -> auto& {return config.core.limits.half_line;
}
, 100ms, 1h
}
}
, Key{"limits.sessions", "Sessions.", Change::on_reload,
      Count64{[](auto& config) -> auto& {return config.core.limits.sessions;
}
, 1, 100'000'000
}
}
, Key{"limits.locks", "Locks held or waited for.", Change::on_reload,
      Count64{[](auto& config) -> auto& {return config.core.limits.locks;
}
, 1, 1'000'000'000
}
}
, Key{"limits.locks_per_session", "Locks held by one session.", Change::on_reload,
      Count64{[](auto& config) -> auto& {return config.core.limits.locks_per_session;
}
, 1, 1'000'000'000
}
}
, Key{"limits.waiters_per_lock", "Waits for one lock.", Change::on_reload,
      Count64{[](auto& config) -> auto& {return config.core.limits.waiters_per_lock;
}
, 1, 1'000'000'000
}
}
, Key{"limits.waiters_per_session", "Waits of one session.", Change::on_reload,
      Count64{[](auto& config) -> auto& {return config.core.limits.waiters_per_session;
}
, 1, 1'000'000'000
}
}
, Key{"limits.watches", "Watches of one connection.", Change::on_reload,
      Count32{[](auto& config) -> auto& {return config.core.limits.watches;
}
, 1, 1'000'000
}
}
, Key{"limits.memory",
      "Memory of the lock table; beyond, new locks, sessions and waits are refused.",
      Change::on_reload, Size64{[](auto& config) -> auto& {return config.core.limits.memory;
}
, MiB, 64 * TiB
}
}
, Key{"limits.reclaim", "How long a wait keeps its place after its last connection ended.",
      Change::on_reload, Duration{[](auto& config) -> auto& {return config.core.limits.reclaim;
}
, 50ms, 10min
}
}
,
}
;

}  // namespace

std::span<const Key> keys() { return table; }

}  // namespace pawl::server
