// SPDX-License-Identifier: Apache-2.0
//
// Clients that mean harm, thousands of connections driven by one thread. Those who send as much as
// they are let have the least priority: what they take of the machine is what nobody else wants.
// Whom the server closes comes again.
#pragma once

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <random>
#include <string>
#include <thread>
#include <vector>

namespace pawl::testing {

struct Manner {
  std::size_t connections = 0;
  // Appends what one of them sends next: as much as it is let, or one byte a second of it.
  std::function<void(std::size_t connection, std::mt19937_64& random, std::string& out)> text;
  bool one_byte_a_second = false;
  std::string first;  // sent at once, before
  bool reads = true;
  int from = 2;  // they come from 127.0.<from>.1
};

// 10,000 of them: a line that never ends.
[[nodiscard]] Manner slow_senders(std::size_t connections);
// A whole hello of TLS, then nothing that would lead on.
[[nodiscard]] Manner stopped_handshakes(std::size_t connections);
// They ask for what is long, and never read it.
[[nodiscard]] Manner never_readers(std::size_t connections);
// Random bytes, lines of random words, commands of Redis that are none, lines without an end.
[[nodiscard]] Manner garbage(std::size_t connections);

class Attackers {
 public:
  struct Counts {
    std::uint64_t connected = 0;
    std::uint64_t closed = 0;  // by the server
    std::uint64_t bytes = 0;   // sent
  };

  Attackers(std::uint16_t port, Manner manner);
  ~Attackers();  // stops; resets every connection
  Attackers(const Attackers&) = delete;
  Attackers& operator=(const Attackers&) = delete;

  [[nodiscard]] Counts counts() const { return {connected_, closed_, bytes_}; }
  void stop();

 private:
  struct Peer {
    int socket = -1;
    bool is_connected = false;
    std::string text;
    std::size_t sent = 0;  // of text
  };

  void run();
  void come(std::size_t peer);
  void go(Peer& peer);
  void on_event(std::size_t peer, std::uint32_t events);
  void write(std::size_t peer, std::size_t most);
  void send_a_byte_each();
  void watch(std::size_t peer, int operation) const;

  const std::uint16_t port_;
  const Manner manner_;
  const int poll_;
  std::mt19937_64 random_;
  std::vector<Peer> peers_;
  std::size_t next_to_send_ = 0;  // of those that send a byte a second
  std::atomic<std::uint64_t> connected_ = 0;
  std::atomic<std::uint64_t> closed_ = 0;
  std::atomic<std::uint64_t> bytes_ = 0;
  std::atomic<bool> stopped_ = false;
  std::thread thread_;
};

}  // namespace pawl::testing
