// SPDX-License-Identifier: Apache-2.0
//
// Many connections driven by one thread. Each keeps a window of requests under way, taken from a
// script, and counts its replies. All loops end: by the script, or by a deadline that throws.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace pawl::testing {

struct Script {
  // Requests of one connection that may be under way.
  std::size_t window = 1;
  // Appends the next request line of this connection, or nothing: then it has no more.
  std::function<void(std::size_t connection, std::string& out)> next;
};

class Load {
 public:
  explicit Load(std::uint16_t port, int receive_buffer = 0);
  ~Load();  // resets every connection: none lingers, no port is used up
  Load(const Load&) = delete;
  Load& operator=(const Load&) = delete;

  // Connects so many more, of which each was answered a PING.
  void open(std::size_t connections);
  // Until the script is at its end and every reply has come; so many connections at a time, for
  // thousands that ask at one moment queue up before anybody, however quick the server.
  void perform(const Script& script, std::size_t at_once = 64);

  [[nodiscard]] std::size_t size() const { return peers_.size(); }
  // Replies other than OK.
  [[nodiscard]] std::size_t refusals() const { return refusals_; }
  [[nodiscard]] const std::string& first_refusal() const { return first_refusal_; }

 private:
  struct Peer {
    int socket = -1;
    std::string output;
    std::size_t written = 0;  // of output
    std::string half_line;
    std::size_t due = 0;  // replies
    bool at_end = false;  // of its script
    bool waits_to_write = false;
  };

  void drive(const Script& script, std::size_t first, std::size_t end);
  void advance(const Script& script, std::size_t connection);
  bool read(Peer& peer);
  void take_line(Peer& peer, std::string_view line);
  void write(Peer& peer, std::size_t connection);
  [[nodiscard]] static bool is_done(const Peer& peer) { return peer.at_end && peer.due == 0; }

  std::uint16_t port_;
  int receive_buffer_;
  int poll_;
  std::vector<Peer> peers_;
  std::size_t refusals_ = 0;
  std::string first_refusal_;
};

// A connected, non-blocking socket; `receive_buffer` in bytes if not the system's. It comes from
// 127.0.0.<from>: of one address ports are found slowly where most are taken.
[[nodiscard]] int connect_to(std::uint16_t port, int receive_buffer = 0, std::uint8_t from = 1);

// Descriptors for so many connections, or an exception: these tests are never skipped.
void raise_descriptor_limit(std::size_t connections);

// "000042" for 42 and width 6.
void append_number(std::string& out, std::size_t number, std::size_t width);

}  // namespace pawl::testing
