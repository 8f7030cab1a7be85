// SPDX-License-Identifier: Apache-2.0
//
// What it takes to look for a deadlock: next to nothing where nobody can be behind, and under a
// millisecond in the largest graphs that the limits allow. Medians are printed; they are asserted
// with room for a slow machine and for a build without optimisation.
#include <catch2/catch.hpp>
#include <chrono>
#include <functional>
#include <iostream>

#include "locks/wait_graph.hpp"
#include "table_driver.hpp"

namespace pawl::locks {
namespace {

using Clock = std::chrono::steady_clock;

#if defined(__OPTIMIZE__) && !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
constexpr std::size_t crowd = 10'000;
constexpr double patience = 10;
#else
constexpr std::size_t crowd = 2'000;
constexpr double patience = 100;
#endif

std::string numbered(const char* what, std::size_t number) { return what + std::to_string(number); }

struct Crowd {
  TableDriver table;
  SessionId asker = table.open("asker");
  std::vector<SessionId> sessions;

  SessionId open() {
    sessions.push_back(table.open(numbered("secret", sessions.size())));
    return sessions.back();
  }
  void hold(SessionId session, std::string_view name, Wish wish = {}) {
    wish.session = session;
    if (table.grant(name, wish) == Token{}) throw std::runtime_error{"not granted"};
  }
  void wait(SessionId session, const Several& names, Wish wish = {}) {
    wish.session = session;
    if (table.wait_all(names, wish) == ClaimNumber{}) throw std::runtime_error{"not queued"};
  }
  // Somebody waits for the asker, so that it has to look.
  void look() {
    hold(asker, "looks");
    wait(SessionId{}, {"looks"});
  }
  // Of one LOCK that waits, in microseconds: the median.
  double median_us(const Several& names, Verdict expected, Wish wish = {}) {
    wish.session = asker;
    wish.wait = true;
    std::vector<double> times;
    for (int round = 0; round < 21; ++round) {
      Clock::time_point start = Clock::now();
      Verdict verdict = table.lock_all(names, wish);
      times.push_back(std::chrono::duration<double, std::micro>(Clock::now() - start).count());
      if (verdict != expected) throw std::runtime_error{"another verdict"};
      if (verdict == Verdict::queued) table.end_wait(table.claim());
    }
    std::nth_element(times.begin(), times.begin() + 10, times.end());
    return times[10];
  }
};

void report(std::string_view what, double us) { std::cout << what << ": " << us << " us\n"; }

TEST_CASE("a wait that blocks nobody is not looked at: under 2 us") {
  Crowd one;
  one.table.grant("a");
  for (std::size_t at = 0; at < crowd; ++at) one.wait(one.open(), {"a"});
  for (std::size_t at = 0; at < 200; ++at) one.hold(one.asker, numbered("mine", at));
  std::vector<double> extra;
  SessionId on = one.asker;
  SessionId off = one.table.open("off", false);
  for (int round = 0; round < 21; ++round) {
    one.asker = off;
    double least = one.median_us({"a"}, Verdict::queued);
    one.asker = on;
    extra.push_back(one.median_us({"a"}, Verdict::queued) - least);
  }
  std::nth_element(extra.begin(), extra.begin() + 10, extra.end());

  report("blocks nobody, holds 200", extra[10]);
  CHECK(extra[10] < 2 * patience);
}

TEST_CASE("in a graph of 10,000 waits it takes under a millisecond") {
  Crowd graph;
  Wish reading{.mode = Mode::shared};
  Wish slot{.mode = Mode::slot, .slots = 20'000};
  Wish one_slot{.mode = Mode::slot, .slots = 1};
  auto takes = [&](const char* what, Verdict expected, const Several& names, Wish wish = {}) {
    double us = graph.median_us(names, expected, wish);
    report(what, us);
    CHECK(us < 1'000 * patience);
  };

  SECTION("a chain that ends with somebody who can proceed, or with the asker") {
    graph.hold(graph.asker, "end");
    for (std::size_t at = 0; at < crowd; ++at) {
      graph.hold(graph.open(), numbered("n", at));
    }
    graph.wait(SessionId{}, {"end"});
    for (std::size_t at = 0; at + 1 < crowd; ++at) {
      graph.wait(graph.sessions[at], {numbered("n", at + 1)});
    }
    takes("a chain", Verdict::queued, {"n0"});
    graph.wait(graph.sessions.back(), {"end"});
    takes("a ring", Verdict::deadlock, {"n0"});
  }
  SECTION("one queue, each of whom holds what somebody awaits") {
    graph.look();
    graph.table.grant("a");
    for (std::size_t at = 0; at < crowd; ++at) {
      SessionId session = graph.open();
      graph.hold(session, numbered("n", at));
      graph.wait(session, {"a"});
      graph.wait(SessionId{}, {numbered("n", at)});
    }
    takes("one queue", Verdict::queued, {"a"});
    graph.hold(graph.asker, "mine");
    takes("one queue and a name of its first", Verdict::queued, {"a", "n0"});
  }
  SECTION("one queue, whose first waits for the asker") {
    graph.look();
    graph.table.grant("a");
    for (std::size_t at = 0; at < crowd; ++at) {
      at == 0 ? graph.wait(graph.open(), {"a", "looks"}) : graph.wait(graph.open(), {"a"});
    }
    takes("one stuck queue", Verdict::deadlock, {"a"});
  }
  SECTION("readers, each of whom waits, and a writer") {
    graph.look();
    graph.table.grant("b");
    for (std::size_t at = 0; at < crowd; ++at) {
      SessionId session = graph.open();
      graph.hold(session, "a", reading);
      graph.wait(session, {"b"}, reading);
    }
    takes("readers", Verdict::queued, {"a"});
    graph.hold(graph.sessions.back(), "last");
    graph.wait(graph.sessions.back(), {"looks"});
    takes("readers of whom the last is stuck", Verdict::deadlock, {"a"});
  }
  SECTION("slots held by who waits") {
    graph.look();
    graph.table.grant("b");
    slot.slots = crowd;
    for (std::size_t at = 0; at < crowd; ++at) {
      SessionId session = graph.open();
      graph.hold(session, "a", slot);
      graph.wait(session, {"b"});
    }
    takes("slots", Verdict::queued, {"a"}, slot);
  }
  SECTION("slots whose holders all wait for the asker") {
    graph.look();
    slot.slots = crowd;
    for (std::size_t at = 0; at < crowd; ++at) {
      SessionId session = graph.open();
      graph.hold(session, "a", slot);
      graph.wait(session, {"looks"}, reading);
    }
    takes("stuck slots", Verdict::deadlock, {"a"}, slot);
  }
  SECTION("one slot and a queue for it, stuck") {
    graph.look();
    SessionId holder = graph.open();
    graph.hold(holder, "a", one_slot);
    for (std::size_t at = 0; at < crowd; ++at) graph.wait(graph.open(), {"a"}, one_slot);
    graph.wait(holder, {"looks"});
    takes("a stuck queue for one slot", Verdict::deadlock, {"a"}, one_slot);
  }
  SECTION("one slot and a queue for it, whose last alone can be stuck") {
    graph.look();
    graph.hold(SessionId{}, "a", one_slot);
    for (std::size_t at = 0; at < crowd; ++at) {
      SessionId session = graph.open();
      graph.wait(session, {"a"}, one_slot);
    }
    takes("a queue for one slot", Verdict::queued, {"a"}, one_slot);
  }
  SECTION("the way back is long, past a queue for one slot") {
    graph.look();
    SessionId holder = graph.open();
    SessionId last = graph.open();
    graph.hold(holder, "a", one_slot);
    graph.hold(last, "far");
    for (std::size_t at = 0; at < crowd; ++at) graph.wait(graph.open(), {"a"}, one_slot);
    graph.wait(last, {"looks"});
    graph.wait(holder, {"far"});
    takes("past a stuck queue for one slot", Verdict::deadlock, {"a"}, one_slot);
  }
  SECTION("the way back is long, past those who wait for the last of many readers") {
    graph.look();
    graph.table.grant("leased", reading);
    SessionId last = graph.open();
    SessionId reader = graph.open();
    graph.hold(last, "far");
    for (std::size_t at = 0; at < crowd / 2; ++at) {
      SessionId session = graph.open();
      graph.hold(session, "q", reading);
      graph.wait(session, {"leased"});
    }
    graph.hold(reader, "q", reading);
    slot.slots = crowd / 2;
    for (std::size_t at = 0; at < crowd / 2; ++at) {
      SessionId session = graph.open();
      graph.hold(session, "a", slot);
      graph.wait(session, {"q"});
    }
    graph.wait(last, {"looks"});
    graph.wait(reader, {"far"});
    takes("past the last of many readers", Verdict::deadlock, {"a"}, slot);
  }
  SECTION("one holds all, and has as many waits that are not claimed") {
    graph.look();
    graph.table.grant("b");
    SessionId session = graph.open();
    std::vector<std::string> names;
    for (std::size_t at = 0; at < crowd / 5; ++at) {
      graph.hold(session, names.emplace_back(numbered("n", at)));
    }
    for (std::size_t at = 0; at < crowd; ++at) {
      graph.wait(session, {"b"}, {.id = numbered("i", at)});
      graph.table.unclaim(graph.table.claim());
    }
    takes("unclaimed waits", Verdict::queued, {names.begin(), names.end()});
  }
}

}  // namespace
}  // namespace pawl::locks
