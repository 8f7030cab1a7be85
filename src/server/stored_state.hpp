// SPDX-License-Identifier: Apache-2.0
//
// What a data directory holds, read and judged; nothing on the disk is changed. A start reads it
// so, and so does every maintenance command.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>

#include "journal/meta.hpp"
#include "node/recovered.hpp"
#include "server/start_failure.hpp"
#include "storage/file.hpp"
#include "storage/recovery.hpp"

namespace pawl::server {

// Which records are in the table. One of several nodes knows only of those in its snapshot that
// they are committed; the others are kept unapplied.
enum class Records : std::uint8_t { all, of_snapshot };

struct StoredState {
  storage::Recovered found;   // the verdict on the log, for storage::open_log
  node::Recovered recovered;  // the table, as what can be read makes it
};

[[nodiscard]] StartFailure start_failure(const storage::Failure& failure);
[[nodiscard]] std::uint64_t random_number();

// A damaged log is a verdict in it, not a failure. `progress`, if any, is called for each piece
// read.
[[nodiscard]] Started<StoredState> read_state(storage::Directory& files, const journal::Meta& meta,
                                              Records records = Records::all,
                                              const std::function<void()>& progress = {});

}  // namespace pawl::server
