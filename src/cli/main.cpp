// SPDX-License-Identifier: Apache-2.0
//
// The pawl command. Exit codes: 0 the server said OK, 1 it said ERR, 64 usage, 69 unreachable.
#include <CLI/CLI.hpp>
#include <algorithm>
#include <chrono>
#include <iostream>
#include <optional>
#include <string>
#include <vector>

#include "cli/connection.hpp"
#include "client/server_address.hpp"

namespace {

using pawl::cli::Connection;
using pawl::client::ServerAddress;

enum ExitCode : int { exit_ok = 0, exit_refused = 1, exit_usage = 64, exit_unreachable = 69 };

constexpr auto examples = R"(Examples:
  pawl ping                                      is a server there and answering?
  pawl send LOCK jobs/nightly ttl=30s            OK token=1 ttl=30000
  pawl send 'LOCK jobs/nightly note="two words"'
  pawl -s db1:7295 send STATUS
Exit codes: 0 OK, 1 the server answered ERR, 64 usage, 69 unreachable.)";

struct Options {
  std::string server = "127.0.0.1:7295";
  std::uint32_t patience_ms = 5'000;
  std::vector<std::string> words;
};

// A tagged reply is judged by what follows the tag.
bool is_ok(std::string_view reply) {
  if (reply.starts_with('#')) reply.remove_prefix(std::min(reply.find(' '), reply.size() - 1) + 1);
  return reply == "OK" || reply.starts_with("OK ");
}

std::string join(const std::vector<std::string>& words) {
  std::string line;
  for (const std::string& word : words) {
    if (!line.empty()) line += ' ';
    line += word;
  }
  return line;
}

ExitCode fail_usage(std::string_view why) {
  std::cerr << "pawl: " << why << "\n";
  return exit_usage;
}

// `reply_patience` is absent where waiting is what was asked for.
ExitCode ask(const Options& options, std::string_view line,
             std::optional<std::chrono::milliseconds> reply_patience) {
  const std::optional<ServerAddress> address = pawl::client::parse_server_address(options.server);
  if (!address) return fail_usage("not a host:port: " + options.server);
  try {
    Connection connection(*address, std::chrono::milliseconds{options.patience_ms});
    const std::string reply = connection.ask(line, reply_patience);
    std::cout << reply << "\n";
    return is_ok(reply) ? exit_ok : exit_refused;
  } catch (const pawl::cli::Unreachable& error) {
    std::cerr << "pawl: " << error.what() << "\n";
    return exit_unreachable;
  }
}

ExitCode send(const Options& options) {
  const std::string line = join(options.words);
  if (line.find_first_not_of(" \t") == std::string::npos) return fail_usage("the line is empty");
  if (line.find_first_of("\r\n") != std::string::npos) return fail_usage("send takes one line");
  return ask(options, line, std::nullopt);
}

}  // namespace

int main(int argc, char** argv) {
  Options options;
  CLI::App app{"Talks to a pawl lock server.", "pawl"};
  app.footer(examples);
  app.require_subcommand(1);
  app.fallthrough();
  app.add_option("-s,--server", options.server, "host:port of the server")
      ->envname("PAWL_SERVER")
      ->capture_default_str();
  app.add_option("--timeout", options.patience_ms, "ms to connect, and for ping to be answered")
      ->check(CLI::Range(1, 3'600'000))
      ->capture_default_str();
  const auto* ping = app.add_subcommand("ping", "Ask the server for a sign of life");
  const auto* version = app.add_subcommand("version", "Print the version of this program");
  auto* sender = app.add_subcommand("send", "Send one request line, print the reply line");
  sender->add_option("LINE", options.words, "the words of the line")->required();

  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? exit_ok : exit_usage;
  }
  if (*version) {
    std::cout << "pawl " PAWL_VERSION "\n";
    return exit_ok;
  }
  if (*ping) return ask(options, "PING", std::chrono::milliseconds{options.patience_ms});
  return send(options);
}
