// SPDX-License-Identifier: Apache-2.0
#include "shell.hpp"

#include <algorithm>
#include <string>

#include "base/overloaded.hpp"
#include "node/recovered.hpp"
#include "translate.hpp"

namespace pawl::simulation {

using namespace std::chrono_literals;

namespace {

// Nothing was ever written: tokens and TTLs wait for META to say so.
node::Recovered new_disk(const Options& options) { return node::Recovery{options.seed}.take(); }

}  // namespace

Shell::Shell(Schedule& schedule, const Options& options, Random& random, Invariants& invariants,
             Receivers receivers)
    : schedule_(schedule),
      options_(options),
      random_(random),
      invariants_(invariants),
      desk_(schedule, invariants, std::move(receivers),
            [this](const node::Event& event) { step(event); }) {
  if (options.disk) {
    begin_machine();
    return;
  }
  node_.emplace(settings_of(options), schedule.now(), 0, new_disk(options));
  turn();
}

void Shell::connect(std::uint32_t link) {
  arrive(Desk::Arrival{Desk::Arrival::Kind::connect, link});
}

void Shell::request(Operation& operation) {
  arrive(Desk::Arrival{Desk::Arrival::Kind::request, operation.link, &operation});
}

void Shell::end_input(std::uint32_t link) {
  arrive(Desk::Arrival{Desk::Arrival::Kind::input_end, link});
}

void Shell::end(std::uint32_t link, bool at_once) {
  using enum Desk::Arrival::Kind;
  arrive(Desk::Arrival{at_once ? end_at_once : end, link});
}

void Shell::arrive(Arrival arrival) {
  if (down_) {
    refuse_if_connecting(arrival);
    return;
  }
  arrivals_.push_back(std::move(arrival));
  turn();
}

void Shell::pause(Span length) {
  if (paused_ || calm_ || down_) return;
  paused_ = true;
  schedule_.after(length, [this, length, life = life_] {
    if (life != life_) return;
    paused_ = false;
    invariants_.on_pause(length);
    turn();
  });
}

void Shell::calm() { calm_ = true; }

// Everything that has arrived, then time, then the disk.
void Shell::turn() {
  if (paused_ || down_) return;
  drain();
  if (schedule_.now() >= node_->next_deadline()) {
    step(node::Tick{});
    drain();
    invariants_.after_tick(schedule_.now());
  }
  if (machine_) {
    machine_->append(*node_);
  } else {
    start_flush();
  }
  schedule_tick();
}

void Shell::drain() {
  while (true) {
    if (desk_.work()) continue;
    if (arrivals_.empty()) return;
    Arrival arrival = std::move(arrivals_.front());
    arrivals_.pop_front();
    std::visit(Overloaded{[this](const Desk::Arrival& one) { desk_.take(one); },
                          [this](const node::Event& event) { take(event); }},
               arrival);
  }
}

void Shell::take(const node::Event& event) {
  if (const auto* flushed = std::get_if<node::Flushed>(&event)) {
    if (!machine_) flushed_ = flushed->index;
    invariants_.on_flushed(flushed->index);
  }
  if (std::holds_alternative<node::DiskSpace>(event)) invariants_.on_disk_full();
  step(event);
}

void Shell::step(const node::Event& event) {
  actions_.clear();
  invariants_.before_step(schedule_.now());
  node_->step(schedule_.now(), event, actions_);
  if (machine_) {
    machine_->want(actions_);
  } else if (actions_.store_meta) {
    store_meta(*actions_.store_meta);
  }
  desk_.deliver(actions_);
  if (actions_.parked) desk_.note_parked(std::get<node::ClientRequest>(event), actions_);
  invariants_.after_step(schedule_.now());
}

// One flush at a time; it covers what the log held when it began.
void Shell::start_flush() {
  if (options_.durability != Durability::fsync || flushing_) return;
  LogIndex last = node_->replica().last();
  if (last <= flushed_) return;
  flushing_ = true;
  Span latency = random_.skewed(100us, options_.most_flush);
  if (!calm_ && random_.chance(options_.stall_permille)) {
    latency = random_.between(options_.most_flush, options_.most_flush + options_.most_stall);
  }
  if (random_.chance(200)) {
    last.value = flushed_.value + 1 + random_.below(last.value - flushed_.value);
  }
  schedule_.after(latency, [this, last] {
    flushing_ = false;
    arrive(node::Event{node::Flushed{last, 0}});
  });
}

void Shell::store_meta(const node::MetaStored& meta) {
  schedule_.after(random_.skewed(100us, options_.most_flush),
                  [this, meta] { arrive(node::Event{meta}); });
}

void Shell::schedule_tick() {
  Moment next = node_->next_deadline();
  if (next == never) return;
  next = std::max(next, schedule_.now() + 20us) + random_.skewed(0us, options_.tick_lateness);
  if (tick_at_ <= next) return;
  tick_at_ = next;
  schedule_.at(next, [this, next] {
    if (tick_at_ == next) tick_at_ = never;
    turn();
  });
}

}  // namespace pawl::simulation
