// SPDX-License-Identifier: Apache-2.0
//
// Replies of the node as Redis clients read them.
#pragma once

#include "base/reply.hpp"
#include "wire/resp/task.hpp"
#include "wire/resp/write.hpp"

namespace pawl::wire::resp {

// What a command of pawl's own protocol is answered: REDIS.md has the table.
void write_own(const Writer& writer, const ReplyBody& body);

void write_error(const Writer& writer, const reply::Error& error);

void write_hello(const Writer& writer, const reply::Hello& hello, Version version);
void write_info(const Writer& writer, const reply::Hello& hello, const Counts& counts);
void write_role(const Writer& writer, const reply::Hello& hello);

}  // namespace pawl::wire::resp
