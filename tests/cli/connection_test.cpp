// SPDX-License-Identifier: Apache-2.0
#include "cli/connection.hpp"

#include <catch2/catch.hpp>
#include <condition_variable>
#include <csignal>
#include <memory>
#include <mutex>

namespace pawl::cli {
namespace {

using namespace std::chrono_literals;

// A name server that is silent while this lives.
class SilentNames {
 public:
  SilentNames() = default;
  ~SilentNames() {
    const std::lock_guard lock(state_->mutex);
    state_->is_over = true;
    state_->over.notify_all();
  }
  SilentNames(const SilentNames&) = delete;
  SilentNames& operator=(const SilentNames&) = delete;

  [[nodiscard]] client::Resolve resolve() const {
    return [state = state_](const client::ServerAddress&, boost::system::error_code&) {
      std::unique_lock lock(state->mutex);
      state->over.wait_for(lock, 20s, [&state] { return state->is_over; });
      return client::Endpoints{};
    };
  }

 private:
  struct State {
    std::mutex mutex;
    std::condition_variable over;
    bool is_over = false;
  };
  std::shared_ptr<State> state_ = std::make_shared<State>();
};

const client::ServerAddress named{"db.test", "7295"};

TEST_CASE("a lookup that hangs does not outlast the patience with a server") {
  const SilentNames names;
  const auto start = std::chrono::steady_clock::now();
  {
    Loop loop;
    const bool catches = GENERATE(true, false);
    if (catches) loop.catch_signals();
    CHECK_THROWS_AS(Connection(loop, named, 50ms, names.resolve()), Unreachable);
  }
  const auto taken = std::chrono::steady_clock::now() - start;
  CHECK(taken >= 50ms);
  CHECK(taken < 15s);
}

TEST_CASE("a signal ends the wait for a lookup that hangs") {
  const SilentNames names;
  const auto start = std::chrono::steady_clock::now();
  {
    Loop loop;
    loop.catch_signals();
    raise(SIGTERM);
    CHECK_THROWS_AS(Connection(loop, named, 1h, names.resolve()), Unreachable);
    CHECK(loop.signal() == SIGTERM);
  }
  CHECK(std::chrono::steady_clock::now() - start < 15s);
}

TEST_CASE("a name that stands for nothing is unreachable, and says so") {
  Loop loop;
  const auto resolve = [](const client::ServerAddress&, boost::system::error_code& error) {
    error = boost::asio::error::host_not_found;
    return client::Endpoints{};
  };
  CHECK_THROWS_WITH(Connection(loop, named, 20s, resolve), Catch::Contains("not found"));
}

}  // namespace
}  // namespace pawl::cli
