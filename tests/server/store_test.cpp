// SPDX-License-Identifier: Apache-2.0
#include "server/store.hpp"

#include <catch2/catch.hpp>
#include <chrono>
#include <filesystem>
#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "storage/log.hpp"
#include "storage/posix_directory.hpp"
#include "storage/snapshot_file.hpp"
#include "system/temporary_directory.hpp"

namespace pawl::server {
namespace {

using namespace std::chrono_literals;
using replication::Member;

// Of three nodes, by their place in the configuration; or of one alone.
Config config_of(const std::string& path, int place = 0) {
  Config config;
  config.data_dir = path;
  config.cluster_id = "test";
  for (const char* id : {"n1", "n2", "n3"}) {
    config.core.cluster.nodes.push_back({.id = id, .client = {}, .witness = false});
  }
  config.core.node = config.core.cluster.nodes[static_cast<std::size_t>(place)].id;
  return config;
}

Config config_alone(const std::string& path) {
  Config config;
  config.data_dir = path;
  return config;
}

const Log& silent() {
  static const Log log(LogLevel::error, {}, [](std::string_view) {});
  return log;
}

struct Lines {
  std::mutex mutex;  // a logger has a thread of its own
  std::string text;
};

// A store that runs: what it delivers can be waited for.
struct Running {
  explicit Running(const Config& config, const Log& log = silent()) {
    auto opened = Store::open(config, log);
    if (!opened) FAIL(opened.error().why);
    store = std::move(*opened);
    recovered = store->take_recovered();
    store->start(loop, [this](const node::Event& event) { events.push_back(own(event)); }, {});
  }

  // The message of an event is read during the step only; here none has one.
  static node::Event own(const node::Event& event) { return event; }

  template <class Event>
  Event wait_for() {
    const auto deadline = std::chrono::steady_clock::now() + 20s;
    while (std::chrono::steady_clock::now() < deadline) {
      for (auto at = events.begin(); at != events.end(); ++at) {
        if (auto* event = std::get_if<Event>(&*at)) {
          Event found = *event;
          events.erase(at);
          return found;
        }
      }
      loop.context().run_one_for(100ms);
    }
    FAIL("nothing came");
    return {};
  }
  void wait_until(const bool& done) {
    const auto deadline = std::chrono::steady_clock::now() + 20s;
    while (!done && std::chrono::steady_clock::now() < deadline) {
      loop.context().run_one_for(100ms);
    }
    REQUIRE(done);
  }
  void vote(std::uint64_t epoch, std::optional<Member> whom,
            std::optional<replication::Joined> joined = {}) {
    node::Actions actions;
    actions.store_vote = replication::Ballot{Epoch{epoch}, whom};
    actions.joined = joined;
    store->want(actions);
  }

  Loop loop;
  std::vector<node::Event> events;
  std::unique_ptr<Store> store;
  node::Recovered recovered;
};

std::string refusal(const Config& config) {
  const auto opened = Store::open(config, silent());
  REQUIRE_FALSE(opened.has_value());
  return std::to_string(opened.error().exit_code) + ' ' + opened.error().why;
}

bool says(const std::string& text, std::string_view words) {
  return text.find(words) != std::string::npos;
}

}  // namespace

TEST_CASE("tokens leap after a promotion, even if the process ends before it says so in the log") {
  const testing::TemporaryDirectory directory;
  const int place = GENERATE(0, 1);
  Config config = config_of(directory.path(), place);
  config.core.cluster.nodes.pop_back();
  {
    Running store(config);
    node::Actions actions;
    actions.store_promotion = Token{(std::uint64_t{1} + static_cast<unsigned>(place)) << 40};
    store.store->want(actions);
    static_cast<void>(store.wait_for<node::PromotionStored>());
    store.store->close();
  }
  const Running again(config);
  CHECK(again.recovered.promoted);
  CHECK(again.recovered.token_floor.value >= std::uint64_t{1} << 40);
  CHECK((again.recovered.token_floor.value >= std::uint64_t{2} << 40) == (place == 1));
}

TEST_CASE("that a new cluster begins is said, and that a new disk joins another one") {
  const bool damaged = GENERATE(true, false);
  CAPTURE(damaged);
  Lines lines;
  {
    const testing::TemporaryDirectory directory;
    const Log log(LogLevel::info, {}, [&](std::string_view line) {
      const std::lock_guard lock(lines.mutex);
      lines.text += line;
    });
    Running store(config_of(directory.path()), log);
    store.vote(damaged ? 4 : 0, {}, replication::Joined{damaged});
    static_cast<void>(store.wait_for<replication::VoteStored>());
  }
  CHECK(says(lines.text, "the data_dir of every node is empty") != damaged);
  CHECK(says(lines.text, "gets everything from the others") == damaged);
}

TEST_CASE("a new directory of one of several is blank until the node takes part") {
  const testing::TemporaryDirectory directory;
  const Config config = config_of(directory.path());
  std::uint64_t disk = 0;
  {
    const Running first(config);
    CHECK(first.recovered.blank);
    CHECK(first.recovered.repair.value != 0);
    CHECK(first.recovered.ballot == replication::Ballot{});
    CHECK(first.store->identity().incarnation == 0);
    disk = first.store->identity().disk;
    CHECK(disk != 0);
  }
  const bool damaged = GENERATE(true, false);
  {
    Running again(config);
    CHECK(again.recovered.blank);
    CHECK(again.store->identity().disk == disk);
    again.vote(4, Member{2}, replication::Joined{damaged});
    CHECK(again.wait_for<replication::VoteStored>().ballot ==
          replication::Ballot{Epoch{4}, Member{2}});
  }
  Running last(config);
  CHECK_FALSE(last.recovered.blank);
  CHECK((last.recovered.repair.value != 0) == damaged);
  CHECK(last.recovered.ballot == replication::Ballot{Epoch{4}, Member{2}});
  if (!damaged) return;
  node::Actions actions;
  actions.repaired = true;
  last.store->want(actions);
  last.vote(5, {});
  last.wait_for<replication::VoteStored>();
  last.store->close();
  last.store.reset();
  CHECK(Running(config).recovered.repair.value == 0);
}

TEST_CASE("votes are durable in the order asked for, and no start raises the epoch") {
  const testing::TemporaryDirectory directory;
  const Config config = config_of(directory.path());
  {
    Running running(config);
    for (std::uint64_t epoch = 1; epoch <= 5; ++epoch) running.vote(epoch, Member{0});
    for (std::uint64_t epoch = 1; epoch <= 5; ++epoch) {
      CHECK(running.wait_for<replication::VoteStored>().ballot.epoch == Epoch{epoch});
    }
    running.store->close();
  }
  for (int i = 0; i < 3; ++i) {
    CHECK(Running(config).recovered.ballot == replication::Ballot{Epoch{5}, Member{0}});
  }
}

TEST_CASE("another node's disk is bound for good, under whatever place it has") {
  const testing::TemporaryDirectory directory;
  Config config = config_of(directory.path());
  {
    Running running(config);
    CHECK_FALSE(running.store->bound_disk(Member{2}));
    bool done = false;
    running.store->bind_disk(Member{2}, 77, [&] { done = true; });
    CHECK_FALSE(running.store->bound_disk(Member{2}));
    running.wait_until(done);
    CHECK(running.store->bound_disk(Member{2}) == 77);
  }
  config.core.cluster.nodes.erase(config.core.cluster.nodes.begin() + 1);  // n3 moves up
  const Running again(config);
  CHECK(again.store->bound_disk(Member{1}) == 77);
  CHECK_FALSE(again.store->bound_disk(Member{0}));
}

TEST_CASE("a promotion outlives the process, with the next incarnation") {
  const testing::TemporaryDirectory directory;
  const Config config = config_of(directory.path());
  {
    Running running(config);
    running.vote(3, Member{0}, replication::Joined{});
    node::Actions actions;
    actions.store_promotion = Token{7};
    running.store->want(actions);
    running.wait_for<node::PromotionStored>();
    CHECK(running.store->identity().incarnation == 1);
  }
  const Running again(config);
  CHECK(again.recovered.promoted);
  CHECK(again.store->identity().incarnation == 1);
  CHECK(again.recovered.ballot.epoch == Epoch{3});
}

TEST_CASE("two nodes that were promoted apart never meet as one cluster") {
  std::vector<std::uint64_t> incarnations;
  for (int place : {0, 1}) {
    const testing::TemporaryDirectory directory;
    Config config = config_of(directory.path(), place);
    config.core.cluster.nodes.pop_back();
    Running running(config);
    running.vote(3, Member{0}, replication::Joined{});
    node::Actions actions;
    actions.store_promotion = Token{7};
    running.store->want(actions);
    running.wait_for<node::PromotionStored>();
    incarnations.push_back(running.store->identity().incarnation);
  }
  CHECK(incarnations[0] != incarnations[1]);
}

TEST_CASE("a directory serves only whom it was made for") {
  const testing::TemporaryDirectory directory;
  const std::string path = directory.path();
  SECTION("one of a cluster") {
    { const Running made(config_of(path)); }
    CHECK(says(refusal(config_alone(path)), "78 "));
    CHECK(says(refusal(config_alone(path)), "is that of node n1 of a cluster"));
    CHECK(says(refusal(config_of(path, 1)), "is that of node n1, not of n2"));
    Config other = config_of(path);
    other.cluster_id = "other";
    CHECK(says(refusal(other), "belongs to another cluster than cluster.id other"));
    CHECK(Store::open(config_of(path), silent()).has_value());
  }
  SECTION("one alone") {
    { const Running made(config_alone(path)); }
    CHECK(says(refusal(config_of(path)), "78 "));
    CHECK(says(refusal(config_of(path)), "a node that ran alone"));
    CHECK(Store::open(config_alone(path), silent()).has_value());
  }
}

TEST_CASE("one of several whose META is lost is told to begin anew") {
  const testing::TemporaryDirectory directory;
  { const Running made(config_of(directory.path())); }
  REQUIRE(std::filesystem::remove(directory.path() + "/META"));

  CHECK(says(refusal(config_of(directory.path())), "65 "));
  CHECK(says(refusal(config_of(directory.path())), "Empty the directory"));
}

TEST_CASE("one of several that lost records keeps the rest, and may not vote until it is whole") {
  const testing::TemporaryDirectory directory;
  const Config config = config_of(directory.path());
  {
    Running running(config);
    running.vote(1, Member{1}, replication::Joined{});
    running.wait_for<replication::VoteStored>();
    running.store->close();
  }
  for (const auto& file : std::filesystem::directory_iterator(directory.path())) {
    if (file.path().filename().string().starts_with("wal-")) {
      std::filesystem::resize_file(file.path(), 100);
    }
  }

  const auto damaged = Running(config).recovered.repair;
  CHECK(damaged.value != 0);
  // Its log is sound again, but not whole.
  const Running again(config);
  CHECK(again.recovered.repair.value != 0);
  CHECK(again.recovered.repair != damaged);
  CHECK_FALSE(again.recovered.blank);
  CHECK(again.recovered.ballot == replication::Ballot{Epoch{1}, Member{1}});
}

TEST_CASE("a snapshot goes from one node's disk to another's, which then starts from it") {
  const testing::TemporaryDirectory one;
  const testing::TemporaryDirectory other;
  const replication::EntryId upto{Epoch{3}, LogIndex{9}};
  Running sender(config_of(one.path()));
  Running receiver(config_of(other.path(), 1));
  receiver.vote(3, Member{0}, replication::Joined{});
  locks::LockTable table;
  node::Actions actions;
  actions.snapshot = node::SnapshotPart{upto.index, upto.epoch, true, true, {}};
  table.begin_snapshot();
  while (!table.write_snapshot(actions.snapshot->bytes, 1'000)) {
  }
  sender.store->want(actions);
  CHECK(sender.wait_for<node::SnapshotSaved>().index == upto.index);

  replication::PartWanted wanted{Member{1}, {}, 0};
  for (bool last = false; !last;) {
    actions.clear();
    actions.parts_wanted.push_back(wanted);
    sender.store->want(actions);
    auto read = sender.wait_for<replication::PartRead>();
    CHECK(read.to == Member{1});
    CHECK(read.part.upto == upto);
    CHECK(read.part.offset == wanted.offset);
    wanted = {Member{1}, upto, read.part.offset + read.part.bytes.size()};
    last = read.part.last;
    actions.clear();
    actions.store_part = std::move(read.part);
    receiver.store->want(actions);
    CHECK(receiver.wait_for<replication::PartStored>().ok);
  }
  const bool restarted = GENERATE(true, false);  // the process may end before
  if (restarted) {
    actions.clear();
    actions.restart_log = upto;
    receiver.store->want(actions);
  }
  receiver.store->close();
  receiver.store.reset();

  const Running again(config_of(other.path(), 1));
  CHECK(again.recovered.snapshot == upto.index);
  CHECK(again.recovered.last == upto.index);
  CHECK(again.recovered.epoch == upto.epoch);
  CHECK(again.recovered.unapplied.last_id() == upto);
  CHECK(again.recovered.repair.value == 0);
}

}  // namespace pawl::server
