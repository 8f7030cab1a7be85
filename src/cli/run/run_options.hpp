// SPDX-License-Identifier: Apache-2.0
//
// The command line of `pawl run`, checked: what a person typed becomes RunOptions or a Failure with
// exit code 64 that names the range.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/request.hpp"
#include "cli/exit_code.hpp"
#include "cli/globals.hpp"
#include "cli/run/supervision.hpp"
#include "client/access.hpp"
#include "client/server_address.hpp"
#include "pawl/types.hpp"

namespace pawl::cli {

class Program;

struct RunOptions {
  std::vector<std::string> locks;  // all of them or none
  std::vector<std::string> command;
  Policy policy;
  std::optional<Milliseconds> wait;  // none: for ever
  Mode mode = Mode::exclusive;
  std::uint32_t slots = 0;
  Milliseconds delay{0};
  Milliseconds max_hold{0};  // 0: none
  std::string note;
  int conflict_exit_code = exit_busy;
  bool quiet = false;   // says nothing that is to be expected: who is waited for, not granted
  std::string servers;  // as given, for the command's PAWL_SERVER
  std::vector<client::ServerAddress> addresses;
  client::Access access;
  std::vector<std::string> access_variables;  // for the command, as PAWL_SERVER is
  Milliseconds timeout{5'000};
};

// As typed.
struct RunWords {
  std::string verb = "run";
  std::vector<std::string> locks;
  std::vector<std::string> command;
  std::string ttl = "10s";
  std::string wait = "forever";
  bool nonblock = false;
  std::string on_lost = "term";
  std::string grace;  // empty: the default
  Mode mode = Mode::exclusive;
  std::uint32_t slots = 0;
  Milliseconds delay{0};
  Milliseconds max_hold{0};
  std::string note;
  int conflict_exit_code = exit_busy;
  bool quiet = false;
};

[[nodiscard]] Milliseconds default_grace(Milliseconds ttl);  // min(5 s, TTL/5)

[[nodiscard]] RunOptions check_run(const RunWords& words, const Globals& globals);

// The words of the command are no business of any parser of options: pawl's own end before the
// first `--` after the word `run` or `elect`.
struct SplitLine {
  int own = 0;  // so many of argv are pawl's
  std::vector<std::string> command;
};
[[nodiscard]] SplitLine split_run(int argc, const char* const* argv);

void add_run(Program& program, std::vector<std::string> command);
void add_elect(Program& program, std::vector<std::string> command);

}  // namespace pawl::cli
