// SPDX-License-Identifier: Apache-2.0
#include "library/load.hpp"

#include <poll.h>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/use_future.hpp>
#include <exception>
#include <future>
#include <optional>
#include <shared_mutex>
#include <utility>

namespace pawl::testing {

namespace asio = boost::asio;
using namespace std::chrono_literals;

namespace {

// No turn takes nearly so long: whoever waits longer was forgotten.
constexpr Milliseconds patience = 20s;

// Throws what it was answered.
void give_back(Lease& lease) { lease.async_unlock(asio::use_future).get(); }

asio::awaitable<void> take_turn(Client& client, Resource& resource) {
  const LockOptions options{.wait = patience};
  Lease lease = co_await client.async_lock(resource.name(), options, asio::use_awaitable);
  resource.use(lease.token());
  co_await lease.async_unlock(asio::use_awaitable);
}

}  // namespace

void Faults::add(const std::string& what) {
  const std::lock_guard lock(mutex_);
  if (!any_) first_ = what;
  any_ = true;
}

std::string Faults::first() const {
  const std::lock_guard lock(mutex_);
  return first_;
}

void Resource::use(Token token) {
  if (in_use_.exchange(true)) faults_.add("two are at " + name_);
  const std::uint64_t greatest = greatest_;
  if (token.value <= greatest) {
    faults_.add(name_ + ": token " + std::to_string(token.value) + " after " +
                std::to_string(greatest));
  }
  std::this_thread::yield();
  greatest_ = token.value;
  in_use_ = false;
}

void Load::take_turns(const std::string& name) {
  start("takes turns", [this, &used = resource(name)](Connection& connection) {
    again_and_again([&] {
      Lease lease = connection.lock(used.name(), {.wait = patience});
      used.use(lease.token());
      give_back(lease);
    });
  });
}

void Load::try_and_try(const std::string& name) {
  start("tries", [this, &used = resource(name)](Connection& connection) {
    again_and_again([&] {
      auto lease = connection.try_lock(used.name(), {.wait = 0ms});
      if (!lease) return;
      used.use(lease->token());
      give_back(*lease);
    });
  });
}

void Load::guard(const std::string& name) {
  start("guards", [this, &used = resource(name)](Connection& connection) {
    Mutex mutex(connection, used.name());
    again_and_again([&] {
      const std::lock_guard lock(mutex);
      used.use(mutex.token());
      if (mutex.lost().stop_requested()) faults_.add(used.name() + ": lost under its guard");
    });
  });
}

void Load::take_turns_together(const std::string& name, unsigned coroutines) {
  start("takes turns together", [this, coroutines, &used = resource(name)](Connection& connection) {
    again_and_again([&] {
      std::vector<std::future<void>> turns;
      for (unsigned i = 0; i < coroutines; ++i) {
        turns.push_back(asio::co_spawn(boost::asio::system_executor(),
                                       take_turn(connection.client(), used), asio::use_future));
      }
      for (std::future<void>& turn : turns) turn.get();
    });
  });
}

void Load::read_and_write(const std::string& name) {
  start("reads and writes", [this, &used = resource(name)](Connection& connection) {
    SharedMutex mutex(connection, used.name());
    again_and_again([&] {
      {
        const std::shared_lock reading(mutex);
        if (mutex.lost().stop_requested()) faults_.add(used.name() + ": lost by a reader");
      }
      const std::unique_lock writing(mutex);
      used.use(mutex.token());
    });
  });
}

void Load::take_several(const std::string& one, const std::string& other) {
  start("takes several", [this, &used = resource(one), other](Connection& connection) {
    again_and_again([&] {
      Lease lease = connection.lock({used.name(), other}, {.wait = patience});
      used.use(lease.token());
      give_back(lease);
    });
  });
}

void Load::keep(const std::string& prefix, unsigned locks) {
  start("keeps", [this, prefix, locks](Connection& connection) {
    std::vector<Lease> leases;
    for (unsigned i = 0; i < locks; ++i) {
      leases.push_back(connection.lock(prefix + std::to_string(i)));
    }
    while (!over_ && !faults_.any()) {
      look_after(leases);
      ::poll(nullptr, 0, 2);
    }
    for (Lease& lease : leases) give_back(lease);
  });
}

void Load::look_after(const std::vector<Lease>& leases) {
  for (const Lease& lease : leases) {
    const bool stands = lease.valid_for() > 0s && lease.state() != LeaseState::lost &&
                        !lease.lost().stop_requested();
    if (!stands) faults_.add(lease.names().front() + ": kept, and lost");
  }
}

void Load::start(const std::string& who, std::function<void(Connection&)> work) {
  threads_.emplace_back([this, who, work = std::move(work)] {
    try {
      Connection connection({.servers = servers_, .name = who});
      work(connection);
    } catch (const std::exception& error) {
      faults_.add(who + ": " + error.what());
    }
  });
}

void Load::again_and_again(const std::function<void()>& turn) {
  while (!over_ && !faults_.any()) {
    turn();
    ++done_;
  }
}

void Load::end() {
  over_ = true;
  for (std::thread& thread : threads_) thread.join();
  threads_.clear();
}

Resource& Load::resource(const std::string& name) {
  auto& one = resources_[name];
  if (!one) one = std::make_unique<Resource>(name, faults_);
  return *one;
}

}  // namespace pawl::testing
