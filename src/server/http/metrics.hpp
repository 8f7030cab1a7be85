// SPDX-License-Identifier: Apache-2.0
//
// /metrics, in the text format 0.0.4 of Prometheus: base units, and never a lock's name as a label.
#pragma once

#include <string>
#include <string_view>

#include "node/node.hpp"
#include "server/http/contention.hpp"
#include "server/http/facts.hpp"
#include "server/http/process.hpp"

namespace pawl::server::http {

inline constexpr std::string_view metrics_type = "text/plain; version=0.0.4; charset=utf-8";

void append_metrics(std::string& out, const node::Node& node, const Facts& facts,
                    const Process& process, const Contention::Found& contention);

}  // namespace pawl::server::http
