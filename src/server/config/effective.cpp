// SPDX-License-Identifier: Apache-2.0
#include "server/config/effective.hpp"

#include <algorithm>

#include "base/ensure.hpp"
#include "server/config/checks.hpp"
#include "server/config/cluster.hpp"
#include "server/config/environment.hpp"
#include "server/config/file.hpp"
#include "server/config/security.hpp"
#include "server/config/tls_checks.hpp"

namespace pawl::server {

namespace {

std::vector<std::string_view> all_names() {
  std::vector<std::string_view> names;
  for (const Key& key : keys()) names.push_back(key.name);
  return names;
}

void read_settings(const std::vector<std::string>& settings, Effective& effective) {
  for (const std::string& setting : settings) {
    const std::size_t equals = setting.find('=');
    const std::string name = setting.substr(0, equals);
    const std::string place = "--set " + name;
    if (equals == std::string::npos) {
      effective.complain(place, "write key=value");
    } else if (const Key* key = find_key(name)) {
      effective.take(*key, std::string_view(setting).substr(equals + 1), place);
    } else {
      effective.complain(place, "unknown key" + did_you_mean(name, all_names()));
    }
  }
}

// What keys ask of each other.
void check(Effective& effective) {
  check_pairs(effective);
  check_cluster(effective);
  check_tls(effective);
}

}  // namespace

Effective::Effective() : states_(keys().size()) {}

std::size_t Effective::index_of(const Key& key) {
  const std::ptrdiff_t index = &key - keys().data();
  ensure(index >= 0 && static_cast<std::size_t>(index) < keys().size());
  return static_cast<std::size_t>(index);
}

const std::string& Effective::origin_of(const Key& key) const {
  return states_[index_of(key)].origin;
}

bool Effective::is_sound(const Key& key) const { return states_[index_of(key)].sound; }

void Effective::take(const Key& key, std::string_view text, const std::string& place,
                     std::string_view label) {
  State& state = states_[index_of(key)];
  if (const std::optional<Wrong> wrong = parse_value(key, text, config)) {
    refuse(key, place, std::string(label) + wrong->why);
  } else {
    state.origin = printable(place);
  }
}

void Effective::refuse(const Key& key, std::string_view place, std::string_view what) {
  complain(place, what);
  states_[index_of(key)].sound = false;
}

void Effective::complain(std::string_view place, std::string_view what) {
  problems.push_back(printable(std::string(place) + ": " + std::string(what)));
}

Effective merge(const Sources& sources) {
  Effective effective;
  if (sources.file_name) read_file(*sources.file_name, sources.file_text, effective);
  read_environment(sources.environment, effective);
  read_settings(sources.settings, effective);
  settle_cluster(effective);
  check(effective);
  return effective;
}

std::string print_config(const Effective& effective) {
  std::string out;
  std::string_view section;
  for (const Key& key : keys()) {
    if (section_of(key) != section) {
      section = section_of(key);
      out += std::string(section) + ":\n";
    }
    out += section.empty() ? "" : "  ";
    const std::string value = format_value(key, effective.config);
    out += std::string(word_of(key)) + ": " + (is_list(key) ? value : yaml_scalar(value)) + "  # " +
           effective.origin_of(key) + '\n';
  }
  return out;
}

// A fresh configuration that is sound may be none beside what stays as it was.
Reload reload(const Config& running, const Effective& fresh) {
  Reload result{running, {}, {}, {}};
  Effective judged = fresh;
  for (const Key& key : keys()) {
    const std::string value = format_value(key, fresh.config);
    const std::string before = format_value(key, running);
    if (value == before) continue;
    if (key.change == Change::on_restart) {
      result.restart.push_back(key.name);
      judged.take(key, before, "as it is until a restart");
      continue;
    }
    const std::optional<Wrong> wrong = parse_value(key, value, result.config);
    ensure(!wrong);
    result.changed.push_back(key.name);
  }
  // Secrets in files change though nothing here does.
  if (running.core.access != fresh.config.core.access) {
    result.config.core.access = fresh.config.core.access;
    const auto& changed = result.changed;
    if (std::none_of(changed.begin(), changed.end(),
                     [](std::string_view name) { return name.starts_with("security."); })) {
      result.changed.push_back("security.users");
    }
  }
  check(judged);
  check_ports(judged);
  result.problems = std::move(judged.problems);
  return result;
}

}  // namespace pawl::server
