// SPDX-License-Identifier: Apache-2.0
//
// The workloads that bench_load knows by name. Each is one function: options in, one JSON object
// out. What leaves something standing on the server waits for the end of its standard input, so
// that the server can be looked at meanwhile.
#pragma once

#include <sys/types.h>

#include <functional>
#include <map>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "load/engine.hpp"

namespace pawl::bench {

struct Options {
  Shape shape;
  std::chrono::milliseconds warm_up{500};
  std::chrono::milliseconds span{3'000};
  std::size_t count = 100'000;  // locks or sessions
  std::vector<pid_t> servers;   // whose processor time is reported
};

using Report = nlohmann::ordered_json;
using Print = std::function<void(const Report&)>;
using Run = void (*)(const Dialect&, const Options&, const Print&);

const std::map<std::string, Run>& runs();

}  // namespace pawl::bench
