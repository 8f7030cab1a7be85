// SPDX-License-Identifier: Apache-2.0
#include "cli/bench/driver.hpp"

#include "cli/bench/contend.hpp"
#include "cli/bench/expire.hpp"
#include "cli/bench/hold.hpp"
#include "cli/bench/pairs.hpp"
#include "cli/bench/renew.hpp"

namespace pawl::cli::bench {

std::unique_ptr<Workload> make_workload(const Plan& plan, Tally& tally) {
  switch (plan.kind) {
    case Kind::pair: return make_pair(plan, tally);
    case Kind::contend: return make_contend(plan, tally);
    case Kind::renew: return make_renew(plan, tally);
    case Kind::hold: return make_hold(plan, tally);
    case Kind::expire: return make_expire(plan, tally);
    case Kind::failover: return make_failover(plan, tally);
  }
  return nullptr;
}

}  // namespace pawl::cli::bench
