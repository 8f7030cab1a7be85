// SPDX-License-Identifier: Apache-2.0
#include "scale/phases.hpp"

#include <catch2/catch.hpp>
#include <cstdlib>
#include <iomanip>
#include <iostream>

#include "scale/size.hpp"

namespace pawl::testing {
namespace {

constexpr std::size_t enough = 1'000;

double milliseconds(std::chrono::nanoseconds span) {
  return std::chrono::duration<double, std::milli>(span).count();
}

}  // namespace

std::chrono::milliseconds latency_bound(std::chrono::milliseconds promised) {
  const char* strict = std::getenv("STRICT_LATENCY");
  return strict != nullptr && *strict == '1' ? promised : 10 * promised;
}

Phases::Phases(Server& server, QuietClient& quiet) : server_(server), quiet_(quiet) { begin(); }

void Phases::begin() {
  static_cast<void>(quiet_.take());
  processor_ = server_.processor();
  began_ = std::chrono::steady_clock::now();
}

void Phases::end(const char* name) {
  const Latencies seen = quiet_.take();
  const Processor processor = server_.processor();
  const auto p99 = seen.requests.quantile(0.99);
  std::cout << std::fixed << std::setprecision(2) << name << ": "
            << milliseconds(std::chrono::steady_clock::now() - began_) << " ms, in which the server"
            << " ran " << milliseconds(processor.running - processor_.running)
            << " ms and waited for a core "
            << milliseconds(processor.kept_waiting - processor_.kept_waiting)
            << " ms\n  quiet client: " << seen.requests.count() << " requests, p50 "
            << milliseconds(seen.requests.quantile(0.5)) << ", p99 " << milliseconds(p99)
            << ", max " << milliseconds(seen.requests.quantile(1)) << " ms; its own wakeups p99 "
            << milliseconds(seen.wakeups.quantile(0.99)) << ", max "
            << milliseconds(seen.wakeups.quantile(1)) << " ms" << std::endl;
  INFO(name);
  CHECK(seen.requests.count() > 0);
  if (full_size && seen.requests.count() >= enough) CHECK(p99 < latency_bound());
  all_.add(seen.requests);
  begin();
}

void Phases::end_all() {
  const auto p99 = all_.quantile(0.99);
  std::cout << "all phases: " << all_.count() << " requests, p99 " << milliseconds(p99) << ", max "
            << milliseconds(all_.quantile(1)) << " ms" << std::endl;
  if (full_size) CHECK(p99 < latency_bound());
}

}  // namespace pawl::testing
