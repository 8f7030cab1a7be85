// SPDX-License-Identifier: Apache-2.0
//
// Arguments that several commands take, judged before anything is sent: what a name, a token, a
// duration may be is the server's own rule (wire/). A wrong one is a usage error of the command
// line.
#pragma once

#include <CLI/CLI.hpp>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/request.hpp"
#include "pawl/types.hpp"

namespace pawl::cli {

[[nodiscard]] std::string joined(const std::vector<std::string>& words, std::string_view between);
// Empty: none is.
[[nodiscard]] std::string named_twice(std::vector<std::string> names);

CLI::Option* add_lock(CLI::App& command, std::string& name);  // LOCK, required
// LOCK..., at least one, none twice: all of them or none.
CLI::Option* add_locks(CLI::App& command, std::vector<std::string>& names);
CLI::Option* add_token(CLI::App& command, std::uint64_t& token);  // --token, 1 to 2^53-1
CLI::Option* add_prefix(CLI::App& command, std::string& prefix);  // [PREFIX]
CLI::Option* add_id(CLI::App& command, std::string& id);          // --id
CLI::Option* add_node(CLI::App& command, const std::string& place, std::string& node,
                      const std::string& meaning);  // positional
// Of a user, a cluster: as a node's. Several: one each time it is given.
CLI::Option* add_name(CLI::App& command, const std::string& place, std::string& name,
                      const std::string& meaning);
CLI::Option* add_names(CLI::App& command, const std::string& option,
                       std::vector<std::string>& names, const std::string& meaning);
CLI::Option* add_days(CLI::App& command, std::uint64_t& days, const std::string& meaning);
CLI::Option* add_text(CLI::App& command, const std::string& option, std::string& text,
                      const std::string& meaning);           // shown to others, at most 1024 bytes
CLI::Option* add_ttl(CLI::App& command, Milliseconds& ttl);  // --ttl; 0: not given
// --delay and --max-hold; 0: not given.
void add_limits_of_hold(CLI::App& command, Milliseconds& delay, Milliseconds& max_hold);
// --wait; 0: try once, Milliseconds::max(): for ever.
CLI::Option* add_wait(CLI::App& command, Milliseconds& wait);
// --shared, or --slots N.
void add_mode(CLI::App& command, Mode& mode, std::uint32_t& slots);
// --limit of what is printed, 0: all.
CLI::Option* add_limit(CLI::App& command, std::uint64_t& limit, const std::string& of);
// --limit of what is asked for in one request.
CLI::Option* add_page(CLI::App& command, std::uint64_t& limit, const std::string& of);
CLI::Option* add_interval(CLI::App& command, Milliseconds& interval);  // --interval, from 100ms

}  // namespace pawl::cli
