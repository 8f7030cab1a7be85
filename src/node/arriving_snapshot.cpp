// SPDX-License-Identifier: Apache-2.0
#include "node/arriving_snapshot.hpp"

#include <span>
#include <utility>

namespace pawl::node {

namespace {

std::string_view text_of(journal::Bytes bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

}  // namespace

ArrivingSnapshot::ArrivingSnapshot(replication::EntryId upto, std::uint64_t hash_seed)
    : upto_(upto),
      recovery_(hash_seed),
      decoder_({.head =
                    [this](const journal::SnapshotHeader& header, journal::Bytes head) {
                      head_ = text_of(head);
                      sound_ &= header.index == upto_.index && header.epoch == upto_.epoch;
                    },
                .chunk =
                    [this](journal::Bytes chunk) {
                      sound_ = sound_ && recovery_.feed_snapshot(text_of(chunk));
                    }}) {}

void ArrivingSnapshot::feed(std::string_view part) {
  bytes_ += part.size();
  sound_ = sound_ && decoder_.feed(std::as_bytes(std::span{part}));
}

bool ArrivingSnapshot::finish() {
  sound_ = sound_ && std::holds_alternative<journal::SnapshotWhole>(decoder_.finish()) &&
           recovery_.end_snapshot(upto_.index, upto_.epoch);
  return sound_;
}

}  // namespace pawl::node
