// SPDX-License-Identifier: Apache-2.0
//
// Whether a server answers, any line of the protocol, and what concerns this program alone.
#include <algorithm>
#include <chrono>
#include <memory>
#include <vector>

#include "cli/asking.hpp"
#include "cli/commands/families.hpp"
#include "cli/completion.hpp"
#include "cli/output.hpp"
#include "cli/text/describe.hpp"

namespace pawl::cli {
namespace {

int ping(const Globals& globals) {
  client::Asker asker = asker_of(globals);
  asker.connect();
  const auto start = std::chrono::steady_clock::now();
  ask(asker, client::RequestLine("PING"));
  const auto span = std::chrono::steady_clock::now() - start;
  const auto us = std::chrono::duration_cast<std::chrono::microseconds>(span).count();
  const double ms = static_cast<double>(us) / 1'000;
  const std::string server = client::to_text(asker.server());
  const Json answer{{"server", server}, {"round_trip_ms", ms}};
  const std::string number = answer["round_trip_ms"].dump();
  print(globals.json() ? answer.dump() + "\n" : "pong from " + server + " in " + number + "ms\n");
  return exit_ok;
}

int version(const Globals& globals) {
  print(globals.json() ? "{\"version\":\"" PAWL_VERSION "\"}\n" : "pawl " PAWL_VERSION "\n");
  return exit_ok;
}

// That one does not serve is worth more than that others cannot be reached.
client::Connection& connect(client::Asker& asker) {
  try {
    return asker.connect();
  } catch (const client::Unreachable&) {
    throw failure_of(asker.last_word());
  }
}

// A node that is not primary has certainly done nothing, so that another one is asked.
std::string reply_to(client::Asker& asker, const std::string& line) {
  for (;;) {
    client::Connection& connection = connect(asker);
    try {
      connection.send(line);
      std::string reply = connection.read_line(std::nullopt).value_or("");
      const auto parsed = client::parse_reply_line(reply);
      const bool goes_on = parsed && parsed->kind == client::ReplyLine::Kind::error &&
                           parsed->word == "NOT_PRIMARY" && asker.try_elsewhere(*parsed);
      if (!goes_on) return reply;
    } catch (const client::NoAnswer& error) {
      throw Failure(exit_unreachable, client::to_text(asker.server()) + ": " + error.what());
    }
  }
}

// The reply as it came: whoever sends lines reads lines.
int send(const Globals& globals, const std::vector<std::string>& words) {
  std::string line;
  for (const std::string& word : words) line += (line.empty() ? "" : " ") + word;
  if (line.find_first_not_of(" \t") == line.npos) throw Failure(exit_usage, "the line is empty");
  if (line.find_first_of("\r\n") != line.npos) throw Failure(exit_usage, "send takes one line");
  client::Asker asker = asker_of(globals);
  const std::string reply = reply_to(asker, line);
  print(reply + "\n");
  const auto parsed = client::parse_reply_line(reply);
  if (!parsed) throw Failure(exit_refused, "that is no reply of a pawld");
  return parsed->kind == client::ReplyLine::Kind::error ? exit_refused : exit_ok;
}

}  // namespace

void add_basic_commands(Program& program) {
  program.add("ping", "Ask the server for a sign of life",
              "  pawl ping                        pong from 127.0.0.1:7295 in 0.2ms\n"
              "  pawl -s db1:7295 ping || echo down\n",
              ping);
  // No option of its own for the line: of a list of words, CLI11 reads [a] as a.
  const auto sender = std::make_shared<const CLI::App*>();
  CLI::App& added = program.add(
      "send", "Send one line of the protocol, print the reply: pawl send WORD...",
      "  pawl send LOCK jobs/nightly ttl=30s            OK token=1 ttl=30000\n"
      "  pawl send 'LOCK jobs/nightly note=\"two words\"'\n"
      "  pawl send HELP                                 what can be sent\n"
      "All words behind send are the line. Any ERR is exit code 1 here.\n",
      [sender](const Globals& globals) { return send(globals, (*sender)->remaining()); });
  added.prefix_command()->fallthrough(false);
  *sender = &added;
  program.add("version", "Print the version of this program",
              "  pawl version                     of the server: pawl send HELLO\n", version);
  auto shell = std::make_shared<std::string>();
  CLI::App& completion =
      program.add("completion", "Print what teaches a shell to complete pawl's words",
                  "  source <(pawl completion bash)   in ~/.bashrc\n"
                  "  source <(pawl completion zsh)    in ~/.zshrc, after compinit\n"
                  "  pawl completion fish > ~/.config/fish/completions/pawl.fish\n",
                  [&program, shell](const Globals&) {
                    print(completion_script(program.app(), *shell));
                    return exit_ok;
                  });
  completion.add_option("SHELL", *shell, "which shell")
      ->required()
      ->type_name("")
      ->check(CLI::IsMember({"bash", "zsh", "fish"}));
}

}  // namespace pawl::cli
