// SPDX-License-Identifier: Apache-2.0
#include "node/watches.hpp"

#include <algorithm>
#include <catch2/catch.hpp>
#include <map>
#include <random>
#include <set>

namespace pawl::node {
namespace {

std::vector<Slot> watchers(Watches& watches, std::string_view name) {
  std::vector<Slot> found;
  watches.each(name, [&](Slot connection) { found.push_back(connection); });
  return found;
}

using Slots = std::vector<Slot>;

}  // namespace

TEST_CASE("whoever watches a prefix of a name is found, once, however many of his fit") {
  Watches watches(1);
  watches.add(4, "jobs/a");
  watches.add(4, "jobs/");
  watches.add(4, "");
  watches.add(2, "jobs/");
  watches.add(3, "jobs/ab");

  CHECK(watchers(watches, "jobs/a") == Slots{4, 2});
  CHECK(watchers(watches, "jobs/abc") == Slots{4, 2, 3});
  CHECK(watchers(watches, "jobs") == Slots{4});
}

TEST_CASE("the order of those found does not hang on the hash") {
  for (std::uint64_t seed = 0; seed < 20; ++seed) {
    Watches watches(seed);
    watches.add(9, "ab");
    watches.add(7, "a");
    watches.add(8, "a");
    watches.add(6, "");
    watches.remove(7, "a");
    watches.add(7, "a");

    CHECK(watchers(watches, "abc") == Slots{6, 8, 7, 9});
  }
}

TEST_CASE("what is watched no more is not found, and leaves nothing behind") {
  Watches watches(1);
  CHECK(watches.empty());
  watches.add(1, "a");
  watches.add(1, "b");
  watches.add(2, "a");
  CHECK(watches.memory() > 0);

  watches.remove(1, "a");
  watches.remove(1, "c");
  CHECK(watchers(watches, "a") == Slots{2});
  CHECK(watches.count(1) == 1);
  watches.remove_all(1);
  watches.remove_all(1);
  watches.remove_all(7);
  watches.remove(2, "a");

  CHECK(watches.empty());
  CHECK(watches.memory() == 0);
  CHECK(watchers(watches, "b").empty());
}

TEST_CASE("any order of watching and leaving finds what a list of pairs finds") {
  std::mt19937 random(7);
  auto below = [&](unsigned end) { return static_cast<Slot>(random() % end); };
  Watches watches(random());
  std::set<std::pair<Slot, std::string>> pairs;
  auto text = [&] {
    std::string made(below(6), 'a');
    for (char& c : made) c = static_cast<char>('a' + below(2));
    return made;
  };
  for (int act = 0; act < 20'000; ++act) {
    const Slot who = below(8);
    const std::string prefix = text();
    if (act % 50 == 0) {
      watches.remove_all(who);
      std::erase_if(pairs, [&](const auto& pair) { return pair.first == who; });
    } else if (below(2) == 0) {
      if (!watches.has(who, prefix)) watches.add(who, prefix);
      pairs.insert({who, prefix});
    } else {
      watches.remove(who, prefix);
      pairs.erase({who, prefix});
    }

    const std::string name = text();
    std::set<Slot> expected;
    std::map<Slot, std::size_t> counts;
    for (const auto& [connection, watched] : pairs) {
      ++counts[connection];
      if (name.starts_with(watched)) expected.insert(connection);
    }
    Slots found = watchers(watches, name);
    std::sort(found.begin(), found.end());
    REQUIRE(found == Slots(expected.begin(), expected.end()));
    REQUIRE(watches.count(who) == counts[who]);
    REQUIRE(watches.empty() == pairs.empty());
  }
}

}  // namespace pawl::node
