// SPDX-License-Identifier: Apache-2.0
//
// The start of a Store: META, snapshot, log, in that order, and what a start owes to a lock that
// may have been forgotten.
#include <algorithm>
#include <fstream>
#include <string>
#include <utility>
#include <vector>

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

Store::Store(const Config& config, const Log& log, storage::DataDirectory directory)
    : log_(log),
      durability_(config.core.durability),
      node_(config.core.node),
      cluster_id_(config.cluster_id),
      directory_(std::move(directory)) {
  const std::vector<ClusterNode>& nodes = config.core.cluster.nodes;
  if (nodes.empty()) return;
  cluster_ = journal::cluster_hash(config.cluster_id);
  for (std::uint8_t i = 0; i < nodes.size(); ++i) {
    names_.push_back(nodes[i].id);
    if (nodes[i].id == node_) self_ = replication::Member{i};
  }
}

Started<std::unique_ptr<Store>> Store::open(const Config& config, const Log& log,
                                            const std::function<void()>& progress) {
  auto directory = storage::DataDirectory::open(config.data_dir);
  if (!directory) return start_failure(directory.error());
  std::unique_ptr<Store> store{new Store(config, log, std::move(*directory))};
  if (auto read = store->read_meta(); !read) return read.error();
  if (auto recovered = store->recover(progress); !recovered) return recovered.error();
  if (auto begun = store->say_begun(config); !begun) return begun.error();
  return store;
}

Started<void> Store::read_meta() {
  auto read = meta_file_.read();
  if (!read) {
    StartFailure failure = start_failure(read.error());
    if (is_clustered() && read.error().kind == storage::FailureKind::damaged) {
      failure.why = directory_.files().path_of("") +
                    ": META is missing or damaged, so that nothing tells what this node promised. "
                    "Empty the directory: the node then joins its cluster as new";
    }
    return failure;
  }
  if (!*read) return make_meta();
  meta_ = std::move(**read);
  return check_owner();
}

Started<void> Store::make_meta() {
  meta_.cluster = cluster_;
  meta_.node = node_;
  meta_.blank = names_.size() > 1;
  meta_.disk = random_number();
  meta_.clean = true;  // nothing was ever granted here
  meta_.durability = durability_;
  is_new_ = true;
  // Before there is a log: one beside which META is missing is taken for damage.
  if (auto written = meta_file_.write(meta_); !written) return start_failure(written.error());
  return {};
}

// What one node granted no other may grant again: a directory serves whom it was made for.
Started<void> Store::check_owner() const {
  const std::string path = directory_.files().path_of("");
  if (meta_.cluster != 0 && !is_clustered()) {
    return StartFailure{78, path + " is that of node " + meta_.node +
                                " of a cluster, whose others may serve its locks: give it the "
                                "cluster's configuration, or choose another data_dir"};
  }
  if (meta_.cluster == 0 && is_clustered()) {
    return StartFailure{78, path +
                                " holds the locks of a node that ran alone, which the others of a "
                                "cluster would not know: begin a cluster with an empty data_dir on "
                                "each node, or run on without cluster.nodes"};
  }
  if (meta_.cluster != cluster_) {
    return StartFailure{78, path + " belongs to another cluster than cluster.id " + cluster_id_};
  }
  if (is_clustered() && meta_.node != node_) {
    return StartFailure{78, path + " is that of node " + meta_.node + ", not of " + node_};
  }
  return {};
}

Started<void> Store::recover(const std::function<void()>& progress) {
  const Records records = is_alone() ? Records::all : Records::of_snapshot;
  auto state = read_state(directory_.files(), meta_, records, progress);
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
  if (!is_alone()) {
    if (auto noted = note_loss(found); !noted) return noted.error();
    options.on_loss = storage::OnLoss::keep_prefix;
  }
  auto opened = storage::open_log(directory_.files(), found, options);
  if (!opened) return start_failure(opened.error());
  opened_ = std::move(*opened);
  return {};
}

// The others have what this disk lost. Until it is here again this node must not vote, and META
// says so before anything is cut.
Started<void> Store::note_loss(const storage::Recovered& found) {
  const journal::Verdict& verdict = found.log.verdict;
  if (std::holds_alternative<journal::NewerFormat>(verdict)) return {};
  const bool is_whole = journal::is_usable(verdict) && found.rejected.empty();
  if (is_whole) return {};
  has_lost_ = true;
  log_.warn("records lost; the others have them",
            {{"file", found.path}, {"what", journal::describe(verdict)}});
  meta_.recovering = true;
  meta_.clean = false;
  if (auto written = meta_file_.write(meta_); !written) return start_failure(written.error());
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
  // What one of several lost its peers have; only that an operator gave up is lost for all.
  // A promotion that was stored may have been cut short before its first record said how far it
  // leapt.
  bool skips = is_alone() ? forgets || !meta_.clean || meta_.promoted : has_lost_;
  if (!is_new_ && (skips || meta_.hold_grants)) recovered_.token_floor = meta_.token_ceiling;
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
  begin_epoch();
  meta_.node = node_;
  meta_.boot = boot_id();
  meta_.durability = durability_;
  meta_.clean = false;
  recovered_.ceiling = meta_.token_ceiling;
  recovered_.longest_ttl = meta_.longest_ttl;
  if (auto written = meta_file_.write(meta_); !written) return start_failure(written.error());
  return {};
}

// One node alone is primary at once, in an epoch of its own. Among others the epoch in META is that
// of the vote, and only a vote raises it.
void Store::begin_epoch() {
  if (meta_.disk == 0) meta_.disk = random_number();
  identity_ = {meta_.cluster, meta_.incarnation, meta_.disk};
  if (!is_clustered()) {
    recovered_.ballot = {std::max(recovered_.epoch, meta_.epoch), {}};
    meta_.epoch = Epoch{recovered_.ballot.epoch.value + 1};
    return;
  }
  journal::keep_bound(meta_, {names_.begin(), names_.end()});
  for (const std::string& name : names_) bound_.push_back(journal::disk_of(meta_, name));
  recovered_.promoted = meta_.promoted;
  recovered_.incarnation = meta_.incarnation;
  recovered_.blank = meta_.blank;
  recovered_.ballot.epoch = meta_.epoch;
  if (!meta_.voted_for.empty()) {
    // Whom the configuration no longer names had this vote all the same: nobody else gets it.
    const auto found = std::find(names_.begin(), names_.end(), meta_.voted_for);
    recovered_.ballot.voted_for =
        found == names_.end()
            ? self_
            : replication::Member{static_cast<std::uint8_t>(found - names_.begin())};
  }
  while ((meta_.blank || meta_.recovering) && recovered_.repair.value == 0) {
    recovered_.repair = replication::RepairId{random_number()};
  }
}

}  // namespace pawl::server
