// SPDX-License-Identifier: Apache-2.0
//
// What a client asks for, as chance will have it.
#include "client.hpp"

namespace pawl::simulation {

void Client::choose_kind(Ask& ask) {
  const Kinds& kinds = options_.kinds;
  if (kinds_.chance(kinds.shared_permille)) {
    ask.mode = Mode::shared;
  } else if (kinds_.chance(kinds.slot_permille)) {
    ask.mode = Mode::slot;
    ask.slots = kinds.slots[static_cast<std::size_t>(ask.name.back()) % 2];
    if (kinds_.chance(20)) ask.slots = 5;
  }
  if (kinds_.chance(kinds.several_permille)) add_names(ask);
  if (kinds_.chance(kinds.delay_permille)) {
    ask.delay = Milliseconds{kinds_.between(1, options_.most_ttl.count() / 2)};
  }
  if (kinds_.chance(kinds.max_hold_permille)) {
    ask.max_hold =
        Milliseconds{kinds_.between(options_.least_ttl.count() / 2, options_.most_ttl.count())};
  }
}

// All of a LOCK give the same number of slots.
void Client::add_names(Ask& ask) {
  for (std::uint64_t left = 1 + kinds_.below(2); left > 0; --left) {
    std::string name = "lock" + std::to_string(kinds_.below(options_.locks));
    bool other_slots = ask.mode == Mode::slot &&
                       options_.kinds.slots[0] != options_.kinds.slots[1] &&
                       name.back() % 2 != ask.name.back() % 2;
    if (!ask.names(name) && !other_slots) ask.more.push_back(std::move(name));
  }
}

std::string Client::any_lock() { return "lock" + std::to_string(random_.below(options_.locks)); }

const std::string& Client::any_name(const std::string& first,
                                    const std::vector<std::string>& more) {
  std::uint64_t at = kinds_.below(1 + more.size());
  return at == 0 ? first : more[at - 1];
}

Milliseconds Client::any_ttl() {
  if (random_.chance(300)) return options_.least_ttl;
  return Milliseconds{random_.between(options_.least_ttl.count(), options_.most_ttl.count())};
}

Milliseconds Client::any_wait() {
  switch (random_.below(4)) {
    case 0: return Milliseconds{0};
    case 1: return wait_forever;
    default: return Milliseconds{random_.between(1, 1'500)};
  }
}

}  // namespace pawl::simulation
