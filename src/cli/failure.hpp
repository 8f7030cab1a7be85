// SPDX-License-Identifier: Apache-2.0
//
// Why a command ends without having done what was asked: what to say on stderr, and the exit code.
// Thrown by commands, caught once, in Program.
#pragma once

#include <stdexcept>
#include <string>

#include "cli/exit_code.hpp"
#include "client/asking/connection.hpp"
#include "client/reply_line.hpp"

namespace pawl::cli {

class Failure : public std::runtime_error {
 public:
  Failure(ExitCode code, const std::string& message) : std::runtime_error(message), code_(code) {}
  [[nodiscard]] ExitCode code() const { return code_; }

 private:
  ExitCode code_;
};

// Of an ERR: its code, what the server said, and what to do about it.
[[nodiscard]] Failure failure_of(const client::ReplyLine& error);
// The server was told who asks.
[[nodiscard]] Failure failure_of(const client::Denied& denied);

}  // namespace pawl::cli
