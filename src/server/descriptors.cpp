// SPDX-License-Identifier: Apache-2.0
#include "server/descriptors.hpp"

#include <sys/resource.h>
#include <sysexits.h>

#include <algorithm>
#include <cstdint>
#include <string>

#include "server/http/limits.hpp"
#include "server/peers.hpp"

namespace pawl::server {
namespace {

// The disk's, the ports', those of peers, and of clients that are told they are too many.
constexpr rlim_t own = 64;

rlim_t reserved(const DescriptorUse& use) {
  return own + (use.http ? http::Limits{}.connections : 0) + (use.peers ? most_strangers : 0);
}

rlim_t allowed() {
  rlimit limit{};
  return ::getrlimit(RLIMIT_NOFILE, &limit) == 0 ? limit.rlim_cur : RLIM_INFINITY;
}

}  // namespace

void raise_descriptor_limit() {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
  limit.rlim_cur = limit.rlim_max;
  static_cast<void>(::setrlimit(RLIMIT_NOFILE, &limit));
}

DescriptorUse descriptor_use(const Config& config) {
  return {.http = config.listen.http.has_value(),
          .peers = !config.cluster_peers.empty(),
          .relays = config.resp.forward == Switch::on};
}

std::optional<StartFailure> too_few_descriptors(const DescriptorUse& use) {
  const rlim_t needed = 2 * reserved(use);
  if (allowed() >= needed) return std::nullopt;
  return StartFailure{
      EX_CONFIG, "only " + std::to_string(allowed()) + " file descriptors are allowed, at least " +
                     std::to_string(needed) + " are needed (ulimit -Hn, LimitNOFILE= of the unit)"};
}

Limits within_descriptors(Limits limits, const DescriptorUse& use) {
  const rlim_t mine = std::min(reserved(use), allowed());
  const rlim_t room = (allowed() - mine) / (use.relays ? 2 : 1);
  limits.connections = static_cast<std::uint32_t>(std::min<rlim_t>(room, limits.connections));
  return limits;
}

}  // namespace pawl::server
