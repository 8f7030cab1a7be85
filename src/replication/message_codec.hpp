// SPDX-License-Identifier: Apache-2.0
//
// Messages as the body of a frame. What decodes is well formed: numbers in range, records whole,
// their epochs rising from that of the record before to the sender's. Any bytes may come in.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "replication/message.hpp"

namespace pawl::replication {

void encode_message(std::string& out, const Message& message);
[[nodiscard]] std::optional<Message> decode_message(std::string_view bytes);

}  // namespace pawl::replication
