// SPDX-License-Identifier: Apache-2.0
//
// Whether whoever is at the other end of a connection is the member it says it is, by its hello
// and by what META remembers of it. Pure: decides, and says in words for an operator what is wrong.
// Law: a member comes with the disk it was last met with, or with a new one; nothing else.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/settings.hpp"
#include "replication/frame.hpp"
#include "replication/membership.hpp"

namespace pawl::server {

// Why a connection between nodes is not made, or ends.
enum class PeerFlaw : std::uint8_t {
  no_node,         // what it sends is no hello
  other_version,   // of the protocol between nodes
  damaged,         // a frame is not what its sender wrote
  unknown_member,  // no node of our configuration
  other_member,    // a node of it, but not the one that was called, or one that does not call us
  other_cluster,
  other_incarnation,
  own_name,
  other_members,  // its configuration makes the cluster of others
  records_apart,
  replaced_disk,
  speaks_tls,         // and we do not
  no_tls,             // hands were not shaken
  uncertified,        // its certificate is that of no node of the configuration
  other_certificate,  // … or of another one than the hello says
  silent,             // no hello in time
  hung_up,            // it closed the connection before its hello
  ended,              // it closed the connection
  unread,             // it does not read what it is sent
  replaced,           // by a newer connection of the same node
  newcomer,           // it is new here, and of an incarnation that is over
  void_here,          // this node is not what it was: it introduces itself anew
};

// What is wrong and what to do about it.
[[nodiscard]] std::string_view explain(PeerFlaw flaw);
// An operator has to know; what else ends a connection is everyday life.
[[nodiscard]] bool is_refusal(PeerFlaw flaw);

struct HelloIncomplete {};
struct ReadHello {
  replication::Hello hello;
  std::size_t size = 0;  // of its frame
};

// Of whom the configuration makes a cluster: names and witnesses, sorted as they are there. Not of
// addresses, which each node may see in its own way. Never 0.
[[nodiscard]] std::uint64_t members_hash(const std::vector<ClusterNode>& nodes);

// The hello that must come first in `bytes`. `seed`: 0, or link_seed() for the one that confirms.
[[nodiscard]] std::variant<ReadHello, HelloIncomplete, PeerFlaw> read_hello(std::string_view bytes,
                                                                            std::uint64_t seed);

// Which member that is. `called`: whom we called; nothing: it called us.
[[nodiscard]] std::variant<replication::Member, PeerFlaw> identify(
    const replication::Hello& ours, const replication::Hello& theirs,
    const std::vector<std::string>& names, std::optional<replication::Member> called);

// A node on a new disk has nothing of an incarnation that is over: it takes up the one it meets.
[[nodiscard]] bool takes_up(const replication::Hello& newcomer, const replication::Hello& other);

// For each pair the node that stands first in the configuration calls the other.
[[nodiscard]] inline bool calls(replication::Member one, replication::Member other) {
  return one < other;
}

enum class DiskVerdict : std::uint8_t { known, to_bind, refused };
// `bound`: with which disk it was met last.
[[nodiscard]] DiskVerdict judge_disk(std::optional<std::uint64_t> bound,
                                     const replication::Hello& theirs);

}  // namespace pawl::server
