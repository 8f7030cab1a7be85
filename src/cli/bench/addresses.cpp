// SPDX-License-Identifier: Apache-2.0
#include "cli/bench/addresses.hpp"

#include <algorithm>

namespace pawl::cli::bench {

const client::Endpoints& Addresses::of(const client::ServerAddress& server) {
  const auto is_it = [&server](const auto& entry) { return entry.first == server; };
  auto known = std::find_if(known_.begin(), known_.end(), is_it);
  if (known == known_.end()) known = known_.insert(known_.end(), {server, {}});
  if (!known->second.empty()) return known->second;
  bool done = false;
  const client::Lookup lookup(
      loop_.context(), server,
      [&known, &done](boost::system::error_code /*error*/, const client::Endpoints& endpoints) {
        known->second = endpoints;
        done = true;
      });
  loop_.run_until(done, limit_);
  return known->second;
}

}  // namespace pawl::cli::bench
