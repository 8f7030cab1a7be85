// SPDX-License-Identifier: Apache-2.0
//
// Who may do what, as it is written: roles that give rights on prefixes of names, users that have
// roles. What format_… writes, parse_… reads; all that is wrong within a list is told at once.
//   [{name: workers, lock: [jobs/], observe: [""]}]
//   [{name: ci, secret_sha256: 9f86…, roles: [workers]}, {name: ops, secret_file: /run/…, …}]
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "server/config/config.hpp"
#include "server/config/effective.hpp"

namespace pawl::server {

[[nodiscard]] Parsed<std::vector<std::string>> parse_words(std::string_view text);
[[nodiscard]] std::string format_words(const std::vector<std::string>& words);

[[nodiscard]] Parsed<std::vector<RoleEntry>> parse_roles(std::string_view text);
[[nodiscard]] std::string format_roles(const std::vector<RoleEntry>& roles);

[[nodiscard]] Parsed<std::vector<UserEntry>> parse_users(std::string_view text);
[[nodiscard]] std::string format_users(const std::vector<UserEntry>& users);

// Makes core.access of it, for which it reads the files of secrets; and refuses ports that are open
// to others while nobody has to say who it is.
void settle_security(Effective& effective);
void check_ports(Effective& effective);

// False: the port can be reached from this machine only.
[[nodiscard]] bool is_open_to_others(const Address& address);

}  // namespace pawl::server
