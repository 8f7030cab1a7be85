// SPDX-License-Identifier: Apache-2.0
//
// The connections to the other nodes. For each pair one connection carries both directions, called
// by whoever stands first in the configuration: so both ends mean the same bytes by "connected",
// and none can be half there. Laws: Met comes before any message, PeerLost after the last; a member
// that connects anew ends its old connection first; nothing is resent.
#pragma once

#include <boost/asio/io_context.hpp>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/moment.hpp"
#include "client/lookup.hpp"
#include "node/event.hpp"
#include "replication/event.hpp"
#include "replication/frame.hpp"
#include "replication/membership.hpp"
#include "server/config/values.hpp"
#include "server/handler_memory.hpp"
#include "server/listener.hpp"
#include "server/log.hpp"
#include "server/peer_dialer.hpp"
#include "server/peer_identity.hpp"
#include "server/peer_link.hpp"
#include "server/said_lately.hpp"
#include "server/start_failure.hpp"
#include "server/tls/context.hpp"

namespace pawl::server {

// Strangers may knock as they like: it is the oldest of so many that has to go.
inline constexpr std::ptrdiff_t most_strangers = 64;

struct PeersOptions {
  std::vector<std::string> names;  // of all members, in the order of the configuration
  std::vector<Address> addresses;  // likewise
  replication::Member self;
  DialTiming dial{};
  Milliseconds hello_within{5'000};
  Milliseconds said_again{10'000};  // the same warning of the same peer
  std::size_t most_unsent = std::size_t{8} << 20;
  std::string cluster;                   // as certificates name it
  std::function<tls::ContextPtr()> tls;  // of a new connection; none, or gives null: plain
};

// What Peers needs to know and to have done. All on the io thread.
struct PeersOwner {
  // Who this node is, now.
  std::function<replication::Hello()> hello;
  // With which disk a member was met last, durable.
  std::function<std::optional<std::uint64_t>(replication::Member)> bound_disk;
  // `done` once it is durable.
  std::function<void(replication::Member, std::uint64_t disk, std::function<void()> done)>
      bind_disk;
  // This node, which is blank, is of that incarnation from now on; `done` once it is durable.
  std::function<void(std::uint64_t incarnation, std::function<void()> done)> adopt_incarnation;
  // Met, Received and PeerLost.
  std::function<void(const node::Event&)> deliver;
};

// Delivers from the io_context, which must not run on after the end of this, from flush() and from
// introduce_anew(); never from within send().
class Peers {
 public:
  Peers(boost::asio::io_context& context, HandlerMemory& memory, const Log& log,
        PeersOptions options, PeersOwner owner, client::Resolve resolve = client::ask_system);

  // Begins to listen and to call; gives the address really bound.
  [[nodiscard]] Started<std::string> start(const Address& address, std::optional<int> given = {});

  // To be written by the next flush(); lost if there is no connection.
  void send(replication::Member to, const replication::Message& message);
  // Once a turn. May find that a connection has ended, and deliver that.
  void flush();
  [[nodiscard]] bool is_flushed() const { return to_flush_.empty(); }

  // What our hello said is no longer so: all connections end, and begin anew.
  void introduce_anew();
  // Ends all; delivers nothing any more.
  void close();

  [[nodiscard]] bool is_connected(replication::Member member) const {
    return current_[member.value] != 0;
  }

 private:
  using Stage = PeerLink::Stage;

  // peers.cpp: connections coming, messages in and out, the end
  void call(replication::Member member);
  void on_reached(replication::Member member, Socket socket);
  void on_accepted(Socket socket, const std::string& from);
  PeerLink& add(Socket socket, std::string from, bool dialled);
  [[nodiscard]] PeerLink* find(PeerLinkId id);
  void wait_readable(PeerLink& link);
  void on_readable(PeerLinkId id, const boost::system::error_code& error);
  void read(PeerLink& link);
  void take(PeerLink& link, std::string_view bytes);
  bool take_message(PeerLinkId id, std::string_view& bytes);
  void list_output(const PeerLink& link);
  void write(PeerLink& link);
  void end(PeerLinkId id, PeerFlaw flaw);

  // peers_tls.cpp: before anything is said
  void secure(PeerLink& link);
  void shake_hands(PeerLink& link);
  void on_secured(PeerLink& link);
  [[nodiscard]] bool is_certified(const PeerLink& link, replication::Member member) const;

  // peers_hello.cpp: who is at the other end
  void say_hello(PeerLink& link, std::uint64_t seed);
  bool take_hello(PeerLinkId id, std::string_view& bytes);
  void on_hello(PeerLink& link);
  void refuse(PeerLink& link, const replication::Hello& ours, PeerFlaw flaw);
  void on_confirmed(PeerLink& link, const replication::Hello& again);
  void end_others(replication::Member member, PeerLinkId but);
  void make_room();
  void on_bound(PeerLinkId id);
  void begin(PeerLink& link);
  void await_hello(PeerLink& link);
  void report(const PeerLink& link, PeerFlaw flaw);
  [[nodiscard]] std::string_view name_of(const PeerLink& link) const;

  boost::asio::io_context& context_;
  HandlerMemory& memory_;
  const Log& log_;
  PeersOptions options_;
  PeersOwner owner_;
  client::Resolve resolve_;
  Listener listener_;
  SaidLately said_;
  std::vector<std::unique_ptr<PeerDialer>> dialers_;  // by member; none for who calls us
  std::vector<std::unique_ptr<PeerLink>> links_;      // in the order in which they came
  std::vector<PeerLinkId> current_;                   // by member: the one that is up
  std::vector<PeerLinkId> to_flush_;
  PeerLinkId last_id_ = 0;
  std::vector<char> buffer_;  // every read
  std::string body_;          // of the message being sent
  bool adopting_ = false;
};

}  // namespace pawl::server
