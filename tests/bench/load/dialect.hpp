// SPDX-License-Identifier: Apache-2.0
//
// What a server is asked, in its own words. All dialects are spoken by one engine, so that what the
// client costs is the same; a reply counts only if it is the very one that was due.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace pawl::bench {

enum class Op : std::uint8_t { acquire, await, release, renew, open, keep_alive, ping, count };

struct Request {
  Op op = Op::ping;
  std::string_view name{};  // of a lock, or a session's secret; outlives the reply
  std::uint64_t token = 0;  // of an acquire: a number of the client's own, for who gives none
  std::chrono::milliseconds ttl{30'000};
};

struct Reply {
  std::size_t length = 0;
  bool right = false;
  std::uint64_t value = 0;  // acquire and await: the token to release with; count: the locks
};

class Dialect {
 public:
  virtual ~Dialect() = default;

  virtual void append(std::string& out, const Request& request) const = 0;

  // The first reply in these bytes, if it is whole.
  [[nodiscard]] virtual std::optional<Reply> read(std::string_view bytes,
                                                  const Request& asked) const = 0;

  // Before any other connection is made: scripts are loaded.
  virtual void prepare(std::uint16_t /*port*/) {}
};

// pawl, redis, memcached or echo; none of an unknown name.
std::unique_ptr<Dialect> dialect_named(std::string_view name);

std::unique_ptr<Dialect> pawl_dialect();
std::unique_ptr<Dialect> redis_dialect();
std::unique_ptr<Dialect> memcached_dialect();
std::unique_ptr<Dialect> echo_dialect();

}  // namespace pawl::bench
