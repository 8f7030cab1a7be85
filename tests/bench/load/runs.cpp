// SPDX-License-Identifier: Apache-2.0
#include "load/runs.hpp"

#include <unistd.h>

#include <iostream>
#include <limits>
#include <stdexcept>

#include "load/each_once.hpp"
#include "load/ending.hpp"
#include "load/handover.hpp"
#include "load/pairs.hpp"
#include "load/processor.hpp"
#include "load/rotation.hpp"
#include "load/sessions.hpp"

namespace pawl::bench {
namespace {

using namespace std::chrono_literals;

constexpr std::chrono::milliseconds long_ttl = 1h;

struct Measured {
  Span span;
  double server_seconds = 0;
};

// Runs warm, then measured; what `forget` clears is of the second part alone.
Measured measure(Engine& engine, Workload& workload, const Options& options,
                 const std::function<void()>& forget) {
  engine.run(workload, Clock::now() + options.warm_up);
  forget();
  const double before = processor_seconds(options.servers);
  const Moment began = Clock::now();
  engine.run(workload, began + options.span);
  const Span span = Clock::now() - began;
  return {span, processor_seconds(options.servers) - before};
}

Report report_of(const Measured& measured, const Histogram& latencies, std::uint64_t ops,
                 const Engine& engine) {
  return {{"ops", ops},
          {"seconds", seconds(measured.span)},
          {"server_cpu_seconds", measured.server_seconds},
          {"p50_us", microseconds(latencies.quantile(0.5))},
          {"p99_us", microseconds(latencies.quantile(0.99))},
          {"max_us", microseconds(latencies.greatest())},
          {"errors", engine.errors()}};
}

void wait_for_end_of_input() { std::cin.ignore(std::numeric_limits<std::streamsize>::max()); }

void pair(const Dialect& dialect, const Options& options, const Print& print) {
  Engine engine(dialect, options.shape);
  Pairs pairs(engine.lanes());
  const Measured measured = measure(engine, pairs, options, [&] { pairs.forget(); });
  const Pairs::Figures figures = pairs.figures();
  pairs.finish();
  engine.run_until_rest(pairs);
  Report report = report_of(measured, figures.acquires, figures.pairs.count(), engine);
  report["pair_p50_us"] = microseconds(figures.pairs.quantile(0.5));
  report["pair_p99_us"] = microseconds(figures.pairs.quantile(0.99));
  print(report);
}

void hold(const Dialect& dialect, const Options& options, const Print& print) {
  Engine engine(dialect, options.shape);
  const Names names("hold/", options.count);
  EachOnce locks(Op::acquire, names, long_ttl);
  const Moment began = Clock::now();
  engine.run_until_rest(locks);
  print({{"ops", locks.right()},
         {"seconds", seconds(Clock::now() - began)},
         {"errors", engine.errors()}});
  wait_for_end_of_input();
}

void idle(const Dialect& dialect, const Options& options, const Print& print) {
  Engine engine(dialect, options.shape);
  const Names names("idle/", engine.lanes());
  EachOnce pings(Op::ping, names, long_ttl);
  const Moment began = Clock::now();
  engine.run_until_rest(pings);
  print({{"ops", pings.right()},
         {"seconds", seconds(Clock::now() - began)},
         {"errors", engine.errors()}});
  wait_for_end_of_input();
}

void rotate(Engine& engine, Rotation& rotation, const Options& options, const Print& print) {
  const Measured measured = measure(engine, rotation, options, [&] { rotation.forget(); });
  const Histogram renewals = rotation.figures();
  rotation.finish();
  engine.run_until_rest(rotation);
  print(report_of(measured, renewals, renewals.count(), engine));
}

void renew(const Dialect& dialect, const Options& options, const Print& print) {
  Engine engine(dialect, options.shape);
  const Names names("hold/", options.count);
  EachOnce locks(Op::acquire, names, long_ttl);
  engine.run_until_rest(locks);
  if (locks.right() != names.size()) throw std::runtime_error("not all locks were granted");
  Rotation rotation(Op::renew, names, locks.tokens());
  rotate(engine, rotation, options, print);
}

void keep_alive(const Dialect& dialect, const Options& options, const Print& print) {
  const Names secrets("5e", options.count, secret_length);
  open_sessions(dialect, options.shape.port, secrets, long_ttl);
  Engine engine(dialect, options.shape);
  const std::vector<std::uint64_t> no_tokens;
  Rotation rotation(Op::keep_alive, secrets, no_tokens);
  rotate(engine, rotation, options, print);
}

std::uint64_t count_of_locks(const Dialect& dialect, const Options& options) {
  Engine engine(dialect, {options.shape.port});
  const Names nameless("", 1);
  EachOnce question(Op::count, nameless, long_ttl);
  engine.run_until_rest(question);
  return question.tokens().front();
}

// Of so many locks, by a sample of them. It may take three times as long and still be ready.
Span time_to_fill(Engine& engine, std::size_t count) {
  const Names sample("sample/", count / 50 + 1);
  EachOnce locks(Op::acquire, sample, long_ttl);
  const Moment began = Clock::now();
  engine.run_until_rest(locks);
  return 3 * 50 * (Clock::now() - began) + 2 * least_ttl;
}

// Fills over many connections, then looks on over two.
void expire(const Dialect& dialect, const Options& options, const Print& print) {
  Engine filler(dialect, options.shape);
  const Span filling = time_to_fill(filler, options.count);
  const std::uint64_t others = count_of_locks(dialect, options);
  const Names names("ends/", options.count);
  const Moment began = Clock::now();
  const Moment end = began + filling;
  EachOnce locks(names, end);
  filler.run_until_rest(locks);
  if (locks.right() != names.size()) throw std::runtime_error("not all locks were granted");
  const Span filled = Clock::now() - began;
  if (began + filled + least_ttl > end) throw std::runtime_error("filling took too long");

  Engine watcher(dialect, {options.shape.port, 2, 1, Ending::beat});
  Ending ending(end, others);
  watcher.run(ending, end);
  const double before = processor_seconds(options.servers);
  while (ending.all_gone() == Moment{} && Clock::now() < end + 60s) {
    watcher.run(ending, Clock::now() + 10ms);
  }
  if (ending.all_gone() == Moment{}) throw std::runtime_error("not all ended within a minute");
  watcher.run(ending, std::max(ending.all_gone(), end + 1s));
  print({{"ops", locks.right()},
         {"seconds", seconds(ending.all_gone() - end)},
         {"fill_seconds", seconds(filled)},
         {"server_cpu_seconds", processor_seconds(options.servers) - before},
         {"p50_us", microseconds(ending.delays().quantile(0.5))},
         {"p99_us", microseconds(ending.delays().quantile(0.99))},
         {"max_us", microseconds(ending.delays().greatest())},
         {"errors", filler.errors() + watcher.errors()}});
}

void hand_over(const Dialect& dialect, const Options& options, const Print& print) {
  Engine engine(dialect, options.shape);
  Handover handover("handover/" + std::to_string(getpid()), engine.lanes());
  const Measured measured = measure(engine, handover, options, [&] { handover.forget(); });
  const Histogram& waits = handover.waits();
  Report report = report_of(measured, waits, waits.count(), engine);
  report["mean_wait_us"] = microseconds(waits.mean());
  report["longest_wait_us"] = microseconds(waits.greatest());
  report["jain"] = handover.fairness();
  print(report);
}

}  // namespace

const std::map<std::string, Run>& runs() {
  static const std::map<std::string, Run> known{{"pair", pair},
                                                {"hold", hold},
                                                {"idle", idle},
                                                {"renew", renew},
                                                {"keepalive", keep_alive},
                                                {"expire", expire},
                                                {"handover", hand_over}};
  return known;
}

}  // namespace pawl::bench
