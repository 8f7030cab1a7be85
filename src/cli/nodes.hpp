// SPDX-License-Identifier: Apache-2.0
//
// A cluster as its own nodes tell it: STATUS of every server of the list, and of the nodes that
// those name, in one view. Servers that do not answer are part of it.
#pragma once

#include <string>
#include <vector>

#include "cli/failure.hpp"
#include "cli/globals.hpp"
#include "cli/text/describe.hpp"

namespace pawl::cli {

struct Seen {
  std::string server;  // host:port
  std::string node;    // where it is known
  Json status;         // null: it did not answer so,
  std::string error;   // and this is why
};

// Throws Failure where not one answers.
[[nodiscard]] std::vector<Seen> ask_all(const Globals& globals);

// The STATUS of the primary, or of whoever knows the newest epoch, and
// "servers":[{server, node, role, epoch, commit_index} or {server, node, error}].
[[nodiscard]] Json view_of(const std::vector<Seen>& all);

// The primary's name, by its own word or that of the one that knows the newest epoch. Empty: there
// is none.
[[nodiscard]] std::string primary_in(const Json& view);

// Nodes that somebody names, with the address where clients find them, and that have not answered.
[[nodiscard]] std::vector<Seen> unheard_in(const std::vector<Seen>& all);

}  // namespace pawl::cli
