// SPDX-License-Identifier: Apache-2.0
#include "client/asking/rounds.hpp"

#include <catch2/catch.hpp>
#include <string>

namespace pawl::client {
namespace {

using namespace std::chrono_literals;

// Three servers a, b and c, and a clock that moves by the pauses.
struct Asking {
  explicit Asking(std::size_t servers = 3, std::uint32_t seed = 7)
      : rounds(list(servers), 5s, seed) {
    rounds.begin(now);
  }
  static std::vector<ServerAddress> list(std::size_t servers) {
    std::vector<ServerAddress> all{{"a", "1"}, {"b", "1"}, {"c", "1"}};
    all.resize(servers);
    return all;
  }
  std::string next() { return rounds.next().host; }
  // The pause; -1: given up.
  Rounds::Span::rep fail(Trouble trouble, std::string_view primary = {}) {
    const auto pause = rounds.failed(now, trouble, primary);
    now += pause.value_or(0ms);
    return pause ? pause->count() : -1;
  }

  Rounds::Time now{};
  Rounds rounds;
};

}  // namespace

TEST_CASE("servers are asked in turn, with a pause after each round") {
  Asking asking;
  for (int round = 0; round < 3; ++round) {
    CHECK(asking.next() == "a");
    CHECK(asking.fail(Trouble::elsewhere) == 0);
    CHECK(asking.next() == "b");
    CHECK(asking.fail(Trouble::refused) == 0);
    CHECK(asking.next() == "c");
    CHECK(asking.fail(Trouble::silent) > 0);
  }
}

TEST_CASE("pauses double from 10 to 500 ms, each cut by a different bit") {
  Asking asking(1);
  Rounds::Span::rep most = 10;
  int whole = 0;
  for (int i = 0; i < 12; ++i) {
    const auto pause = asking.fail(Trouble::elsewhere);
    CHECK(pause >= most / 2);
    CHECK(pause <= most);
    whole += pause == most ? 1 : 0;
    most = std::min<Rounds::Span::rep>(500, most * 2);
  }
  CHECK(whole < 12);
}

TEST_CASE("the primary that is named is asked at once, in the list or not") {
  Asking asking;
  CHECK(asking.next() == "a");
  CHECK(asking.fail(Trouble::elsewhere, "z:9") == 0);
  CHECK(asking.rounds.next() == ServerAddress{"z", "9"});
  // It is gone as well: whoever names it again is not believed in this round.
  CHECK(asking.fail(Trouble::refused) == 0);
  CHECK(asking.next() == "b");
  CHECK(asking.fail(Trouble::elsewhere, "z:9") == 0);
  CHECK(asking.next() == "c");
  CHECK(asking.fail(Trouble::elsewhere, "z:9") > 0);
  CHECK(asking.next() == "a");
  CHECK(asking.fail(Trouble::elsewhere, "z:9") == 0);
  CHECK(asking.next() == "z");
}

TEST_CASE("a node that names itself, or nothing that could be asked, names nobody") {
  for (const std::string primary : {"a:1", "", "two words:1", "z:0"}) {
    Asking asking;
    CHECK(asking.next() == "a");
    CHECK(asking.fail(Trouble::elsewhere, primary) == 0);
    CHECK(asking.next() == "b");
  }
}

TEST_CASE("where nobody listens at all, one round is enough") {
  Asking asking;
  CHECK(asking.fail(Trouble::refused) == 0);
  CHECK(asking.fail(Trouble::refused) == 0);
  CHECK(asking.fail(Trouble::refused) == -1);
}

TEST_CASE("what may serve soon is asked again until the limit, and not beyond") {
  for (const Trouble trouble : {Trouble::silent, Trouble::broken, Trouble::elsewhere}) {
    Asking asking;
    CHECK(asking.fail(trouble) == 0);
    int attempts = 1;
    while (asking.fail(Trouble::refused) >= 0) ++attempts;
    CHECK(attempts > 30);
    CHECK(asking.now == Rounds::Time{} + 5s);

    asking.rounds.begin(asking.now);
    CHECK(asking.fail(Trouble::refused) == 0);
  }
}

TEST_CASE("one machine that is gone does not use up the limit, unless it is the only one") {
  Asking asking;
  CHECK(asking.rounds.to_connect(asking.now) == 250ms);
  CHECK(asking.rounds.to_answer(asking.now) == 1s);
  for (int i = 0; i < 3; ++i) CHECK(asking.fail(Trouble::silent) >= 0);
  CHECK(asking.rounds.to_connect(asking.now) == 500ms);
  CHECK(asking.rounds.to_answer(asking.now) == 2s);
  CHECK(asking.rounds.to_answer(Rounds::Time{} + 4500ms) == 500ms);
  CHECK(asking.rounds.to_answer(Rounds::Time{} + 6s) == 1ms);

  Asking alone(1);
  CHECK(alone.rounds.to_connect(alone.now) == 5s);
  CHECK(alone.rounds.to_answer(alone.now) == 5s);
  CHECK(alone.fail(Trouble::elsewhere, "z:9") == 0);
  CHECK(alone.rounds.to_connect(alone.now) == 250ms);
}

}  // namespace pawl::client
