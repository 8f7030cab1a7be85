// SPDX-License-Identifier: Apache-2.0
//
// The ends of the process and its starts, where the node has a machine of its own.
#include "broken_law.hpp"
#include "shell.hpp"

namespace pawl::simulation {

using namespace std::chrono_literals;

Settings settings_of(const Options& options) {
  Settings settings;
  settings.durability = options.durability;
  settings.leases.default_ttl = options.most_ttl;
  settings.session_default_ttl = options.most_ttl;
  settings.limits.reclaim = options.reclaim;
  if (options.disk) settings.snapshot_after = options.disk->snapshot_after;
  return settings;
}

void Shell::begin_machine() {
  down_ = true;
  down_since_ = schedule_.now();
  machine_.emplace(schedule_, options_, options_.seed ^ 0x5EED'5EED'5EED'5EEDu,
                   Machine::Surroundings{[this](const node::Event& event) { arrive(event); },
                                         [this] { on_process_ended(); }});
  start_process();
}

void Shell::start_process() {
  Machine::Started started = machine_->start();
  if (const auto* refused = std::get_if<Machine::Refused>(&started)) {
    if (machine_->is_damaged()) throw RefusedStart{};
    throw Violation{"W2 a start without damage", refused->why};
  }
  if (std::holds_alternative<Machine::Ended>(started)) return start_later();
  auto& recovered = std::get<node::Recovered>(started);
  const Moment now = schedule_.now();
  const Moment grants_from = now + recovered.grace;
  const bool first = !node_;
  node_.emplace(settings_of(options_), now, 0, std::move(recovered));
  down_ = false;
  ++starts_;
  const bool forgot = machine_->take_forgot();
  if (!first) {
    invariants_.on_restart({now, now - down_since_, grants_from, forgot});
  }
  plan_end();
  if (!calm_ && random_.chance(options_.disk->full_permille)) {
    schedule_.after(random_.between(Span{0}, options_.disk->mean_life), [this, life = life_] {
      if (life == life_ && !calm_) machine_->fill_up(random_.between(10ms, 600ms));
    });
  }
  step(node::Tick{});
  turn();
}

void Shell::plan_end() {
  schedule_.after(random_.between(Span{1ms}, 2 * options_.disk->mean_life), [this, life = life_] {
    if (life == life_ && !calm_) end_process();
  });
}

void Shell::end_process() {
  const DiskOptions& disk = *options_.disk;
  if (random_.chance(disk.sync_error_permille)) {
    machine_->fail_flush_soon();
    return plan_end();
  }
  EndOfProcess how = EndOfProcess::killed;
  if (random_.chance(disk.power_permille)) {
    if (random_.chance(disk.step_permille)) {
      machine_->cut_power_soon();
      return plan_end();
    }
    how = EndOfProcess::power_cut;
  } else if (random_.chance(disk.clean_permille)) {
    how = EndOfProcess::in_order;
  }
  machine_->end(how);
  on_process_ended();
}

// Every connection ends with it; what it had not read is lost.
void Shell::on_process_ended() {
  ++life_;
  down_ = true;
  down_since_ = schedule_.now();
  paused_ = false;
  tick_at_ = never;
  invariants_.on_process_ended(schedule_.now());
  for (const Arrival& arrival : std::exchange(arrivals_, {})) refuse_if_connecting(arrival);
  desk_.close_all();
  if (!calm_ && random_.chance(options_.disk->damage_permille)) machine_->damage();
  start_later();
}

void Shell::start_later() {
  schedule_.after(random_.skewed(1ms, 1ms + options_.disk->most_down), [this] { start_process(); });
}

void Shell::refuse_if_connecting(const Arrival& arrival) {
  const auto* client = std::get_if<Desk::Arrival>(&arrival);
  if (client == nullptr || client->kind != Desk::Arrival::Kind::connect) return;
  desk_.refuse_connection(client->link);
}

}  // namespace pawl::simulation
