// SPDX-License-Identifier: Apache-2.0
//
// The start of a Store: META, snapshot, log, in that order, and what a start owes to a lock that
// may have been forgotten.
#include <sys/random.h>

#include <fstream>
#include <string>

#include "base/ensure.hpp"
#include "server/store.hpp"

namespace pawl::server {
namespace {

// The room for tokens that a start makes durable before it serves.
constexpr std::uint64_t first_ceiling = std::uint64_t{1} << 20;

int exit_code_of(storage::FailureKind kind) {
  switch (kind) {
    case storage::FailureKind::io:
    case storage::FailureKind::sync: return 74;
    case storage::FailureKind::no_space: return 74;
    case storage::FailureKind::missing: return 73;
    case storage::FailureKind::permissions: return 77;
    case storage::FailureKind::held: return 75;
    case storage::FailureKind::damaged:
    case storage::FailureKind::newer_format: return 65;
  }
  return 74;
}

StartFailure start_failure(const storage::Failure& failure) {
  return {exit_code_of(failure.kind), failure.message};
}

std::uint64_t random_number() {
  std::uint64_t number = 0;
  ensure(::getrandom(&number, sizeof number, 0) == sizeof number);
  return number;
}

std::string boot_id() {
  std::ifstream file("/proc/sys/kernel/random/boot_id");
  std::string id;
  std::getline(file, id);
  return id.substr(0, journal::max_boot_id_bytes);
}

std::string_view text_of(journal::Bytes bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

}  // namespace

Started<std::unique_ptr<Store>> Store::open(const Config& config, const Log& log) {
  auto directory = storage::DataDirectory::open(config.data_dir);
  if (!directory) return start_failure(directory.error());
  std::unique_ptr<Store> store{new Store(log, config.core.durability, std::move(*directory))};
  if (auto read = store->read_meta(); !read) return read.error();
  if (auto recovered = store->recover(config); !recovered) return recovered.error();
  if (auto begun = store->say_begun(config); !begun) return begun.error();
  return store;
}

Started<void> Store::read_meta() {
  auto read = meta_file_.read();
  if (!read) return start_failure(read.error());
  if (*read) {
    meta_ = std::move(**read);
  } else {
    meta_.incarnation = random_number();
    meta_.clean = true;  // nothing was ever granted here
    meta_.durability = durability_;
  }
  return {};
}

Started<void> Store::recover(const Config& config) {
  node::Recovery recovery(random_number());
  std::string wrong;  // the first thing that the core could not read
  storage::RecoverySink sink;
  sink.snapshot.head = [](const journal::SnapshotHeader&, journal::Bytes) {};
  sink.snapshot.chunk = [&](journal::Bytes chunk) {
    if (wrong.empty() && !recovery.feed_snapshot(text_of(chunk))) wrong = "the snapshot";
  };
  bool records_begun = false;
  journal::SnapshotHeader header;
  sink.snapshot.head = [&](const journal::SnapshotHeader& read, journal::Bytes) { header = read; };
  auto end_snapshot = [&] {
    if (std::exchange(records_begun, true) || header.index.value == 0) return;
    if (!recovery.end_snapshot(header.index, header.epoch) && wrong.empty()) wrong = "the snapshot";
  };
  sink.log.record = [&](const journal::Record& record) {
    end_snapshot();
    if (record.kind == journal::RecordKind::local || !wrong.empty()) return;
    if (!recovery.replay(record.index, record.epoch, text_of(record.payload))) {
      wrong = "record " + std::to_string(record.index.value);
    }
  };
  sink.log.forget_from = [&](LogIndex index) {
    if (wrong.empty()) wrong = "record " + std::to_string(index.value) + ", overridden,";
  };
  auto found = storage::recover(directory_.files(), meta_, sink);
  if (!found) return start_failure(found.error());
  end_snapshot();
  if (!wrong.empty()) {
    return StartFailure{65, config.data_dir + ": " + wrong +
                                " is not of this version of pawld, though whole: start the version "
                                "that wrote it"};
  }
  for (const storage::RejectedSnapshot& rejected : found->rejected) {
    log_.warn("snapshot damaged; an older one serves",
              {{"file", rejected.path}, {"why", rejected.why}});
  }
  recovered_ = recovery.take();
  if (durability_ == Durability::none) {
    if (found->snapshot || recovered_.last.value != 0) return refuse_forgetting();
    return {};
  }
  storage::OpenLogOptions options;
  options.salt_seed = random_number();
  options.clean_shutdown = meta_.clean && meta_.boot == boot_id();
  auto opened = storage::open_log(directory_.files(), *found, options);
  if (!opened) return start_failure(opened.error());
  opened_ = std::move(*opened);
  return {};
}

Started<void> Store::refuse_forgetting() const {
  return StartFailure{78,
                      directory_.files().path_of("") +
                          " holds locks of an earlier start with a log on disk; durability: none "
                          "would forget them. Choose another data_dir, or move this one away"};
}

// Before anything is granted META says: begun, not ended; so far tokens may go; in this epoch.
Started<void> Store::say_begun(const Config& config) {
  bool forgets = meta_.durability == Durability::none ||
                 (meta_.durability == Durability::relaxed && !meta_.clean);
  bool is_new = meta_.generation == 0;
  if (!is_new && (forgets || !meta_.clean || meta_.hold_grants)) {
    recovered_.token_floor = meta_.token_ceiling;
  }
  if (!is_new && (forgets || meta_.hold_grants)) {
    recovered_.grace = config.core.leases.restart_grace.value_or(meta_.longest_ttl);
  }
  Token granted = std::max(recovered_.table->last_granted(), recovered_.token_floor);
  meta_.token_ceiling = Token{std::max(meta_.token_ceiling.value, granted.value + first_ceiling)};
  meta_.longest_ttl = std::max(
      {meta_.longest_ttl, config.core.leases.default_ttl, config.core.session_default_ttl});
  recovered_.epoch = std::max(recovered_.epoch, meta_.epoch);
  meta_.epoch = Epoch{recovered_.epoch.value + 1};
  meta_.node = config.core.node;
  meta_.boot = boot_id();
  meta_.durability = durability_;
  meta_.clean = false;
  meta_.hold_grants = false;
  recovered_.ceiling = meta_.token_ceiling;
  recovered_.longest_ttl = meta_.longest_ttl;
  if (auto written = meta_file_.write(meta_); !written) return start_failure(written.error());
  return {};
}

}  // namespace pawl::server
