// SPDX-License-Identifier: Apache-2.0
//
// pawld's command line, from argv to a configuration or to an end: what main has to print and the
// code it returns (the numbers of sysexits.h; --help names them).
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "server/config/effective.hpp"
#include "server/config/environment.hpp"

namespace pawl::server {

inline constexpr int exit_usage = 64;       // EX_USAGE
inline constexpr int exit_no_input = 66;    // EX_NOINPUT
inline constexpr int exit_bad_config = 78;  // EX_CONFIG

// What pawld is started for: to serve, or to look after a data directory and end.
struct Serve {
  bool operator==(const Serve&) const = default;
};
struct Repair {
  bool accept_loss = false;
  bool operator==(const Repair&) const = default;
};
struct BackUp {
  std::string file;
  bool operator==(const BackUp&) const = default;
};
struct Restore {
  std::string file;
  bool operator==(const Restore&) const = default;
};
struct CheckDisk {
  bool operator==(const CheckDisk&) const = default;
};
using Task = std::variant<Serve, Repair, BackUp, Restore, CheckDisk>;

struct Options {
  std::optional<std::string> file;
  std::vector<std::string> settings;
  bool check_config = false;
  bool print_config = false;
  Task task = Serve{};
  bool operator==(const Options&) const = default;
};

// The process ends here: text goes to stdout if code is 0, else to stderr.
struct Exit {
  int code = 0;
  std::string text;
  bool operator==(const Exit&) const = default;
};

[[nodiscard]] std::variant<Options, Exit> parse_options(int argc, const char* const* argv);

// Reads the file and merges all sources. Exit on any problem, and after --check-config and
// --print-config. SIGHUP calls it again with the same options.
// `judge`: what is still wrong, of a configuration that is right by itself; for --check-config.
using Judge = std::function<std::optional<std::string>(const Config&)>;
[[nodiscard]] std::variant<Effective, Exit> configure(const Options& options,
                                                      const Environment& environment,
                                                      const Judge& judge = {});

// Writes the text where it belongs and gives the code back.
int report(const Exit& exit);

}  // namespace pawl::server
