// SPDX-License-Identifier: Apache-2.0
#include "simulation/cluster/digest.hpp"

#include <string_view>

namespace pawl::simulation {

namespace {

class Mixer {
 public:
  Mixer& add(std::uint64_t value) {
    state_ = (state_ ^ value) * 0x9E37'79B9'7F4A'7C15u;
    state_ ^= state_ >> 29;
    return *this;
  }
  Mixer& add(std::string_view text) {
    for (char letter : text) {
      state_ = (state_ ^ static_cast<unsigned char>(letter)) * 0x100'0000'01B3u;
    }
    return add(text.size());
  }
  [[nodiscard]] std::uint64_t value() const { return state_; }

 private:
  std::uint64_t state_ = 0xCBF2'9CE4'8422'2325u;
};

std::uint64_t digest(const locks::LockTable& table, const locks::Acquisition& one,
                     std::uint64_t place) {
  Mixer mixer;
  mixer.add(place).add(one.number).add(static_cast<std::uint64_t>(one.stamp_ms));
  mixer.add(one.ttl_ms).add(static_cast<std::uint64_t>(one.stage));
  mixer.add(static_cast<std::uint64_t>(one.mode));
  mixer.add(one.session == no_slot ? 0 : table.session(one.session).id.value);
  if (const locks::Client* client = table.client(one.client)) {
    mixer.add(client->user).add(client->address);
  }
  if (const locks::Details* details = table.details(one.details)) {
    mixer.add(details->id).add(details->note).add(details->slots).add(details->names);
    mixer.add(details->position).add(details->delay_ms).add(details->max_hold_ms);
  }
  return mixer.value();
}

std::uint64_t digest(const locks::LockTable& table, Slot slot) {
  const locks::Lock& lock = table.lock(slot);
  Mixer mixer;
  mixer.add(table.name_of(slot)).add(static_cast<std::uint64_t>(lock.mode)).add(lock.slots);
  mixer.add(lock.slots_set);
  std::uint64_t place = 0;
  auto follow = [&](Slot first) {
    for (Slot at = first; at != no_slot; at = table.acquisition(at).next) {
      mixer.add(digest(table, table.acquisition(at), ++place));
    }
  };
  follow(lock.holders);
  follow(lock.queue_head);
  return mixer.value();
}

std::uint64_t digest(const locks::Session& session) {
  Mixer mixer;
  mixer.add(session.id.value).add(session.secret).add(session.user).add(session.name);
  mixer.add(session.address).add(static_cast<std::uint64_t>(session.stamp_ms));
  mixer.add(session.ttl_ms).add(static_cast<std::uint64_t>(session.on_disconnect));
  mixer.add(session.dead).add(session.end).add(session.holds).add(session.waits);
  return mixer.value();
}

}  // namespace

std::uint64_t digest(const locks::LockTable& table) {
  // Sums, for slots come in any order. What was just removed has no holders and no waiters left.
  std::uint64_t sum = table.last_granted().value;
  for (Slot slot = 0; slot < table.locks_end(); ++slot) {
    const locks::Lock& lock = table.lock(slot);
    if (lock.name_size == 0 || (lock.holders == no_slot && lock.queue_head == no_slot)) continue;
    sum += digest(table, slot);
  }
  for (Slot slot = 0; slot < table.sessions_end(); ++slot) {
    const locks::Session& session = table.session(slot);
    bool is_alive = session.id.value != 0 && !session.dead;
    if (is_alive) sum += digest(session);
  }
  return sum;
}

}  // namespace pawl::simulation
