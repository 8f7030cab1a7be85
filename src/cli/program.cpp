// SPDX-License-Identifier: Apache-2.0
#include "cli/program.hpp"

#include <unistd.h>

#include <exception>
#include <memory>
#include <sstream>
#include <utility>

#include "cli/access.hpp"
#include "cli/exit_code.hpp"
#include "cli/failure.hpp"
#include "cli/output.hpp"
#include "cli/text/printable.hpp"
#include "client/asking/asker.hpp"

namespace pawl::cli {
namespace {

constexpr auto examples = R"(Examples:
  pawl run jobs/nightly -- ./backup.sh        run it while holding the lock
  token=$(pawl acquire jobs/nightly --ttl 5m) hold it beyond this command
  pawl release jobs/nightly --token "$token"
  pawl why jobs/nightly                       who holds it, who waits
  pawl -s db1:7295,db2:7295 status            the nodes, and how they are
  pawl top                                    what most wait for, live
  pawl COMMAND --help                         options and examples of one command
)";

std::string without_end(const std::string& text) {
  return text.substr(0, text.find_last_not_of('\n') + 1);
}

// What may be given often is LOCK..., not its bounds in numbers.
class HelpText : public CLI::Formatter {
 public:
  std::string make_option_opts(const CLI::Option* option) const override {
    return repeats(option) ? " ... REQUIRED" : CLI::Formatter::make_option_opts(option);
  }
  std::string make_option_usage(const CLI::Option* option) const override {
    return repeats(option) ? option->get_name(true) + "..."
                           : CLI::Formatter::make_option_usage(option);
  }

 private:
  static bool repeats(const CLI::Option* option) { return option->get_expected_min() > 1; }
};

}  // namespace

Program::Program() : app_("Locks, seen and used from a shell. Talks to a pawld.", "pawl") {
  app_.footer(std::string(examples) + exit_code_help);
  app_.formatter(std::make_shared<HelpText>());
  app_.require_subcommand(1);
  app_.fallthrough();
  app_.add_option("-s,--server", globals_.servers, "host:port[,host:port...], tried in this order")
      ->envname("PAWL_SERVER")
      ->capture_default_str();
  app_.add_option("--timeout", globals_.timeout_ms,
                  "ms to reach a server, and for a reply that needs no wait")
      ->check(CLI::Range(1, 3'600'000))
      ->capture_default_str();
  app_.add_option("-o,--output", globals_.output, "how data is printed on stdout")
      ->check(CLI::IsMember({"text", "json"}))
      ->capture_default_str();
  app_.add_option("--color", globals_.color, "auto: on a terminal, unless NO_COLOR is set")
      ->check(CLI::IsMember({"auto", "always", "never"}))
      ->capture_default_str();
  add_access_options(app_, globals_.access);
}

CLI::App& Program::add(const std::string& name, const std::string& summary,
                       const std::string& command_examples, Run run) {
  CLI::App& command = *app_.add_subcommand(name, summary);
  command.footer("Examples:\n" + command_examples + exit_code_help);
  command.final_callback([this, run = std::move(run)] { chosen_ = run; });
  return command;
}

// Too much was given: what the command takes says why, as for `pawl run` without its `--`.
std::string Program::what_was_expected(const CLI::ParseError& error) const {
  const auto chosen = app_.get_subcommands();
  const bool too_much = dynamic_cast<const CLI::ExtrasError*>(&error) != nullptr;
  return too_much && !chosen.empty() ? "\n" + chosen.front()->get_description() : std::string();
}

void Program::complain(const std::string& problem) const {
  say(problem, paint_on(STDERR_FILENO, globals_.color));
}

int Program::run(int argc, const char* const* argv) {
  try {
    app_.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    std::ostringstream help;
    std::ostringstream problem;
    const bool asked_for_help = app_.exit(error, help, problem) == 0;
    if (!asked_for_help) {
      complain(without_end(problem.str()) + what_was_expected(error));
      return exit_usage;
    }
    chosen_ = [text = help.str()](const Globals&) {
      print(text);
      return exit_ok;
    };
  }
  const std::string warning = warning_of_secret(globals_.access);
  if (!warning.empty()) complain(warning);
  try {
    return chosen_(globals_);
  } catch (const Failure& failure) {
    complain(failure.what());
    return failure.code();
  } catch (const client::Denied& denied) {
    complain(failure_of(denied).what());
    return exit_denied;
  } catch (const client::Unreachable& unreachable) {
    complain(printable(unreachable.what()));
    return exit_unreachable;
  } catch (const std::exception& error) {
    complain(error.what());
    return exit_refused;
  }
}

}  // namespace pawl::cli
