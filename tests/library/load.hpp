// SPDX-License-Identifier: Apache-2.0
//
// Programs on the library that lock at a cluster all the while, each in a thread of its own. What
// none of them may ever see, an error, a loss, two at one resource or a token that falls, is kept:
// the first of it. Any thread.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "pawl/client.hpp"
#include "pawl/mutex.hpp"

namespace pawl::testing {

// Nothing, and the first thing that was wrong from then on.
class Faults {
 public:
  void add(const std::string& what);
  [[nodiscard]] std::string first() const;
  [[nodiscard]] bool any() const { return any_; }

 private:
  std::atomic<bool> any_ = false;
  mutable std::mutex mutex_;
  std::string first_;
};

// What a lock protects. Each use adds one as a program would that trusts the lock: by a read and a
// later write. It remembers the greatest token.
class Resource {
 public:
  Resource(std::string name, Faults& faults) : name_(std::move(name)), faults_(faults) {}
  void use(Token token);
  [[nodiscard]] const std::string& name() const { return name_; }

 private:
  const std::string name_;
  Faults& faults_;
  std::atomic<bool> in_use_ = false;
  std::atomic<std::uint64_t> greatest_ = 0;
};

class Load {
 public:
  explicit Load(std::string servers) : servers_(std::move(servers)) {}
  ~Load() { end(); }
  Load(const Load&) = delete;
  Load& operator=(const Load&) = delete;

  // Locks, uses and unlocks again and again, as a program of its own, which waits for its turn.
  void take_turns(const std::string& name);
  // Does not wait: to find it held by others is no error.
  void try_and_try(const std::string& name);
  // By a std::unique_lock of a pawl::Mutex.
  void guard(const std::string& name);
  // So many coroutines of one client take turns, beside a lock that each has for itself.
  void take_turns_together(const std::string& name, unsigned coroutines);
  // Reads together with others and writes alone, in turn.
  void read_and_write(const std::string& name);
  // Several names as one lock.
  void take_several(const std::string& one, const std::string& other);
  // Holds so many locks to the end, and looks all the while whether it still does.
  void keep(const std::string& prefix, unsigned locks);

  void end();
  [[nodiscard]] std::uint64_t done() const { return done_; }  // turns
  [[nodiscard]] const Faults& faults() const { return faults_; }

 private:
  void start(const std::string& who, std::function<void(Connection&)> work);
  // Until the end or the first fault.
  void again_and_again(const std::function<void()>& turn);
  void look_after(const std::vector<Lease>& leases);
  [[nodiscard]] Resource& resource(const std::string& name);

  const std::string servers_;
  Faults faults_;
  std::atomic<bool> over_ = false;
  std::atomic<std::uint64_t> done_ = 0;
  std::map<std::string, std::unique_ptr<Resource>> resources_;
  std::vector<std::thread> threads_;
};

}  // namespace pawl::testing
