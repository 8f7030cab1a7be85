// SPDX-License-Identifier: Apache-2.0
//
// The one place that knows which right each request needs. Every request of every client passes it
// before anything else is judged; one that is new does not compile until it is named here. Whose
// hold it is that a request is about is judged beside it, where the hold is found.
#pragma once

#include <vector>

#include "base/access.hpp"
#include "base/request.hpp"

namespace pawl::node {

[[nodiscard]] bool is_allowed(const std::vector<access::Rule>& rules, const Request& request);

}  // namespace pawl::node
