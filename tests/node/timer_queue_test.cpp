// SPDX-License-Identifier: Apache-2.0
#include "node/timer_queue.hpp"

#include <catch2/catch.hpp>
#include <map>
#include <random>

namespace pawl::node {
namespace {

Moment at(int ms) { return Moment{std::chrono::milliseconds{ms}}; }

}  // namespace

TEST_CASE("a deadline moved later is not due at its old time") {
  TimerQueue timers;
  timers.set(3, at(10));
  timers.set(3, at(20));

  CHECK(timers.pop_due(at(19)) == no_slot);
  CHECK(timers.pop_due(at(20)) == 3);
  CHECK(timers.pop_due(at(99)) == no_slot);
}

TEST_CASE("a deadline moved earlier is due then, once") {
  TimerQueue timers;
  timers.set(3, at(20));
  timers.set(3, at(10));

  CHECK(timers.next() == at(10));
  CHECK(timers.pop_due(at(10)) == 3);
  CHECK(timers.pop_due(at(99)) == no_slot);
}

TEST_CASE("a deadline moved earlier and later again is due once") {
  TimerQueue timers;
  timers.set(3, at(20));
  timers.set(3, at(10));
  timers.set(3, at(20));

  CHECK(timers.pop_due(at(15)) == no_slot);
  CHECK(timers.pop_due(at(20)) == 3);
  CHECK(timers.pop_due(at(99)) == no_slot);
}

TEST_CASE("raising never moves a deadline earlier") {
  TimerQueue timers;
  timers.set(0, at(20));
  timers.raise(0, at(10));

  CHECK(timers.deadline(0) == at(20));
}

TEST_CASE("what is decided is never due, and no renewal revives it") {
  TimerQueue timers;
  timers.set(0, at(20));
  timers.mark_decided(0);
  timers.raise(0, at(30));

  CHECK(timers.is_decided(0));
  CHECK(timers.pop_due(at(99)) == no_slot);
}

TEST_CASE("a slot that never had a time is not ending, however far beyond the others") {
  TimerQueue timers;
  CHECK_FALSE(timers.is_ending(1'000'000));
  timers.set(0, at(20));
  timers.mark_judged(0, LogIndex{1});

  CHECK_FALSE(timers.is_ending(1));
  CHECK_FALSE(timers.is_judged(1'000'000, LogIndex{1}));
}

TEST_CASE("a slot used again after its end was decided has a deadline like any other") {
  TimerQueue timers;
  timers.set(0, at(20));
  timers.mark_decided(0);
  timers.clear(0);
  timers.set(0, at(30));

  CHECK_FALSE(timers.is_decided(0));
  CHECK(timers.pop_due(at(29)) == no_slot);
  CHECK(timers.pop_due(at(30)) == 0);
}

TEST_CASE("a million renewals leave one entry to look at") {
  TimerQueue timers;
  for (int i = 1; i <= 1'000'000; ++i) timers.set(0, at(i));

  CHECK(timers.pop_due(at(999'999)) == no_slot);
  CHECK(timers.next() == at(1'000'000));
}

TEST_CASE("a deadline within a millisecond is due at its end, not before") {
  TimerQueue timers;
  timers.set(0, at(10) + Span{1});

  CHECK(timers.deadline(0) == at(10) + Span{1});
  CHECK(timers.next() == at(11));
  CHECK(timers.pop_due(at(11) - Span{1}) == no_slot);
  CHECK(timers.pop_due(at(11)) == 0);
}

TEST_CASE("of those that are due at the same millisecond the lower slot comes first") {
  TimerQueue timers;
  for (Slot slot : {5u, 1u, 3u}) timers.set(slot, at(10) - Span{slot});

  CHECK(timers.pop_due(at(10)) == 1);
  CHECK(timers.pop_due(at(10)) == 3);
  CHECK(timers.pop_due(at(10)) == 5);
}

TEST_CASE("deadlines of minutes and of years keep their order, and none is early") {
  constexpr Span day = std::chrono::hours{24};
  const Moment start{std::chrono::hours{5}};
  const Span spans[] = {
      std::chrono::minutes{1}, 11 * day, 13 * day, 25 * day, 364 * day, 365 * day, 10'000 * day};
  TimerQueue timers;
  Slot slots = 0;
  for (Span span : spans) timers.set(slots++, start + span);

  for (Slot slot = 0; slot < slots; ++slot) {
    Moment due = start + spans[slot];
    CHECK(timers.pop_due(due - Span{1}) == no_slot);
    CHECK(timers.next() <= due);
    CHECK(timers.pop_due(due) == slot);
  }
}

TEST_CASE("after years without a timer the next is due in time") {
  const Moment later{std::chrono::hours{24 * 365 * 30}};
  TimerQueue idle;
  TimerQueue told;
  told.start(later);
  for (TimerQueue* timers : {&idle, &told}) {
    timers->set(0, later + Span{std::chrono::seconds{1}});
    CHECK(timers->next() <= later + Span{std::chrono::seconds{1}});
    CHECK(timers->pop_due(later) == no_slot);
    CHECK(timers->next() == later + Span{std::chrono::seconds{1}});
    CHECK(timers->pop_due(later + Span{std::chrono::seconds{1}}) == 0);
  }
}

TEST_CASE("a deadline that has passed when it is set is due at once") {
  TimerQueue timers;
  timers.set(0, at(1'000));
  CHECK(timers.pop_due(at(1'000)) == 0);
  timers.set(1, at(10));

  CHECK(timers.next() <= at(1'000));
  CHECK(timers.pop_due(at(1'000)) == 1);
}

TEST_CASE("timers are due exactly when a plain map says so") {
  const int step = GENERATE(1, 1'000'000);  // … and in steps of a quarter of an hour, over days
  std::mt19937 random{7295};
  TimerQueue timers;
  std::map<Slot, Moment> model;
  auto at = [&](int steps) {
    return Moment{std::chrono::milliseconds{std::int64_t{step} * steps}};
  };
  for (int now = 0; now < 20'000; ++now) {
    const Slot slot = random() % 16;
    const Moment when = at(now + 1 + static_cast<int>(random() % (step == 1 ? 64 : 4'096)));
    switch (random() % 4) {
      case 0:
        timers.set(slot, when);
        model[slot] = when;
        break;
      case 1:
        timers.raise(slot, when);
        if (model.contains(slot)) model[slot] = std::max(model[slot], when);
        break;
      case 2:
        timers.clear(slot);
        model.erase(slot);
        break;
      default: break;
    }
    std::map<Slot, int> due;
    for (Slot one = timers.pop_due(at(now)); one != no_slot; one = timers.pop_due(at(now))) {
      ++due[one];
    }
    std::map<Slot, int> expected;
    for (const auto& [one, deadline] : model) {
      if (deadline <= at(now)) expected[one] = 1;
    }
    std::erase_if(model, [&](const auto& entry) { return entry.second <= at(now); });
    REQUIRE(due == expected);
    for (const auto& [one, deadline] : model) REQUIRE(timers.next() <= deadline);
  }
}

TEST_CASE("what was moved later is queued anew in slices") {
  TimerQueue timers;
  const Moment first{std::chrono::seconds{1}};
  const Moment later{std::chrono::seconds{10}};
  for (Slot slot = 0; slot < 2'500; ++slot) timers.set(slot, first);
  for (Slot slot = 0; slot < 2'500; ++slot) timers.set(slot, later);
  for (int asked = 0; asked < 2; ++asked) {
    CHECK(timers.pop_due(first) == no_slot);
    CHECK(timers.next() == first);  // so that who asks comes again at once
  }
  CHECK(timers.pop_due(first) == no_slot);
  CHECK(timers.next() == later);
  CHECK(timers.pop_due(later) == 0);
}

}  // namespace pawl::node
