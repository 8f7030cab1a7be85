// SPDX-License-Identifier: Apache-2.0
//
// The command line of pawl: the options all commands share, and the commands that families add to
// it. Parsing chooses one command, which then runs; how it ends becomes the exit code.
#pragma once

#include <CLI/CLI.hpp>
#include <functional>
#include <string>

#include "cli/globals.hpp"

namespace pawl::cli {

class Program {
 public:
  using Run = std::function<int(const Globals&)>;  // the exit code; throws Failure,
                                                   // client::Unreachable, Denied

  Program();
  Program(const Program&) = delete;
  Program& operator=(const Program&) = delete;

  // The caller adds its options to what is returned; `run` owns where they are stored.
  CLI::App& add(const std::string& name, const std::string& summary, const std::string& examples,
                Run run);
  [[nodiscard]] int run(int argc, const char* const* argv);
  [[nodiscard]] const CLI::App& app() const { return app_; }

 private:
  void complain(const std::string& problem) const;
  [[nodiscard]] std::string what_was_expected(const CLI::ParseError& error) const;

  Globals globals_;
  CLI::App app_;
  Run chosen_;
};

}  // namespace pawl::cli
