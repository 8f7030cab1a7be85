// SPDX-License-Identifier: Apache-2.0
//
// What the shell knows beside its node, when it is asked.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <variant>

#include "base/histogram.hpp"
#include "base/moment.hpp"
#include "base/request.hpp"
#include "base/settings.hpp"

namespace pawl::server::http {

// Since the start.
struct Counts {
  std::array<std::uint64_t, std::variant_size_v<Request>> requests{};  // by kind, as in Request
  std::array<std::uint64_t, static_cast<std::size_t>(ErrorCode::internal) + 1> errors{};
  std::uint64_t connections = 0;
  std::uint64_t redis_clients = 0;

  void count(ErrorCode code) { ++errors[static_cast<std::size_t>(code)]; }
};

inline const Counts nothing;
inline const Histogram never_counted{Span{100'000}};

struct Facts {
  Moment now;
  std::string cluster;  // empty: a node alone
  Durability durability = Durability::fsync;
  bool draining = false;
  bool in_gap = false;               // the loop was stopped or starved, and has not caught up
  Moment disk_silent_since = never;  // records went to the disk then, and none has come back since
  std::uint64_t connections = 0;
  std::uint64_t memory_limit = 0;  // limits.memory
  std::uint64_t log_bytes = 0;     // written
  std::optional<std::uint64_t> disk_free_bytes = {};
  // Never none.
  const Counts* counts = &nothing;
  const Histogram* commits = &never_counted;
  const Histogram* flushes = &never_counted;
  const Histogram* snapshots = &never_counted;
  const Histogram* turns = &never_counted;
};

}  // namespace pawl::server::http
