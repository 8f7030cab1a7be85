// SPDX-License-Identifier: Apache-2.0
//
// What Redis clients ask when they connect, or to see whether anybody is there: about the
// connection and the server, never about a lock.
#pragma once

#include <string_view>

#include "wire/resp/command.hpp"
#include "wire/resp/refusal.hpp"
#include "wire/resp/speaker.hpp"
#include "wire/resp/task.hpp"
#include "wire/resp/write.hpp"

namespace pawl::wire::resp {

// `word` is the command's first, in upper case. False: it is none of these, and nothing is written.
[[nodiscard]] bool answer_handshake(std::string_view word, Arguments command, Speaker& speaker,
                                    const Writer& writer);

// AUTH [user] secret; without a user it is Redis' `default`.
[[nodiscard]] Refusal take_auth(Arguments command, Task& task);

// HELLO [2|3 [AUTH user secret] [SETNAME name]]. Well-formed, the speaker is what it says.
[[nodiscard]] Refusal take_hello(Arguments command, Speaker& speaker, Task& task);

}  // namespace pawl::wire::resp
