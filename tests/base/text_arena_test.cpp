// SPDX-License-Identifier: Apache-2.0
#include "base/text_arena.hpp"

#include <catch2/catch.hpp>
#include <map>
#include <random>
#include <string>
#include <vector>

namespace pawl {
namespace {

std::string text_of(std::size_t size, char fill) { return std::string(size, fill); }

TEST_CASE("a text of any size from 0 to 255 bytes is kept as it is") {
  TextArena arena;
  std::vector<TextArena::Reference> kept;
  for (std::size_t size = 0; size <= 255; ++size) {
    kept.push_back(arena.store(text_of(size, static_cast<char>(size))));
  }

  for (std::size_t size = 0; size <= 255; ++size) {
    REQUIRE(arena.view(kept[size], size) == text_of(size, static_cast<char>(size)));
  }
}

TEST_CASE("a text costs its length rounded up to 4 bytes, and nothing once released") {
  TextArena arena;

  TextArena::Reference nine = arena.store("nine byte");
  CHECK(arena.memory() == 12);
  TextArena::Reference one = arena.store("x");
  CHECK(arena.memory() == 16);

  arena.release(nine, 9);
  arena.release(one, 1);
  CHECK(arena.memory() == 0);
}

TEST_CASE("freed room serves the next text of its size") {
  TextArena arena;
  TextArena::Reference first = arena.store("jobs/nightly");
  TextArena::Reference second = arena.store("jobs/evening");
  arena.release(first, 12);
  arena.release(second, 12);

  CHECK(arena.store("another") != second);  // 8 bytes, not 12
  CHECK(arena.store("ten bytes!") == second);
  CHECK(arena.store("jobs/weekly!") == first);
}

TEST_CASE("views stay where they are while the arena grows over many blocks") {
  TextArena arena;
  std::string_view first = arena.view(arena.store("first"), 5);
  const char* where = first.data();

  for (int i = 0; i < 10'000; ++i) static_cast<void>(arena.store(text_of(255, 'x')));

  CHECK(first == "first");
  CHECK(arena.view(0, 5).data() == where);
}

TEST_CASE("texts that come and go at random never overwrite each other") {
  struct Kept {
    TextArena::Reference at;
    std::string text;
  };
  TextArena arena;
  std::vector<Kept> kept;
  std::size_t memory = 0;
  std::mt19937_64 random{3};
  auto cost = [](const std::string& text) { return (text.size() + 3) / 4 * 4; };

  for (int step = 0; step < 50'000; ++step) {
    if (kept.empty() || random() % 100 < (step < 30'000 ? 60u : 40u)) {
      std::string text(1 + random() % 255, static_cast<char>('a' + random() % 26));
      memory += cost(text);
      kept.push_back({arena.store(text), text});
    } else {
      std::swap(kept[random() % kept.size()], kept.back());
      memory -= cost(kept.back().text);
      REQUIRE(arena.view(kept.back().at, kept.back().text.size()) == kept.back().text);
      arena.release(kept.back().at, kept.back().text.size());
      kept.pop_back();
    }
    REQUIRE(arena.memory() == memory);
  }
  for (const Kept& one : kept) REQUIRE(arena.view(one.at, one.text.size()) == one.text);
}

}  // namespace
}  // namespace pawl
