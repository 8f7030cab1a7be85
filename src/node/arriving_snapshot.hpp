// SPDX-License-Identifier: Apache-2.0
//
// A snapshot that comes from the primary, part by part: made into a table as it arrives, beside the
// one in use. The parts are the bytes of the file, which the shell stores meanwhile.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "journal/snapshot.hpp"
#include "node/recovered.hpp"
#include "replication/log.hpp"

namespace pawl::node {

class ArrivingSnapshot {
 public:
  ArrivingSnapshot(replication::EntryId upto, std::uint64_t hash_seed);
  ArrivingSnapshot(const ArrivingSnapshot&) = delete;
  ArrivingSnapshot& operator=(const ArrivingSnapshot&) = delete;

  void feed(std::string_view part);
  // No more parts will come. False: this is no whole snapshot of what was announced.
  [[nodiscard]] bool finish();

  [[nodiscard]] replication::EntryId upto() const { return upto_; }
  [[nodiscard]] const std::string& head() const { return head_; }
  [[nodiscard]] std::uint64_t bytes() const { return bytes_; }
  [[nodiscard]] std::unique_ptr<locks::LockTable> take_table() { return recovery_.take().table; }

 private:
  replication::EntryId upto_;
  Recovery recovery_;
  journal::SnapshotDecoder decoder_;
  std::string head_;
  bool sound_ = true;
  std::uint64_t bytes_ = 0;
};

}  // namespace pawl::node
