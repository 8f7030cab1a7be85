// SPDX-License-Identifier: Apache-2.0
//
// Clients that lock in a loop whatever becomes of the nodes: they follow NOT_PRIMARY, ask again
// with the same id, and go elsewhere when nothing comes. A judge hears everything they are told.
#pragma once

#include <array>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include "cluster/judge.hpp"
#include "cluster/wire.hpp"

namespace pawl::testing {

// What went on over all clients.
class Counters {
 public:
  std::atomic<std::uint64_t> successes = 0;
  std::atomic<std::uint64_t> not_primary = 0;  // certain, and followed
  std::atomic<std::uint64_t> no_quorum = 0;    // unknown, and asked again
  std::atomic<std::uint64_t> waits_moved = 0;  // likewise, of a LOCK that waited
  std::atomic<std::uint64_t> broken = 0;       // connections
  std::atomic<std::uint64_t> silent = 0;       // requests without an answer in time

  void success(std::size_t node);
  // From now on, the time from the last success of that node to the first one of another.
  void expect_other_than(std::size_t node);
  [[nodiscard]] std::optional<std::chrono::duration<double, std::milli>> gap() const;

 private:
  mutable std::mutex mutex_;
  std::array<TimePoint, 8> last_{};
  std::optional<std::size_t> old_;
  std::optional<TimePoint> before_;
  std::optional<TimePoint> after_;
};

class Client {
 public:
  Client(unsigned number, std::vector<Address> servers, std::uint64_t seed, Judge& judge,
         Counters& counters);
  void work(const std::atomic<bool>& over);

 private:
  struct Answer {
    std::string reply;
    TimePoint sent;
  };
  void one_hold();
  void use(Hold& hold);
  void release(const Hold& hold);
  // Asks until the answer is certain, here and elsewhere.
  Answer ask(const std::string& line, std::chrono::milliseconds patience);
  std::optional<Answer> ask_once(const std::string& line, std::chrono::milliseconds patience);
  [[nodiscard]] bool takes_for_answer(const std::string& reply, bool waits);
  void go_to(std::optional<std::size_t> node);
  [[nodiscard]] std::uint64_t below(std::uint64_t end) { return random_() % end; }

  const std::string who_;
  const std::vector<Address> servers_;
  std::mt19937_64 random_;
  Judge& judge_;
  Counters& counters_;
  std::unique_ptr<Wire> wire_;
  std::size_t node_;
  std::uint64_t counted_ = 0;
};

class Crew {
 public:
  Crew(unsigned clients, std::vector<Address> servers, std::uint64_t seed);
  ~Crew();
  Crew(const Crew&) = delete;
  Crew& operator=(const Crew&) = delete;

  void stop();  // each ends what it holds first
  [[nodiscard]] Judge& judge() { return judge_; }
  [[nodiscard]] Counters& counters() { return counters_; }

 private:
  Judge judge_;
  Counters counters_;
  std::atomic<bool> over_ = false;
  std::vector<std::unique_ptr<Client>> clients_;
  std::vector<std::thread> threads_;
};

}  // namespace pawl::testing
