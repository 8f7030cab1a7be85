// SPDX-License-Identifier: Apache-2.0
//
// What stands in the data directory of a node of a cluster, spoilt or looked for; what its log
// says.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "cluster/cluster.hpp"

namespace pawl::testing {

[[nodiscard]] bool says(const Cluster& cluster, std::size_t node, std::string_view what);
void await_word(const Cluster& cluster, std::size_t node, std::string_view what);

// Of those whose name begins so, the last by name; its path.
[[nodiscard]] std::string newest_file(const std::string& directory, std::string_view prefix);
// So many bytes from there on become others.
void flip(const std::string& path, std::uint64_t offset, std::size_t count);
// In the middle of what is written of it: the rest of the file is zeros.
void flip_the_middle(const std::string& path);

[[nodiscard]] std::string bytes_of(const std::string& path);
void put_bytes(const std::string& path, const std::string& bytes);

// 64 MiB of log and some, until it is followed by a snapshot of that node, the primary.
void outgrow_log(Cluster& cluster, std::size_t primary);

}  // namespace pawl::testing
