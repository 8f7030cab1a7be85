// SPDX-License-Identifier: Apache-2.0
#include "server/config/environment.hpp"

#include <algorithm>

namespace pawl::server {

namespace {

// The pawl command's own: where it finds the server, and what it tells the command it runs.
bool is_clients(std::string_view name) {
  return name == "PAWL_SERVER" || name == "PAWL_LOCK" || name == "PAWL_TOKEN";
}

// A service named pawl or pawl-… puts PAWL_SERVICE_HOST, PAWL_SERVICE_PORT_…, PAWL_PORT and
// PAWL_PORT_7295_TCP_… into every pod of its namespace.
bool is_service_link(std::string_view name, std::string_view value) {
  const bool about_service = name.ends_with("_SERVICE_HOST") || name.ends_with("_SERVICE_PORT") ||
                             name.find("_SERVICE_PORT_") != std::string_view::npos;
  if (about_service || value.starts_with("tcp://") || value.starts_with("udp://")) return true;
  const std::size_t port = name.find("_PORT_");
  if (port == std::string_view::npos) return false;
  const std::string_view rest = name.substr(port + 6);
  const std::size_t digits = std::min(rest.find_first_not_of("0123456789"), rest.size());
  const std::string_view protocol = rest.substr(digits);
  return digits > 0 && (protocol.starts_with("_TCP") || protocol.starts_with("_UDP"));
}

}  // namespace

Environment split_environment(const char* const* variables) {
  Environment environment;
  for (; *variables != nullptr; ++variables) {
    const std::string_view variable(*variables);
    const std::size_t equals = variable.find('=');
    if (equals == std::string_view::npos) continue;
    environment.emplace_back(variable.substr(0, equals), variable.substr(equals + 1));
  }
  return environment;
}

std::string_view value_of(const Environment& environment, std::string_view name) {
  const auto found = std::find_if(environment.begin(), environment.end(),
                                  [name](const auto& variable) { return variable.first == name; });
  return found == environment.end() ? std::string_view{} : found->second;
}

void read_environment(const Environment& environment, Effective& effective) {
  std::vector<std::string> names;
  for (const Key& key : keys()) names.push_back(variable_of(key));
  const std::vector<std::string_view> candidates(names.begin(), names.end());
  for (const auto& [name, value] : environment) {
    if (!name.starts_with("PAWL_")) continue;
    const std::string place = "environment " + name;
    const auto found = std::find(names.begin(), names.end(), name);
    if (found != names.end()) {
      const auto index = static_cast<std::size_t>(found - names.begin());
      effective.take(keys()[index], value, place);
    } else if (!is_clients(name) && !is_service_link(name, value)) {
      effective.complain(place, "unknown variable" + did_you_mean(name, candidates));
    }
  }
}

}  // namespace pawl::server
