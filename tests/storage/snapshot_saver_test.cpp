// SPDX-License-Identifier: Apache-2.0
#include "storage/snapshot_saver.hpp"

#include <future>

#include "storage/catch_result.hpp"
#include "storage/storage_builder.hpp"

namespace pawl::storage {
namespace {

const journal::SnapshotHeader header{LogIndex{7}, Epoch{1}, {}};
const std::string chunk(200'000, 'x');

}  // namespace

TEST_CASE("a snapshot handed over in chunks is saved, told, and makes older ones go") {
  SimulatedDisk disk;
  REQUIRE(save_snapshot(disk, 1, "one"));
  REQUIRE(save_snapshot(disk, 2, "two"));
  Worker worker;
  std::vector<SnapshotEvent> events;
  SnapshotSaver saver(disk, worker, [&](const SnapshotEvent& event) { events.push_back(event); });

  saver.begin(header, {});
  for (int i = 0; i < 5; ++i) saver.chunk(journal::bytes_of(chunk));
  saver.finish();
  worker.drain();

  REQUIRE(events.size() == 1);
  const auto& saved = std::get<SnapshotSaved>(events[0]);
  CHECK(saved.name == snap(7));
  CHECK(saved.whole.chunks == 5);
  CHECK(saver.pending_bytes() == 0);
  CHECK(*disk.list() == std::vector<std::string>{snap(2), snap(7)});
}

TEST_CASE("a snapshot that cannot be saved is told once, and the next one can be begun") {
  SimulatedDisk disk(1, 300'000);
  Worker worker;
  std::vector<SnapshotEvent> events;
  SnapshotSaver saver(disk, worker, [&](const SnapshotEvent& event) { events.push_back(event); });
  const auto save = [&] {
    saver.begin(header, {});
    for (int i = 0; i < 3; ++i) saver.chunk(journal::bytes_of(chunk));
    saver.finish();
    worker.drain();
  };

  save();
  REQUIRE(events.size() == 1);
  CHECK(std::get<SnapshotFailed>(events[0]).failure.kind == FailureKind::no_space);
  CHECK_FALSE(std::get<SnapshotFailed>(events[0]).fatal);
  CHECK(disk.list()->empty());
  CHECK(saver.pending_bytes() == 0);

  disk.set_capacity(10'000'000);
  save();
  CHECK(std::holds_alternative<SnapshotSaved>(events.back()));
}

TEST_CASE("other work does not wait for a snapshot to be read back") {
  SimulatedDisk disk;
  Worker worker;
  std::vector<std::string> order;
  SnapshotSaver saver(disk, worker, [&](const SnapshotEvent& event) {
    order.emplace_back(std::holds_alternative<SnapshotSaved>(event) ? "saved" : "failed");
  });
  std::promise<void> handed_over;
  worker.post([&] { handed_over.get_future().wait(); });  // the worker is busy meanwhile
  saver.begin(header, {});
  for (int i = 0; i < 5; ++i) saver.chunk(journal::bytes_of(chunk));
  saver.finish();
  // Posted last, run first; then what it posts itself, between two pieces of the snapshot.
  worker.post([&] {
    order.emplace_back("posted last");
    worker.post_later([&] { worker.post([&] { order.emplace_back("posted meanwhile"); }); });
  });
  handed_over.set_value();
  worker.drain();

  CHECK(order == std::vector<std::string>{"posted last", "posted meanwhile", "saved"});
}

TEST_CASE("a failed flush of a snapshot is fatal") {
  SimulatedDisk disk;
  Worker worker;
  std::vector<SnapshotEvent> events;
  SnapshotSaver saver(disk, worker, [&](const SnapshotEvent& event) { events.push_back(event); });
  disk.fail_sync_in(0);

  saver.begin(header, {});
  saver.finish();
  worker.drain();

  REQUIRE(events.size() == 1);
  CHECK(std::get<SnapshotFailed>(events[0]).fatal);
}

TEST_CASE("an abandoned snapshot leaves nothing and is not told") {
  SimulatedDisk disk;
  Worker worker;
  int told = 0;
  {
    SnapshotSaver saver(disk, worker, [&](const SnapshotEvent&) { ++told; });
    saver.begin(header, {});
    saver.chunk(journal::bytes_of(chunk));
    if (GENERATE(false, true)) saver.abandon();
  }
  CHECK(told == 0);
  CHECK(disk.list()->empty());
}

}  // namespace pawl::storage
