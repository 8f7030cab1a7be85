// SPDX-License-Identifier: Apache-2.0
//
// Replies and events become lines, appended to an outbox. Always exactly one LF, at the end.
#pragma once

#include <string>
#include <string_view>

#include "base/reply.hpp"

namespace pawl::wire {

// An empty tag: untagged.
void format_reply(std::string& out, std::string_view tag, const ReplyBody& body);
void format_event(std::string& out, const EventBody& body);

}  // namespace pawl::wire
