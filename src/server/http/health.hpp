// SPDX-License-Identifier: Apache-2.0
//
// Is this node well? Each question is a list of checks, of which all must hold. That the loop runs
// is shown by the answer; `livez` never asks for a majority, or whoever restarts what is not alive
// would restart the healthy part of a cluster.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "node/node.hpp"
#include "server/http/answer.hpp"
#include "server/http/facts.hpp"

namespace pawl::server::http {

struct Check {
  std::string_view name;  // "primary"
  bool ok = true;
  std::string text;  // "n1, heard 20ms ago"
};

enum class Question : std::uint8_t { livez, readyz, primary };

[[nodiscard]] std::vector<Check> checks(Question question, const node::Node& node,
                                        const Facts& facts);

struct Health {
  std::string_view state = "ok";  // or degraded, or no_primary
  std::vector<std::string> why;   // sentences for people
};
[[nodiscard]] Health health_of(const node::Node& node, const Facts& facts);

// 200 or 503; verbose: a line for each check.
[[nodiscard]] Answer answer_health(Question question, bool verbose, const node::Node& node,
                                   const Facts& facts);

}  // namespace pawl::server::http
