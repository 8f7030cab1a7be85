// SPDX-License-Identifier: Apache-2.0
//
// The start of a Store: META, snapshot, log, in that order, and what a start owes to a lock that
// may have been forgotten.
#include <fstream>
#include <string>

#include "server/store.hpp"
#include "server/stored_state.hpp"

namespace pawl::server {
namespace {

// The room for tokens that a start makes durable before it serves.
constexpr std::uint64_t first_ceiling = std::uint64_t{1} << 20;

std::string boot_id() {
  std::ifstream file("/proc/sys/kernel/random/boot_id");
  std::string id;
  std::getline(file, id);
  return id.substr(0, journal::max_boot_id_bytes);
}

}  // namespace

Started<std::unique_ptr<Store>> Store::open(const Config& config, const Log& log,
                                            const std::function<void()>& progress) {
  auto directory = storage::DataDirectory::open(config.data_dir);
  if (!directory) return start_failure(directory.error());
  std::unique_ptr<Store> store{new Store(log, config.core.durability, std::move(*directory))};
  if (auto read = store->read_meta(); !read) return read.error();
  if (auto recovered = store->recover(progress); !recovered) return recovered.error();
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
    is_new_ = true;
    // Before there is a log: one beside which META is missing is taken for damage.
    if (auto written = meta_file_.write(meta_); !written) return start_failure(written.error());
  }
  return {};
}

Started<void> Store::recover(const std::function<void()>& progress) {
  auto state = read_state(directory_.files(), meta_, progress);
  if (!state) return state.error();
  const storage::Recovered& found = state->found;
  for (const storage::RejectedSnapshot& rejected : found.rejected) {
    log_.warn("snapshot damaged; an older one serves",
              {{"file", rejected.path}, {"why", rejected.why}});
  }
  recovered_ = std::move(state->recovered);
  if (durability_ == Durability::none) {
    const journal::Inventory& files = found.inventory;  // also what cannot be read
    if (!files.segments.empty() || !files.snapshots.empty()) return refuse_forgetting();
    return {};
  }
  storage::OpenLogOptions options;
  options.salt_seed = random_number();
  // Where /proc is hidden nothing tells whether the machine went down.
  options.clean_shutdown = meta_.clean && !meta_.boot.empty() && meta_.boot == boot_id();
  auto opened = storage::open_log(directory_.files(), found, options);
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
  if (!is_new_ && (forgets || !meta_.clean || meta_.hold_grants)) {
    recovered_.token_floor = meta_.token_ceiling;
  }
  if (!is_new_ && (forgets || meta_.hold_grants)) {
    recovered_.grace = config.core.leases.restart_grace.value_or(meta_.longest_ttl);
  }
  // Until the grace is over META says that it is owed: a restart in the midst of it waits anew.
  meta_.hold_grants = recovered_.grace > Milliseconds{0};
  if (meta_.hold_grants) {
    grace_left_ = recovered_.grace;
    log_.warn("locks may have been forgotten",
              {{"effect", "new grants wait"}, {"for", format_duration(recovered_.grace)}});
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
  recovered_.ceiling = meta_.token_ceiling;
  recovered_.longest_ttl = meta_.longest_ttl;
  if (auto written = meta_file_.write(meta_); !written) return start_failure(written.error());
  return {};
}

}  // namespace pawl::server
