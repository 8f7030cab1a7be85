// SPDX-License-Identifier: Apache-2.0
#include "server/peer_identity.hpp"

#include <algorithm>

#include "base/bytes.hpp"
#include "journal/checksum.hpp"

namespace pawl::server {

using replication::FrameFlaw;
using replication::Hello;
using replication::HelloFlaw;
using replication::Member;

namespace {

constexpr std::size_t most_hello_bytes = 1'024;
constexpr std::size_t length_bytes = 4;
constexpr std::string_view tls_hello = "\x16\x03";
constexpr unsigned char newest_thinkable_version = 31;  // beyond it come letters: somebody's text

std::size_t length_of(std::string_view bytes) {
  std::size_t length = 0;
  for (std::size_t i = length_bytes; i-- > 0;) {
    length = length << 8 | static_cast<unsigned char>(bytes[i]);
  }
  return length;
}

PeerFlaw flaw_of(FrameFlaw flaw, std::string_view bytes) {
  switch (flaw) {
    case FrameFlaw::other_version: {
      const auto version = static_cast<unsigned char>(bytes[length_bytes]);
      return version <= newest_thinkable_version ? PeerFlaw::other_version : PeerFlaw::no_node;
    }
    case FrameFlaw::too_long:
    case FrameFlaw::unknown_kind: return PeerFlaw::no_node;
    // Of the hello that confirms: it was written for another cluster or incarnation.
    case FrameFlaw::damaged: return PeerFlaw::damaged;
  }
  return PeerFlaw::no_node;
}

PeerFlaw flaw_of(HelloFlaw flaw) {
  switch (flaw) {
    case HelloFlaw::other_cluster: return PeerFlaw::other_cluster;
    case HelloFlaw::other_incarnation: return PeerFlaw::other_incarnation;
    case HelloFlaw::own_name: return PeerFlaw::own_name;
    case HelloFlaw::other_members: return PeerFlaw::other_members;
    case HelloFlaw::records_apart: return PeerFlaw::records_apart;
  }
  return PeerFlaw::damaged;
}

}  // namespace

std::string_view explain(PeerFlaw flaw) {
  switch (flaw) {
    case PeerFlaw::no_node:
      return "what it sends is not of a pawld; only nodes of the cluster may connect to "
             "listen.peer, clients connect to listen.client";
    case PeerFlaw::other_version:
      return "it speaks another version of the protocol between nodes; run the same version of "
             "pawld on every node";
    case PeerFlaw::damaged: return "it sent bytes that are damaged";
    case PeerFlaw::unknown_member:
      return "it is no node of this configuration; cluster.nodes must be the same on every node";
    case PeerFlaw::other_member:
      return "it is another node than the address stands for; compare cluster.nodes, which must "
             "be the same on every node, with the node's own name and listen.peer";
    case PeerFlaw::other_cluster:
      return "it belongs to another cluster; cluster.id must be the same on every node";
    case PeerFlaw::other_incarnation:
      return "one of the two was promoted while the other was away, or it was restored from "
             "another backup; empty the data_dir of the one that was left behind, it joins anew";
    case PeerFlaw::own_name:
      return "it goes by the name of this node; each node needs its own, and its own address in "
             "cluster.nodes";
    case PeerFlaw::other_members:
      return "its cluster.nodes names other nodes or other witnesses than ours; make cluster.nodes "
             "equal on every node, and restart those that were wrong";
    case PeerFlaw::records_apart:
      return "neither version of pawld knows the other's records; upgrade one release at a time";
    case PeerFlaw::replaced_disk:
      return "its disk was replaced; its data_dir is void: empty it, the node joins anew";
    case PeerFlaw::speaks_tls: return "it speaks TLS; tls.peers must be the same on every node";
    case PeerFlaw::no_tls:
      return "there is no TLS with it; compare tls.peers, tls.ca and tls.certificate of both";
    case PeerFlaw::uncertified:
      return "its certificate names no such node; it needs the URI pawl://CLUSTER/NODE of its own";
    case PeerFlaw::other_certificate:
      return "its certificate is that of another node than it says it is";
    case PeerFlaw::silent: return "it did not say in time who it is";
    case PeerFlaw::hung_up:
      return "it closed the connection without saying who it is; its own log says why";
    case PeerFlaw::ended: return "it closed the connection";
    case PeerFlaw::unread: return "it does not read what it is sent";
    case PeerFlaw::replaced: return "it connected anew";
    case PeerFlaw::newcomer: return "it is new, and takes up the incarnation that it was told of";
    case PeerFlaw::void_here: return "this node introduces itself anew";
  }
  return "";
}

bool is_refusal(PeerFlaw flaw) {
  switch (flaw) {
    case PeerFlaw::ended:
    case PeerFlaw::replaced:
    case PeerFlaw::newcomer:
    case PeerFlaw::void_here: return false;
    case PeerFlaw::no_node:
    case PeerFlaw::other_version:
    case PeerFlaw::damaged:
    case PeerFlaw::unknown_member:
    case PeerFlaw::other_member:
    case PeerFlaw::other_cluster:
    case PeerFlaw::other_incarnation:
    case PeerFlaw::own_name:
    case PeerFlaw::other_members:
    case PeerFlaw::records_apart:
    case PeerFlaw::replaced_disk:
    case PeerFlaw::speaks_tls:
    case PeerFlaw::no_tls:
    case PeerFlaw::uncertified:
    case PeerFlaw::other_certificate:
    case PeerFlaw::silent:
    case PeerFlaw::hung_up:
    case PeerFlaw::unread: return true;
  }
  return true;
}

std::uint64_t members_hash(const std::vector<ClusterNode>& nodes) {
  std::string members;
  ByteWriter out{members};
  for (const ClusterNode& node : nodes) {
    out.text(node.id);
    out.number(node.witness ? 1 : 0);
  }
  return std::max<std::uint64_t>(journal::checksum(journal::bytes_of(members), 0), 1);
}

// Text that somebody types is known for what it is by its first four bytes, taken as a length.
std::variant<ReadHello, HelloIncomplete, PeerFlaw> read_hello(std::string_view bytes,
                                                              std::uint64_t seed) {
  if (bytes.starts_with(tls_hello)) return PeerFlaw::speaks_tls;
  if (bytes.size() >= length_bytes && length_of(bytes) > most_hello_bytes) {
    return PeerFlaw::no_node;
  }
  const auto read = replication::read_frame(bytes, seed);
  if (const auto* flaw = std::get_if<FrameFlaw>(&read)) return flaw_of(*flaw, bytes);
  const auto* frame = std::get_if<replication::Frame>(&read);
  if (frame == nullptr) return HelloIncomplete{};
  if (frame->kind != replication::FrameKind::hello) return PeerFlaw::no_node;
  std::optional<Hello> hello = replication::decode_hello(frame->body);
  if (!hello) return PeerFlaw::damaged;
  return ReadHello{std::move(*hello), frame->size};
}

std::variant<Member, PeerFlaw> identify(const Hello& ours, const Hello& theirs,
                                        const std::vector<std::string>& names,
                                        std::optional<Member> called) {
  const auto found = std::find(names.begin(), names.end(), theirs.node);
  const auto flaw = replication::judge_hello(ours, theirs);
  // That it is not named here says more than that the lists differ.
  const bool is_known = found != names.end();
  if (flaw && (is_known || *flaw != HelloFlaw::other_members)) return flaw_of(*flaw);
  if (!is_known) return PeerFlaw::unknown_member;
  const Member member{static_cast<std::uint8_t>(found - names.begin())};
  const auto own = std::find(names.begin(), names.end(), ours.node);
  const Member self{static_cast<std::uint8_t>(own - names.begin())};
  const bool is_expected = called ? member == *called : calls(member, self);
  if (!is_expected) return PeerFlaw::other_member;
  return member;
}

bool takes_up(const Hello& newcomer, const Hello& other) {
  return newcomer.blank && newcomer.cluster == other.cluster && newcomer.node != other.node &&
         newcomer.members == other.members && newcomer.incarnation < other.incarnation;
}

// One that comes blank has promised nothing with the disk it has now. One that has taken part with
// another disk than ours knows of was brought back from a copy, or its bytes were exchanged.
DiskVerdict judge_disk(std::optional<std::uint64_t> bound, const Hello& theirs) {
  if (bound == theirs.disk) return DiskVerdict::known;
  if (!bound || theirs.blank) return DiskVerdict::to_bind;
  return DiskVerdict::refused;
}

}  // namespace pawl::server
