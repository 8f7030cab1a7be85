// SPDX-License-Identifier: Apache-2.0
#include "server/config/environment.hpp"

#include <algorithm>
#include <array>

#include "server/config/text_file.hpp"

namespace pawl::server {

namespace {

// The pawl command's own: where it finds the server, as whom it speaks to it, and what it tells the
// command it runs.
bool is_clients(std::string_view name) {
  static constexpr std::array names{"PAWL_SERVER", "PAWL_LOCK",        "PAWL_TOKEN", "PAWL_USER",
                                    "PAWL_SECRET", "PAWL_SECRET_FILE", "PAWL_TLS",   "PAWL_CA",
                                    "PAWL_CERT",   "PAWL_KEY"};
  return std::find(names.begin(), names.end(), name) != names.end();
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

// PAWL_X_FILE names a file that holds the value of PAWL_X, as containers are given secrets.
const Key* named_with_file(const std::vector<std::string>& names, std::string_view name) {
  constexpr std::string_view suffix = "_FILE";
  if (!name.ends_with(suffix)) return nullptr;
  name.remove_suffix(suffix.size());
  const auto found = std::find(names.begin(), names.end(), name);
  return found == names.end() ? nullptr : &keys()[static_cast<std::size_t>(found - names.begin())];
}

void take_file(const Key& key, std::string_view path, const std::string& place,
               Effective& effective) {
  const Parsed<std::string> text = read_text_file(std::string(path));
  if (!text) return effective.refuse(key, place, text.error().why);
  std::string_view value = *text;
  while (value.ends_with('\n') || value.ends_with('\r')) value.remove_suffix(1);
  effective.take(key, value, place);
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
    } else if (const Key* in_file = named_with_file(names, name)) {
      take_file(*in_file, value, place, effective);
    } else if (!is_clients(name) && !is_service_link(name, value)) {
      effective.complain(place, "unknown variable" + did_you_mean(name, candidates));
    }
  }
}

}  // namespace pawl::server
