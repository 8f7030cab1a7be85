// SPDX-License-Identifier: Apache-2.0
#include <benchmark/benchmark.h>

#include <string>
#include <variant>

#include "wire/request.hpp"

namespace pawl::bench {
namespace {

void parse(benchmark::State& state, const std::string& text) {
  wire::RequestParser parser;
  if (std::holds_alternative<request::Malformed>(parser.parse(text).request)) {
    state.SkipWithError("this line is no request");
  }
  for (auto _ : state) benchmark::DoNotOptimize(parser.parse(text));
  state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(text.size()));
}

std::string lock_of_64_names() {
  std::string text = "LOCK";
  for (int i = 0; i < 64; ++i) text += " jobs/number-000000" + std::to_string(10 + i);
  return text + " ttl=30s";
}

BENCHMARK_CAPTURE(parse, ping, "PING");
BENCHMARK_CAPTURE(parse, lock, "LOCK jobs/number-00000042 ttl=30s");
BENCHMARK_CAPTURE(parse, tagged_lock_with_everything,
                  "#7 LOCK jobs/number-00000042 wait=10s ttl=30s id=0123456789abcdef delay=1s "
                  "max_hold=1h note=\"the nightly run\"");
BENCHMARK_CAPTURE(parse, lock_of_64_names, lock_of_64_names());
BENCHMARK_CAPTURE(parse, unlock, "UNLOCK jobs/number-00000042 token=123456789");
BENCHMARK_CAPTURE(parse, renew, "RENEW jobs/number-00000042 token=123456789");
BENCHMARK_CAPTURE(parse, keepalive, "KEEPALIVE 0123456789abcdef0123456789abcdef");

}  // namespace
}  // namespace pawl::bench
