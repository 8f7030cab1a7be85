// SPDX-License-Identifier: Apache-2.0
//
// The nodes of a cluster: how they are, and what an operator may ask of them.
#include "cli/nodes.hpp"

#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <iostream>
#include <memory>

#include "cli/arguments.hpp"
#include "cli/asking.hpp"
#include "cli/commands/families.hpp"
#include "cli/output.hpp"
#include "cli/text/cluster.hpp"
#include "cli/text/printable.hpp"
#include "cli/top/top.hpp"

namespace pawl::cli {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::chrono::milliseconds look_again{50};
constexpr std::chrono::milliseconds longest_look{2'000};  // after an OK

int status(const Globals& globals) {
  const Json view = view_of(ask_all(globals));
  print(globals.json() ? view.dump() + "\n" : status_text(view, paint_of_stdout(globals)));
  if (primary_in(view).empty()) say("no node is primary: nobody is served now");
  return exit_ok;
}

struct StatusOptions {
  bool watch = false;
  Milliseconds interval{1'000};
};

int tell_primary(const Globals& globals, const std::string& node) {
  print(globals.json() ? Json{{"primary", node}}.dump() + "\n" : printable(node) + " is primary\n");
  return exit_ok;
}

// The primary's name; empty: none, or nobody answers.
std::string look_for_primary(const Globals& globals) {
  try {
    return primary_in(view_of(ask_all(globals)));
  } catch (const Failure&) {
    return {};
  }
}

// Until another one than `before`, or the one wanted, is primary.
std::string await_primary(const Globals& globals, client::Asker& asker, const std::string& before,
                          const std::string& wanted, std::chrono::milliseconds span) {
  const auto until = Clock::now() + span;
  for (;;) {
    const std::string now = look_for_primary(globals);
    const bool is_other = !now.empty() && now != before;
    if (is_other && (wanted.empty() || now == wanted)) return now;
    if (Clock::now() >= until) return {};
    asker.loop().pause(look_again);
  }
}

// Not asked twice: the second time another one would hand over.
int handover(const Globals& globals, const std::string& to) {
  const std::string before = primary_in(view_of(ask_all(globals)));
  if (!to.empty() && before == to) return tell_primary(globals, to);
  client::Asker asker = asker_of(globals);
  client::RequestLine line("HANDOVER");
  if (!to.empty()) line.word(to);
  auto span = asker.timeout();
  bool is_done = false;
  try {
    const client::ReplyLine reply = asker.ask(line, client::Repeat::if_certain);
    is_done = reply.kind == client::ReplyLine::Kind::ok;
    if (!is_done && reply.word != "NO_QUORUM") throw failure_of(reply);
    if (is_done) span = std::min(span, longest_look);
  } catch (const client::NoAnswer&) {
  }
  const std::string after = await_primary(globals, asker, before, to, span);
  if (!after.empty()) return tell_primary(globals, after);
  if (is_done) return exit_ok;
  throw Failure(exit_refused, "unknown, it may still take effect: `pawl status` tells");
}

struct Promotion {
  std::string lost;
  bool is_sure = false;
};

std::string consequences(const std::string& lost) {
  return "This makes the other node of the pair serve without " + lost + ", which must be gone\n" +
         "for good: stopped, and never started again with the data it has. If it is only cut\n" +
         "off and still serves, two clients will hold one lock. Empty its data_dir before it\n" +
         "comes back.\n";
}

void make_sure(const Promotion& promotion) {
  if (promotion.is_sure) return;
  if (isatty(STDIN_FILENO) == 0) {
    throw Failure(exit_usage, "promote needs --i-am-sure: `pawl promote --help` says of what");
  }
  std::cerr << consequences(promotion.lost) << "Is " << promotion.lost << " gone for good? [y/N] "
            << std::flush;
  std::string answer;
  std::getline(std::cin, answer);
  if (answer != "y" && answer != "Y") throw Failure(exit_refused, "nothing was done");
}

// The one that answers and is not lost.
Seen survivor_of(const Globals& globals, const std::string& lost) {
  const Seen* survivor = nullptr;
  const std::vector<Seen> all = ask_all(globals);
  for (const Seen& seen : all) {
    if (seen.status.is_null()) continue;
    if (seen.node == lost) {
      throw Failure(exit_refused, printable(lost) + " is not lost, it answers at " +
                                      printable(seen.server) + ": nothing was done");
    }
    if (survivor == nullptr) survivor = &seen;
  }
  return *survivor;  // one answers, or ask_all() would have thrown
}

int promote(const Globals& globals, const Promotion& promotion) {
  make_sure(promotion);
  const Seen survivor = survivor_of(globals, promotion.lost);
  Globals there = globals;
  there.servers = survivor.server;
  client::Asker asker = asker_of(there);
  client::RequestLine line("PROMOTE");
  line.word(promotion.lost);
  try {
    const client::ReplyLine reply = asker.ask(line, client::Repeat::never);
    if (reply.kind == client::ReplyLine::Kind::error) throw failure_of(reply);
  } catch (const client::NoAnswer& error) {
    throw Failure(exit_unreachable, printable(survivor.server) + ": " + error.what() +
                                        "; it may still take effect: `pawl status` tells");
  }
  print(globals.json() ? Json{{"primary", survivor.node}, {"lost", promotion.lost}}.dump() + "\n"
                       : printable(survivor.node) + " goes on without " + promotion.lost + "\n");
  return exit_ok;
}

}  // namespace

void add_node_commands(Program& program) {
  auto wanted = std::make_shared<StatusOptions>();
  CLI::App& showing = program.add(
      "status", "Show the nodes: roles, how far behind, who does not answer",
      "  pawl -s db1,db2,db3 status       all of them\n"
      "  pawl status --watch              again and again, until q\n"
      "  pawl status -o json | jq .role   the primary's, or that of who answers\n",
      [wanted](const Globals& globals) {
        return wanted->watch ? top::watch_status(globals, wanted->interval) : status(globals);
      });
  CLI::Option* watch = showing.add_flag("--watch", wanted->watch, "look again and again");
  add_interval(showing, wanted->interval)->needs(watch);
  auto to = std::make_shared<std::string>();
  CLI::App& handing =
      program.add("handover", "Let another node be primary; no lock is lost, and nobody is refused",
                  "  pawl handover                    to whichever has most\n"
                  "  pawl handover n2                 n2 is primary\n",
                  [to](const Globals& globals) { return handover(globals, *to); });
  add_node(handing, "NODE", *to, "which one; without it, whichever has most");
  auto promotion = std::make_shared<Promotion>();
  CLI::App& promoting = program.add(
      "promote", "Of a pair: let this node serve although the other one is lost",
      "  pawl -s db1:7295 promote n2      asks whether you are sure\n" + consequences("n2"),
      [promotion](const Globals& globals) { return promote(globals, *promotion); });
  add_node(promoting, "LOST-NODE", promotion->lost, "the node that is gone for good")->required();
  promoting.add_flag("--i-am-sure", promotion->is_sure, "do not ask");
}

}  // namespace pawl::cli
