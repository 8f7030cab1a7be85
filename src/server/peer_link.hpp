// SPDX-License-Identifier: Apache-2.0
//
// One connection between nodes: its socket, a frame's beginning that was read, frames that wait to
// be written. Values and small steps only; peers.hpp moves it. Holds no buffer while it is idle.
#pragma once

#include <boost/asio/steady_timer.hpp>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include "base/moment.hpp"
#include "replication/frame.hpp"
#include "replication/membership.hpp"
#include "server/transport.hpp"

namespace pawl::server {

using PeerLinkId = std::uint64_t;  // never reused; 0 is none

struct PeerLink {
  enum class Stage : std::uint8_t {
    hello,    // theirs is awaited
    binding,  // their disk is being noted
    confirm,  // ours is sent; theirs again, to say that they have noted our disk
    up,       // messages
  };

  PeerLink(PeerLinkId number, Socket socket, std::string from_address, bool is_ours);

  // Takes all that is there, at most `into`. False: nothing, or the end (`error`).
  [[nodiscard]] bool read(std::span<char> into, std::string_view& bytes,
                          boost::system::error_code& error);
  // Whatever is left of `bytes` must have been read from `input` or after it.
  void keep(std::string_view bytes);

  // As much as the socket takes. False: the connection is broken.
  [[nodiscard]] bool write();
  [[nodiscard]] std::size_t unsent() const { return output.size() - written; }

  PeerLinkId id;
  Transport transport;
  boost::asio::steady_timer hello_timer;
  std::string address;
  bool dialled;  // we called them
  std::optional<replication::Member> member;
  Stage stage = Stage::hello;
  replication::Hello theirs;
  std::uint64_t seed = 0;  // of the frames, once both have said hello
  Moment up_since = never;

  std::string input;
  std::string output;
  std::size_t written = 0;  // of output
  bool taking = false;      // what was read is being looked at
  bool read_waiting = false;
  bool write_waiting = false;
  bool overrun = false;  // more is unsent than allowed: nothing more is sent, it ends
};

}  // namespace pawl::server
