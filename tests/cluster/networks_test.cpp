// SPDX-License-Identifier: Apache-2.0
//
// The kernel drops packets of the primary, between namespaces: connections stay and say nothing.
#include "cluster/networks.hpp"

#include <catch2/catch.hpp>

#include "cluster/cluster.hpp"
#include "cluster/crew.hpp"

namespace pawl::testing {
namespace {

enum class Loss : std::uint8_t { both_ways, incoming, outgoing, unplugged };

void lose(const Networks& networks, std::size_t node, Loss loss) {
  switch (loss) {
    case Loss::both_ways:
      networks.drop_incoming(node);
      networks.drop_outgoing(node);
      break;
    case Loss::incoming: networks.drop_incoming(node); break;
    case Loss::outgoing: networks.drop_outgoing(node); break;
    case Loss::unplugged: networks.unplug(node); break;
  }
}

void await_successes(Crew& crew, const Networks& networks) {
  const std::uint64_t goal = crew.counters().successes + 300;
  Cluster::await(
      [&] { return crew.counters().successes >= goal || !crew.judge().first_wrong().empty(); },
      "the clients going on\n" + networks.logs());
}

// All of them, as far as answers reached us.
void check_refused(Wire& asks) {
  const auto until = std::chrono::steady_clock::now() + std::chrono::seconds{2};
  for (int line = 0; line < 3; ++line) {
    const std::string reply = asks.read_line(until).value_or("no answer");
    INFO(reply);
    CHECK(!reply.starts_with("OK"));
  }
}

}  // namespace

TEST_CASE("a primary whose packets are dropped confirms nothing, and the others go on") {
  const std::string obstacle = Networks::obstacle();
  if (!obstacle.empty()) {
    WARN("not tried, it takes root, iproute2 and iptables: " << obstacle);
    return;
  }
  const Networks networks;
  Crew crew(8, Networks::addresses(), 3);
  for (const Loss loss : {Loss::both_ways, Loss::incoming, Loss::outgoing, Loss::unplugged}) {
    await_successes(crew, networks);
    const std::size_t old = networks.await_primary();
    Wire asks(Networks::address(old));

    lose(networks, old, loss);

    for (const char* line : {"SHOW alone", "LOCK alone", "OPEN"}) CHECK(asks.send(line));
    const std::size_t primary = networks.await_primary(old);
    await_successes(crew, networks);
    CHECK(networks.ask(primary, "SHOW alone").value_or("no answer").starts_with("OK {"));
    networks.heal(old);
    networks.await_following(old);
    check_refused(asks);
  }
  crew.stop();
  CHECK(crew.judge().first_wrong() == "");
}

}  // namespace pawl::testing
