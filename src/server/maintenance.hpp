// SPDX-License-Identifier: Apache-2.0
//
// What pawld does to a data directory beside serving from it. All but check_disk take the
// directory's lock, so nothing else uses it meanwhile; what they change is flushed when they say
// so, and a crash in the midst of one leaves a directory that a start refuses or finds as before.
#pragma once

#include <optional>
#include <string>

#include "locks/lock_table.hpp"
#include "server/config/config.hpp"
#include "server/config/options.hpp"
#include "server/maintenance_progress.hpp"
#include "server/start_failure.hpp"
#include "server/stored_state.hpp"
#include "storage/data_directory.hpp"

namespace pawl::server {

// Does the task; nothing if that is to serve.
[[nodiscard]] std::optional<Exit> maintain(const Task& task, const Config& config);

// --- one file each ---
[[nodiscard]] Exit repair(const Config& config, const Repair& task, Progress& progress);
[[nodiscard]] Exit back_up(const Config& config, const BackUp& task, Progress& progress);
[[nodiscard]] Exit restore(const Config& config, const Restore& task, Progress& progress);
[[nodiscard]] Exit check_disk(const Config& config);

// --- what they share ---
[[nodiscard]] Exit failed(const StartFailure& failure);
// The directory is there and no pawld uses it.
[[nodiscard]] Started<storage::DataDirectory> open_stopped(const std::string& path);
// All of it, with its progress.
[[nodiscard]] Started<StoredState> read_stopped(const storage::DataDirectory& directory,
                                                const journal::Meta& meta, Progress& progress);
// "2 locks, 1 session"
[[nodiscard]] std::string contents(const locks::LockTable& table);
// Of all leases and sessions in it: META learns of a long one a moment after the log.
[[nodiscard]] Milliseconds longest_ttl(const locks::LockTable& table);
// What nobody can have been granted: tokens that go on above it are new, whatever was forgotten.
[[nodiscard]] Started<Token> far_above(Token token);

}  // namespace pawl::server
