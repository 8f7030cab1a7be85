// SPDX-License-Identifier: Apache-2.0
//
// pawld repair: what can be read of a damaged log is kept, what cannot is given up, and both are
// said. The loss stands in META before anything is cut, so that no crash hides it.
#include <algorithm>

#include "journal/verdict.hpp"
#include "server/maintenance.hpp"
#include "server/stored_state.hpp"
#include "storage/meta_file.hpp"

namespace pawl::server {
namespace {

// What is the matter, and what is left of it.
std::string finding(const StoredState& state) {
  const locks::LockTable& table = *state.recovered.table;
  std::string text = state.found.path + ": " + journal::describe(state.found.log.verdict) + '\n';
  for (const storage::RejectedSnapshot& rejected : state.found.rejected) {
    text += rejected.path + ": " + rejected.why + '\n';
  }
  return text + "can be read: the records up to index " +
         std::to_string(state.recovered.last.value) + ", with " + contents(table) + '\n';
}

std::string set_aside(storage::Directory& files) {
  std::string text;
  const auto names = files.list();
  if (!names) return text;
  for (const std::string& name : *names) {
    if (name.starts_with(journal::lost_prefix)) text += "set aside: " + files.path_of(name) + '\n';
  }
  return text;
}

std::string effect(const journal::Meta& meta, const Leases& leases) {
  return "tokens go on above " + std::to_string(meta.token_ceiling.value) +
         "; after the next start new grants wait " +
         format_duration(leases.restart_grace.value_or(meta.longest_ttl)) +
         ", for somebody may still believe in a lock that was lost\n";
}

}  // namespace

Exit repair(const Config& config, const Repair& task, Progress& progress) {
  const auto directory = open_stopped(config.data_dir);
  if (!directory) return failed(directory.error());
  storage::Directory& files = directory->files();
  storage::MetaFile meta_file(files);
  auto read = meta_file.read();
  if (!read) return failed(start_failure(read.error()));
  if (!*read) return {0, config.data_dir + ": empty, there is nothing to repair\n"};
  journal::Meta meta = **read;
  const auto state = read_stopped(*directory, meta, progress);
  if (!state) return failed(state.error());
  const journal::Verdict& verdict = state->found.log.verdict;
  if (journal::is_usable(verdict)) {
    return {0, config.data_dir + ": the log is whole, there is nothing to repair\n"};
  }
  if (std::holds_alternative<journal::NewerFormat>(verdict)) return {65, finding(*state)};
  if (meta.cluster != 0 && !meta.promoted) {
    return {65, finding(*state) +
                    "nothing was changed: this is one of several nodes, at its next start it gets "
                    "from the others what it lost\n"};
  }

  const auto ceiling =
      far_above(std::max(meta.token_ceiling, state->recovered.table->last_granted()));
  if (!ceiling) return failed(ceiling.error());
  meta.token_ceiling = *ceiling;
  meta.longest_ttl = std::max(meta.longest_ttl, longest_ttl(*state->recovered.table));
  meta.hold_grants = true;
  meta.clean = false;
  if (!task.accept_loss) {
    return {65,
            finding(*state) +
                "nothing was changed; a backup loses less: pawld restore FILE\n"
                "pawld repair --accept-loss would keep what can be read and give up the rest; " +
                effect(meta, config.core.leases)};
  }
  if (auto written = meta_file.write(meta); !written) return failed(start_failure(written.error()));
  storage::OpenLogOptions options;
  options.salt_seed = random_number();
  options.on_loss = storage::OnLoss::keep_prefix;
  const auto opened = storage::open_log(files, state->found, options);
  if (!opened) return failed(start_failure(opened.error()));
  return {0, finding(*state) + "the rest was given up\n" + set_aside(files) +
                 effect(meta, config.core.leases)};
}

}  // namespace pawl::server
