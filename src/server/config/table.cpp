// SPDX-License-Identifier: Apache-2.0
#include <array>
#include <chrono>
#include <type_traits>
#include <utility>

#include "server/config/keys.hpp"

namespace pawl::server {

namespace {

template <auto... Path>
struct Follow {
  using Value = std::remove_reference_t<decltype((std::declval<Config&>().*....*Path))>;
  static Value& in(Config& config) { return (config.*....*Path); }
  static const Value& of(const Config& config) { return (config.*....*Path); }
};

// at<&Config::listen, &Listen::client>: from member to member, down to the value.
template <auto... Path>
constexpr Place<typename Follow<Path...>::Value> at{Follow<Path...>::in, Follow<Path...>::of};

template <auto Member>
constexpr auto core = at<&Config::core, Member>;
template <auto Member>
constexpr auto lease = at<&Config::core, &Settings::leases, Member>;
template <auto Member>
constexpr auto limit = at<&Config::core, &Settings::limits, Member>;

template <auto Member>
constexpr auto in_cluster = at<&Config::core, &Settings::cluster, Member>;

using Count32 = Count<std::uint32_t>;
using Count64 = Count<std::uint64_t>;
using Size32 = Size<std::uint32_t>;
using Size64 = Size<std::uint64_t>;

constexpr std::uint64_t KiB = 1ULL << 10;
constexpr std::uint64_t MiB = 1ULL << 20;
constexpr std::uint64_t GiB = 1ULL << 30;
constexpr std::uint64_t TiB = 1ULL << 40;

constexpr std::uint64_t million = 1'000'000;

using namespace std::chrono_literals;

constexpr Change on_restart = Change::on_restart;
constexpr Change on_reload = Change::on_reload;

// A limit of 0 would read as "no limit" to some and "nothing" to others: none may be 0.
constexpr std::array table{
    Key{"node", "This node's name in logs and among its peers.", on_restart,
        NodeName{core<&Settings::node>}},
    Key{"data_dir", "Where the log, the snapshots and the token ceiling are kept.", on_restart,
        Directory{at<&Config::data_dir>}},
    Key{"durability",
        "When a grant is answered: flushed to disk, written and flushed within a second, or kept "
        "in memory only.",
        on_restart, Choice<Durability>{core<&Settings::durability>}},

    Key{"listen.client", "Where clients connect; port 0 takes a free one.", on_restart,
        HostAndPort{at<&Config::listen, &Listen::client>}},
    Key{"listen.peer", "Where the other nodes connect.", on_restart,
        HostAndPort{at<&Config::listen, &Listen::peer>}},
    Key{"listen.http", "Where health, metrics and the status page are served.", on_restart,
        HostAndPortOrNone{at<&Config::listen, &Listen::http>}},

    Key{"cluster.id", "The name of the cluster; its nodes refuse those of another.", on_restart,
        NameOrNone{at<&Config::cluster_id>}},
    Key{"cluster.nodes", "Every node, this one too, the same on each; none: one node alone.",
        on_restart, NodeList{at<&Config::cluster_peers>}},
    Key{"cluster.heartbeat", "How often the primary is heard by the others at the least.",
        on_restart, Duration{in_cluster<&Cluster::heartbeat>, 10ms, 2s}},
    Key{"cluster.election", "How long the primary is not heard before another one is elected.",
        on_restart, Duration{in_cluster<&Cluster::election>, 100ms, 10s}},

    Key{"tls.certificate", "This node's certificate, PEM; empty: TLS is off.", on_reload,
        FileOrNone{at<&Config::tls, &Tls::certificate>}},
    Key{"tls.key", "The private key of that certificate, PEM.", on_reload,
        FileOrNone{at<&Config::tls, &Tls::key>}},
    Key{"tls.ca", "Who has to have signed the certificates of peers and clients, PEM.", on_reload,
        FileOrNone{at<&Config::tls, &Tls::ca>}},
    Key{"tls.clients", "Whether clients speak TLS: who begins with it, all of them, or none.",
        on_reload, Choice<TlsClients>{at<&Config::tls, &Tls::clients>}},
    Key{"tls.client_certificates", "Whether clients show certificates, which name their user.",
        on_reload, Choice<ClientCertificates>{at<&Config::tls, &Tls::client_certificates>}},
    Key{"tls.peers", "Whether the nodes speak TLS to each other, each with its certificate.",
        on_restart, Choice<Switch>{at<&Config::tls, &Tls::peers>}},
    Key{"tls.http", "Whether the HTTP port is one of HTTPS.", on_restart,
        Choice<Switch>{at<&Config::tls, &Tls::http>}},

    Key{"leases.default_ttl", "The lease of a LOCK without ttl=.", on_restart,
        Duration{lease<&Leases::default_ttl>, 50ms, 24h}},
    Key{"leases.min_ttl", "The shortest ttl= a client may ask for.", on_restart,
        Duration{lease<&Leases::min_ttl>, 50ms, 24h}},
    Key{"leases.max_ttl", "The longest ttl= a client may ask for.", on_restart,
        Duration{lease<&Leases::max_ttl>, 50ms, 24h}},
    Key{"leases.restart_grace",
        "How long new grants wait after a start that may have forgotten a lock.", on_restart,
        DurationOrAuto{lease<&Leases::restart_grace>, 24h}},

    Key{"sessions.default_ttl", "The life of a session after OPEN without ttl=.", on_restart,
        Duration{core<&Settings::session_default_ttl>, 50ms, 24h}},

    Key{"resp.enabled", "Whether Redis clients are served, on the same port.", on_restart,
        Choice<Switch>{at<&Config::resp, &Resp::enabled>}},
    Key{"resp.missing_ttl", "What a SET without PX or EX gets: the TTL of ttl_cap, or an error.",
        on_restart, Choice<MissingTtl>{at<&Config::resp, &Resp::missing_ttl>}},
    Key{"resp.ttl_cap", "The lease of a lock whose Redis client gives it none.", on_restart,
        Duration{at<&Config::resp, &Resp::ttl_cap>, 50ms, 24h}},
    Key{"resp.allow_unowned", "Whether DEL and EXPIRE may act on a lock without naming its owner.",
        on_restart, Choice<Switch>{at<&Config::resp, &Resp::allow_unowned>}},
    Key{"resp.forward", "Whether a standby passes Redis clients on to the primary.", on_restart,
        Choice<Switch>{at<&Config::resp, &Resp::forward>}},

    Key{"security.insecure",
        "Whether ports may be open to other machines though nobody has to say who it is.",
        on_restart, Choice<Switch>{at<&Config::security, &Security::insecure>}},
    Key{"security.roles", "What whoever has a role may do, on names that begin so.", on_reload,
        RoleList{at<&Config::security, &Security::roles>}},
    Key{"security.users", "Who may do anything at all; none: everybody may do everything.",
        on_reload, UserList{at<&Config::security, &Security::users>}},
    Key{"security.anonymous", "The roles of whoever has not said who it is.", on_reload,
        WordList{at<&Config::security, &Security::anonymous>}},

    Key{"log.level", "What is logged: this and all that is graver.", on_reload,
        Choice<LogLevel>{at<&Config::log_level>}},
    Key{"log.format", "How: auto is journal under systemd, text on a terminal, else JSON lines.",
        on_restart, Choice<LogFormat>{at<&Config::log_format>}},

    Key{"limits.connections", "Client connections.", on_reload,
        Count32{limit<&Limits::connections>, 1, million}},
    Key{"limits.connections_per_address",
        "Client connections from one address; loopback is exempt.", on_reload,
        Count32{limit<&Limits::connections_per_address>, 1, million}},
    Key{"limits.line", "A request line with its LF; a longer one closes the connection.", on_reload,
        Size32{limit<&Limits::line>, KiB, 64 * KiB}},
    Key{"limits.unread_output", "Replies a client has not read; beyond, its requests wait.",
        on_reload, Size64{limit<&Limits::unread_output>, 64 * KiB, GiB}},
    Key{"limits.unread_output_for", "How long that may last before the connection is closed.",
        on_reload, Duration{limit<&Limits::unread_output_for>, 100ms, 1h}},
    Key{"limits.pipelined", "Unanswered requests of one connection; beyond, its requests wait.",
        on_reload, Count32{limit<&Limits::pipelined>, 1, million}},
    Key{"limits.half_line", "How long a line may stay unfinished before the connection is closed.",
        on_reload, Duration{limit<&Limits::half_line>, 100ms, 1h}},
    Key{"limits.sessions", "Sessions.", on_reload,
        Count64{limit<&Limits::sessions>, 1, 100 * million}},
    Key{"limits.locks", "Locks held or waited for.", on_reload,
        Count64{limit<&Limits::locks>, 1, 1'000 * million}},
    Key{"limits.locks_per_session", "Locks held by one session.", on_reload,
        Count64{limit<&Limits::locks_per_session>, 1, 1'000 * million}},
    Key{"limits.waiters_per_lock", "Waits for one lock.", on_reload,
        Count64{limit<&Limits::waiters_per_lock>, 1, 40'000}},
    Key{"limits.waiters_per_session", "Waits of one session.", on_reload,
        Count64{limit<&Limits::waiters_per_session>, 1, 1'000 * million}},
    Key{"limits.watches", "Watches of one connection.", on_reload,
        Count32{limit<&Limits::watches>, 1, million}},
    Key{"limits.memory",
        "Memory of the lock table; beyond, new locks, sessions and waits are refused.", on_reload,
        Size64{limit<&Limits::memory>, MiB, 64 * TiB}},
    Key{"limits.reclaim", "How long a wait keeps its place after its last connection ended.",
        on_reload, Duration{limit<&Limits::reclaim>, 50ms, 10min}},
};

}  // namespace

std::span<const Key> keys() { return table; }

}  // namespace pawl::server
