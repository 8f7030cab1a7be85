// SPDX-License-Identifier: Apache-2.0
#include "scale/quiet_client.hpp"

#include <algorithm>
#include <cmath>
#include <exception>
#include <stdexcept>
#include <utility>

#include "scale/beat.hpp"

namespace pawl::testing {
namespace {

using Clock = std::chrono::steady_clock;
using namespace std::chrono_literals;

constexpr auto interval = 5ms;

}  // namespace

std::chrono::nanoseconds Spans::quantile(double share) const {
  if (spans_.empty()) return std::chrono::nanoseconds::zero();
  std::vector<std::chrono::nanoseconds> ordered = spans_;
  const auto last = static_cast<double>(ordered.size() - 1);
  const auto at = static_cast<std::ptrdiff_t>(std::ceil(share * last));
  std::nth_element(ordered.begin(), ordered.begin() + at, ordered.end());
  return ordered[static_cast<std::size_t>(at)];
}

QuietClient::QuietClient(std::uint16_t port) : client_(port), thread_([this] { run(); }) {}

QuietClient::~QuietClient() {
  stopped_ = true;
  thread_.join();
}

Latencies QuietClient::take() {
  const std::lock_guard guard(mutex_);
  if (!failure_.empty()) throw std::runtime_error("the quiet client: " + failure_);
  return std::exchange(collected_, {});
}

void QuietClient::run() {
  try {
    Beat beat(interval);
    while (!stopped_) one_beat(beat.wait());
  } catch (const std::exception& error) {
    const std::lock_guard guard(mutex_);
    failure_ = error.what();
  }
}

void QuietClient::one_beat(std::chrono::nanoseconds lateness) {
  {
    const std::lock_guard guard(mutex_);
    collected_.wakeups.add(lateness);
  }
  ask("PING");
  const std::string granted = ask("LOCK quiet/own wait=0 ttl=30s");
  const std::size_t token = granted.find("token=");
  const std::string held = " quiet/own " + granted.substr(token, granted.find(' ', token) - token);
  ask("VERIFY" + held);
  ask("UNLOCK" + held);
}

std::string QuietClient::ask(const std::string& request) {
  const Clock::time_point sent = Clock::now();
  client_.send(request);
  std::string reply = client_.read_line();
  const std::chrono::nanoseconds took = Clock::now() - sent;
  if (!reply.starts_with("OK")) throw std::runtime_error(request + " was answered " + reply);
  const std::lock_guard guard(mutex_);
  for (auto waited = took; waited > waited.zero(); waited -= interval) {
    collected_.requests.add(waited);
  }
  return reply;
}

}  // namespace pawl::testing
