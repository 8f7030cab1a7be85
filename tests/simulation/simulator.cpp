// SPDX-License-Identifier: Apache-2.0
#include "simulator.hpp"

#include <algorithm>
#include <sstream>

#include "broken_law.hpp"
#include "translate.hpp"

namespace pawl::simulation {

using namespace std::chrono_literals;

Simulator::Simulator(const Options& options)
    : options_(options),
      random_(~options.seed),
      invariants_(history_, options_, shell_),
      shell_(schedule_, options_, random_, invariants_,
             {[this](Operation& operation) { on_reply(operation); },
              [this](std::uint32_t link, const EventBody& push) { on_push(link, push); },
              [this](std::uint32_t link) { on_closed(link); }}) {
  for (std::uint32_t i = 0; i < options_.clients; ++i) {
    clients_.emplace_back(static_cast<World&>(*this), options_, i, random_.next());
  }
}

Result Simulator::run() {
  Result result;
  Moment start = schedule_.now();
  try {
    run_phases();
  } catch (const Violation& violation) {
    result.violation = violation;
  } catch (const RefusedStart&) {
    result.refused_start = true;
  } catch (const BrokenLaw& broken) {
    result.violation = Violation{"the core's own law", broken.text};
  }
  result.options = options_;
  result.hash = history_.hash();
  result.events = schedule_.events();
  result.operations = history_.size();
  result.grants = invariants_.grants();
  result.starts = shell_.starts();
  result.simulated = schedule_.now() - start;
  return result;
}

void Simulator::run_phases() {
  for (Client& client : clients_) client.start();
  pause_now_and_then();
  look_for_overdue();
  Moment churn_ends = schedule_.now() + options_.length;
  schedule_.run_until(churn_ends);
  over_ = true;
  shell_.calm();
  for (Client& client : clients_) client.stop();
  // A restart is over, the grace after it too.
  if (options_.disk)
    schedule_.run_until(schedule_.now() + options_.disk->most_down + 2s + options_.most_ttl);
  churn_ends = schedule_.now();
  // The last bytes arrive, the last pause ends; then the longest lease, twice where a queue hands
  // on what nobody wants, and the wait that keeps its place.
  schedule_.run_until(churn_ends + 8s + options_.most_pause + 6 * options_.most_ttl +
                      options_.reclaim);
  // The table shows what a record removed until the next.
  clients_.front().cancel_nothing();
  schedule_.run_until(schedule_.now() + 2s);
  invariants_.check_empty();
}

void Simulator::pause_now_and_then() {
  if (options_.pauses_a_minute == 0) return;
  Span mean = 60s / options_.pauses_a_minute;
  schedule_.after(random_.between(Span{1ms}, 2 * mean), [this] {
    if (over_) return;
    shell_.pause(random_.skewed(1ms, options_.most_pause));
    pause_now_and_then();
  });
}

void Simulator::look_for_overdue() {
  schedule_.after(500ms, [this] {
    if (over_) return;
    if (shell_.is_running()) invariants_.check_overdue(schedule_.now());
    look_for_overdue();
  });
}

Moment Simulator::arrival(Moment& last) {
  Moment moment = schedule_.now() + random_.skewed(options_.least_delay, options_.most_delay);
  last = std::max(last, moment);
  return last;
}

std::uint32_t Simulator::connect(std::uint32_t client) {
  auto number = static_cast<std::uint32_t>(links_.size());
  Link& link = links_.emplace_back();
  link.client = client;
  schedule_.at(arrival(link.last_to_node), [this, number, starts = shell_.starts()] {
    // Given up before it stood, it brings nothing to a process that did not listen then.
    bool given_up = !links_[number].client_open && shell_.starts() != starts;
    given_up ? shell_.refuse_connection(number) : shell_.connect(number);
  });
  return number;
}

void Simulator::send(std::uint32_t client, std::uint32_t link, Ask ask) {
  Operation& operation = history_.add(client, link, std::move(ask), schedule_.now());
  invariants_.on_invoked(operation);
  if (operation.ask.verb == Verb::quit) invariants_.on_let_go(client, link, schedule_.now());
  schedule_.at(arrival(links_[link].last_to_node),
               [this, &operation] { shell_.request(operation); });
}

// Seen by the node when the network says so, perhaps seconds late, perhaps before it has read what
// was sent.
void Simulator::disconnect(std::uint32_t client, std::uint32_t number) {
  Link& link = links_[number];
  link.client_open = false;
  invariants_.on_let_go(client, number, schedule_.now());
  Moment seen = arrival(link.last_to_node);
  if (random_.chance(options_.late_end_permille)) seen += random_.skewed(1ms, 3s);
  link.last_to_node = seen;
  bool at_once = random_.chance(500);
  schedule_.at(seen, [this, number, at_once] { shell_.end(number, at_once); });
}

void Simulator::end_input(std::uint32_t link) {
  invariants_.on_let_go(links_[link].client, link, schedule_.now());
  schedule_.at(arrival(links_[link].last_to_node), [this, link] { shell_.end_input(link); });
}

void Simulator::after(Span span, std::function<void()> what) {
  schedule_.after(span, std::move(what));
}

void Simulator::on_reply(Operation& operation) {
  Link& link = links_[operation.link];
  schedule_.at(arrival(link.last_to_client), [this, &operation, &link] {
    if (!link.client_open) return;
    operation.returned = schedule_.now();
    Client& client = clients_[link.client];
    invariants_.on_returned(operation, client.drift_permyriad());
    client.on_reply(operation);
  });
}

void Simulator::on_push(std::uint32_t number, const EventBody& push) {
  Link& link = links_[number];
  schedule_.at(arrival(link.last_to_client), [this, &link, push] {
    if (link.client_open) clients_[link.client].on_push(push);
  });
}

void Simulator::on_closed(std::uint32_t number) {
  Link& link = links_[number];
  schedule_.at(arrival(link.last_to_client), [this, &link, number] {
    if (!link.client_open) return;
    link.client_open = false;
    invariants_.on_let_go(link.client, number, schedule_.now());
    clients_[link.client].on_closed(number);
  });
}

std::string Simulator::trace(std::size_t last) const {
  std::ostringstream out;
  std::uint64_t size = history_.size();
  for (std::uint64_t i = size > last ? size - last + 1 : 1; i <= size; ++i) {
    out << to_text(history_[i]) << '\n';
  }
  return out.str();
}

Result simulate(std::uint64_t seed) { return Simulator{seed}.run(); }

Result simulate_with_disk(std::uint64_t seed) {
  return Simulator{draw_options_with_disk(seed)}.run();
}

}  // namespace pawl::simulation
