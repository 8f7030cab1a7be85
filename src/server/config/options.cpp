// SPDX-License-Identifier: Apache-2.0
#include "server/config/options.hpp"

#include <CLI/CLI.hpp>
#include <cstdio>
#include <sstream>

#include "server/config/security.hpp"
#include "server/config/text_file.hpp"

namespace pawl::server {

namespace {

constexpr const char* version_text = "pawld " PAWL_VERSION;

constexpr const char* examples = R"(Examples:
  pawld                                        one node on 127.0.0.1:7295, all defaults
  pawld -c /etc/pawl/pawld.yaml
  pawld --set data_dir=data --set log.level=debug
  PAWL_LIMITS_WAITERS_PER_LOCK=100 pawld       a key as a variable
  pawld -c pawld.yaml --check-config           every problem at once; exit 78 if there is one
  pawld -c pawld.yaml --print-config           the values in effect, each with its source

Beside a pawld that is stopped, with the same -c and --set:
  pawld backup FILE                            one file of all that the data directory holds
  pawld restore FILE                           into an empty data directory
  pawld repair                                 what is wrong with the log, and what can be done
  pawld repair --accept-loss                   does it: keeps what is before the damage
At any time:
  pawld --check-disk                           how long a flush takes in data_dir; two seconds

A flag wins over the environment, that over the file, that over the default.
SIGHUP reloads log.level, limits, security but for insecure, tls but for peers and http; all else
takes a restart. SIGTERM stops.
Exit codes: 0 done, 1 the disk is slow, 64 usage, 65 damaged or newer files, 66 no such file,
71 the system refuses, 73 no data directory, 74 the disk failed, 75 in use by another process,
77 permissions, 78 bad configuration.)";

// Each sets the task when it is met; the common flags may stand behind it too.
void add_tasks(CLI::App& app, Task& task) {
  app.require_subcommand(0, 1);
  CLI::Option* const check = app.add_flag_callback(
      "--check-disk", [&task] { task = CheckDisk{}; }, "Measure the flushes of data_dir");
  const auto add = [&](const char* name, const char* meaning) {
    CLI::App* const command = app.add_subcommand(name, meaning);
    command->fallthrough();
    command->excludes(check);
    return command;
  };
  CLI::App* const repair = add("repair", "Look at a damaged log; give up its rest");
  repair->add_flag_callback(
      "--accept-loss", [&task] { task = Repair{true}; },
      "Keep what is before the damage, give up what follows");
  repair->callback([&task] {
    if (!std::holds_alternative<Repair>(task)) task = Repair{false};
  });
  const auto take_file = [](CLI::App* command, std::function<void(const std::string&)> take) {
    command->add_option_function<std::string>("FILE", std::move(take), "The backup")->required();
  };
  take_file(add("backup", "Copy what data_dir holds into one file"),
            [&task](const std::string& file) { task = BackUp{file}; });
  take_file(add("restore", "Make data_dir from such a file"),
            [&task](const std::string& file) { task = Restore{file}; });
}

std::string lines(const std::vector<std::string>& problems) {
  std::string text;
  for (const std::string& problem : problems) text += problem + '\n';
  return text;
}

}  // namespace

std::variant<Options, Exit> parse_options(int argc, const char* const* argv) {
  Options options;
  std::string file;
  CLI::App app{"pawld: the pawl lock server", "pawld"};
  app.footer(examples);
  app.set_version_flag("--version", version_text, "Print the version");
  CLI::Option* const file_option =
      app.add_option("-c,--config", file, "Read this YAML file; without it, none is read");
  file_option->type_name("FILE");
  app.add_option("--set", options.settings, "Set one key; may be repeated, the last one wins")
      ->type_name("KEY=VALUE")
      ->expected(1)
      ->allow_extra_args(false)
      ->take_all();
  app.add_flag("--check-config", options.check_config, "Print every problem, or: config OK");
  app.add_flag("--print-config", options.print_config, "Print the values in effect as YAML");
  add_tasks(app, options.task);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    std::ostringstream out;
    std::ostringstream wrong;
    const bool asked = app.exit(error, out, wrong) == 0;
    return asked ? Exit{0, out.str()} : Exit{exit_usage, "pawld: " + wrong.str()};
  }
  if (file_option->count() > 0) options.file = file;
  return options;
}

std::variant<Effective, Exit> configure(const Options& options, const Environment& environment,
                                        const Judge& judge) {
  Sources sources{options.file, {}, environment, options.settings};
  if (options.file) {
    Parsed<std::string> text = read_text_file(*options.file);
    if (!text) return Exit{exit_no_input, text.error().why + '\n'};
    sources.file_text = *std::move(text);
  }
  Effective effective = merge(sources);
  settle_security(effective);
  if (!effective.problems.empty()) return Exit{exit_bad_config, lines(effective.problems)};
  if (options.print_config) return Exit{0, print_config(effective)};
  const bool is_judged = options.check_config && judge;
  if (const auto wrong = is_judged ? judge(effective.config) : std::nullopt) {
    return Exit{exit_bad_config, lines({*wrong})};
  }
  if (options.check_config) return Exit{0, "config OK\n"};
  return effective;
}

int report(const Exit& exit) {
  std::FILE* const stream = exit.code == 0 ? stdout : stderr;
  std::fwrite(exit.text.data(), 1, exit.text.size(), stream);
  std::fflush(stream);
  return exit.code;
}

}  // namespace pawl::server
