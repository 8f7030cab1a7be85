// SPDX-License-Identifier: Apache-2.0
//
// The blocking face against a real pawld, through what the standard library makes of it.
#include "pawl/mutex.hpp"

#include <boost/asio/error.hpp>
#include <boost/system/system_error.hpp>
#include <catch2/catch.hpp>
#include <condition_variable>
#include <functional>
#include <future>
#include <memory>
#include <mutex>
#include <shared_mutex>
#include <thread>
#include <vector>

#include "system/line_client.hpp"
#include "system/process.hpp"

namespace pawl::testing {
namespace {

using namespace std::chrono_literals;
using boost::system::error_code;
using boost::system::system_error;

ClientOptions options_for(std::uint16_t port) {
  return {.servers = "127.0.0.1:" + std::to_string(port)};
}

// Both of one pawld, as two processes would be.
struct Two {
  Daemon daemon;
  Connection ours{options_for(daemon.port())};
  Connection theirs{options_for(daemon.port())};
};

error_code error_of(const std::function<void()>& action) {
  try {
    action();
  } catch (const system_error& error) {
    return error.code();
  }
  return {};
}

// Until another thread has made it so.
void await(const std::stop_token& stop) {
  std::mutex mutex;
  std::condition_variable_any changed;
  std::unique_lock lock(mutex);
  CHECK_FALSE(changed.wait_for(lock, stop, deadline, [] { return false; }));
  REQUIRE(stop.stop_requested());
}

TEST_CASE("std::unique_lock holds it, and another does not") {
  Two two;
  Mutex ours(two.ours, "a");
  Mutex theirs(two.theirs, "a");
  std::unique_lock lock(ours);
  CHECK(ours.token() > Token{});
  CHECK(ours.state() == LeaseState::held);
  CHECK(ours.valid_for() > 5s);
  CHECK_FALSE(theirs.try_lock());
  CHECK_FALSE(theirs.try_lock_for(20ms));
  const Token first = ours.token();
  lock.unlock();
  CHECK(ours.token() == Token{});
  CHECK(ours.state() == LeaseState::released);
  const std::unique_lock next(theirs, 10s);
  REQUIRE(next);
  CHECK(theirs.token() > first);
}

TEST_CASE("what was unlocked can be locked again at once") {
  Two two;
  Mutex mutex(two.ours, "a");
  for (int i = 0; i < 20; ++i) {
    const std::unique_lock lock(mutex, std::try_to_lock);
    REQUIRE(lock);
  }
}

TEST_CASE("std::shared_lock: readers share, a writer does not join them") {
  Two two;
  SharedMutex ours(two.ours, "a");
  SharedMutex theirs(two.theirs, "a");
  std::shared_lock first(ours);
  const std::shared_lock second(theirs, 10s);
  REQUIRE(second);
  CHECK(theirs.token() > ours.token());
  Connection third_process(options_for(two.daemon.port()));
  SharedMutex writer(third_process, "a");
  CHECK_FALSE(writer.try_lock());
  first.unlock();
  CHECK_FALSE(writer.try_lock());
}

TEST_CASE("threads of one process exclude each other by one mutex") {
  Two two;
  Mutex mutex(two.ours, "a");
  int count = 0;
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&] {
      for (int times = 0; times < 25; ++times) {
        const std::lock_guard lock(mutex);
        ++count;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  CHECK(count == 100);
}

TEST_CASE("several names are one mutex, all or none") {
  Two two;
  Mutex both(two.ours, {"a", "b"});
  Mutex b(two.theirs, "b");
  const std::lock_guard lock(both);
  CHECK_FALSE(b.try_lock());
}

TEST_CASE("a std::stop_token ends a wait, which leaves the queue") {
  Two two;
  Mutex ours(two.ours, "a");
  Mutex theirs(two.theirs, "a");
  std::unique_lock lock(ours);
  std::stop_source stop;
  std::thread stopping([&] {
    LineClient line(two.daemon.port());
    std::string shown;
    while (shown.find("\"waiters_total\":1") == shown.npos) {
      line.send("SHOW a");
      shown = line.read_line();
    }
    stop.request_stop();
  });
  CHECK(error_of([&] { theirs.lock(stop.get_token()); }) == boost::asio::error::operation_aborted);
  stopping.join();
  lock.unlock();
  CHECK(ours.try_lock());
  ours.unlock();
}

TEST_CASE("a lock that is broken is lost, and its unlock gives back nothing of the next holder") {
  Two two;
  Mutex ours(two.ours, "a");
  std::unique_lock lock(ours);
  LineClient line(two.daemon.port());
  line.send("BREAK a token=" + std::to_string(ours.token().value) + " reason=test");
  CHECK(line.read_line() == "OK");
  await(ours.lost());
  CHECK(ours.state() == LeaseState::lost);
  CHECK(ours.valid_for() == 0s);

  std::thread([&] { ours.lock(); }).join();  // another thread's hold, never unlocked
  lock.unlock();
  Mutex theirs(two.theirs, "a");
  CHECK_FALSE(theirs.try_lock_for(300ms));
}

TEST_CASE("the end of a connection gives back what it held") {
  Daemon daemon;
  auto ours = std::make_unique<Connection>(options_for(daemon.port()));
  const Lease lease = ours->lock("a");
  ours.reset();
  CHECK(lease.state() == LeaseState::lost);
  Connection theirs(options_for(daemon.port()));
  CHECK(theirs.try_lock("a", {.wait = 0ms}));
}

TEST_CASE("who would wait for himself is told so") {
  Two two;
  std::promise<error_code> inside;
  two.ours.client().async_lock("a", {}, [&](error_code error, const Lease&) {
    inside.set_value(error ? error : error_of([&] { static_cast<void>(two.ours.lock("b")); }));
  });
  CHECK(inside.get_future().get() == boost::system::errc::resource_deadlock_would_occur);
}

TEST_CASE("the longest span there is does not overflow") {
  CHECK(wait_of(std::chrono::seconds::max()) == longest_wait);
  CHECK(wait_of(std::chrono::hours::max()) == longest_wait);
  CHECK(wait_of(1us) == 1ms);
  CHECK(wait_of(std::chrono::seconds::min()) == 0ms);
}

TEST_CASE("what can not be locked throws, with what was said") {
  Two two;
  CHECK(error_of([&] { static_cast<void>(two.ours.lock("two words")); }) == ErrorCode::bad_request);
  CHECK_THROWS_WITH(static_cast<void>(two.ours.lock("a", {.delay = 999h})),
                    Catch::Contains("delay must be from 0"));
  std::uint16_t port = 0;
  {
    Daemon gone;
    port = gone.port();
  }
  ClientOptions options = options_for(port);
  options.timeout = 200ms;
  Connection nobody(options);
  CHECK(error_of([&] { static_cast<void>(nobody.lock("a")); }) == ClientError::unreachable);
}

TEST_CASE("a lock and a wait outlive a pawld that is killed and started again") {
  const TemporaryDirectory directory;
  const auto options = [&](std::uint16_t port) {
    return std::vector<std::string>{"--set", "listen.client=127.0.0.1:" + std::to_string(port),
                                    "--set", "data_dir=" + directory.path()};
  };
  auto daemon = std::make_unique<Daemon>(options(0));
  const std::uint16_t port = daemon->port();
  Connection ours(options_for(port));
  Connection theirs(options_for(port));
  Lease lease = ours.lock("a");
  const Token token = lease.token();
  std::future<Token> next = std::async([&] { return theirs.lock("a").token(); });
  daemon->process().kill();
  static_cast<void>(daemon->process().wait());
  daemon = std::make_unique<Daemon>(options(port));
  while (lease.state() == LeaseState::unsure) std::this_thread::yield();
  CHECK(lease.state() == LeaseState::held);
  lease.unlock();
  CHECK(next.get() > token);
}

}  // namespace
}  // namespace pawl::testing
