// SPDX-License-Identifier: Apache-2.0
#include "server/http/words.hpp"

#include <chrono>

namespace pawl::server::http {

using namespace std::chrono_literals;

std::string_view word_of(node::Loss why) {
  switch (why) {
    case node::Loss::expired: return "expired";
    case node::Loss::session: return "session";
    case node::Loss::max_hold: return "max_hold";
    case node::Loss::disconnect: return "disconnect";
    case node::Loss::broken: return "broken";
  }
  return "expired";
}

std::string_view word_of(node::Denial why) {
  switch (why) {
    case node::Denial::busy: return "busy";
    case node::Denial::timeout: return "timeout";
    case node::Denial::limit: return "limit";
    case node::Denial::not_primary: return "not_primary";
    case node::Denial::no_quorum: return "no_quorum";
    case node::Denial::deadlock: return "deadlock";
  }
  return "busy";
}

std::string_view word_of(Durability durability) {
  switch (durability) {
    case Durability::fsync: return "fsync";
    case Durability::relaxed: return "relaxed";
    case Durability::none: return "none";
  }
  return "fsync";
}

std::string in_words(Span span) {
  const auto whole = [&](Span unit, const char* name) {
    return std::to_string(span / unit) + ' ' + name;
  };
  if (span < 1s) return whole(1ms, "ms");
  if (span < 10s) {
    return std::to_string(span / 1s) + '.' + std::to_string(span % 1s / 100ms) + " s";
  }
  if (span < 2min) return whole(1s, "s");
  if (span < 2h) return whole(1min, "min");
  return whole(1h, "h");
}

}  // namespace pawl::server::http
