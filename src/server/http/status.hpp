// SPDX-License-Identifier: Apache-2.0
//
// /status.json: what a person wants to know of this node, and of the cluster as far as it knows.
#pragma once

#include <string>

#include "node/node.hpp"
#include "server/http/contention.hpp"
#include "server/http/facts.hpp"

namespace pawl::server::http {

void append_status(std::string& out, const node::Node& node, const Facts& facts,
                   const Contention::Found& contention);

}  // namespace pawl::server::http
