// SPDX-License-Identifier: Apache-2.0
#include "load/dialect.hpp"

namespace pawl::bench {

std::unique_ptr<Dialect> dialect_named(std::string_view name) {
  if (name == "pawl") return pawl_dialect();
  if (name == "redis") return redis_dialect();
  if (name == "memcached") return memcached_dialect();
  if (name == "echo") return echo_dialect();
  return nullptr;
}

}  // namespace pawl::bench
