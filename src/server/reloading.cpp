// SPDX-License-Identifier: Apache-2.0
#include "server/reloading.hpp"

#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace pawl::server {
namespace {

std::string join(const std::vector<std::string_view>& names) {
  std::string joined;
  for (const std::string_view name : names) {
    if (!joined.empty()) joined += ' ';
    joined += name;
  }
  return joined;
}

void log_problem(const Log& log, std::string_view problem) {
  log.error("configuration not reloaded", {{"problem", problem}});
}

void log_problems(const Log& log, std::string_view text) {
  while (!text.empty()) {
    const std::size_t end = text.find('\n');
    if (end != 0) log_problem(log, text.substr(0, end));
    text.remove_prefix(end == text.npos ? text.size() : end + 1);
  }
}

}  // namespace

Reloading::Reloading(Options options, Environment environment, Config running)
    : options_(std::move(options)),
      environment_(std::move(environment)),
      running_(std::move(running)) {}

void Reloading::reload(Log& log, Server& server) {
  const std::variant<Effective, Exit> fresh = configure(options_, environment_);
  if (const Exit* bad = std::get_if<Exit>(&fresh)) return log_problems(log, bad->text);
  Reload reloaded = server::reload(running_, std::get<Effective>(fresh));
  if (const auto open = server.left_open_by(reloaded.config.core.access))
    reloaded.problems.push_back(*open);
  if (!reloaded.problems.empty()) {
    for (const std::string& problem : reloaded.problems) log_problem(log, problem);
    return;
  }
  tls::Loaded<tls::Keyring> keys = tls::Keyring::load(reloaded.config);
  if (!keys) return log_problems(log, keys.error().why);
  running_ = std::move(reloaded.config);
  log.set_level(running_.log_level);
  server.configure(running_.core);
  server.take_keys(*std::move(keys));
  log.info("configuration reloaded", {{"changed", join(reloaded.changed)}});
  if (!reloaded.restart.empty()) {
    log.warn("a change of configuration needs a restart", {{"keys", join(reloaded.restart)}});
  }
}

}  // namespace pawl::server
