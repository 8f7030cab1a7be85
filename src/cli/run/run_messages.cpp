// SPDX-License-Identifier: Apache-2.0
#include "cli/run/run_messages.hpp"

#include <cerrno>
#include <cstring>

#include "cli/text/duration.hpp"
#include "cli/text/printable.hpp"

namespace pawl::cli {
namespace {

struct Meaning {
  std::string_view code;
  int exit_code;
  std::string_view text;
};

constexpr Meaning meanings[] = {
    {"BUSY", exit_busy, "held by somebody else, or others wait for it; --wait queues"},
    {"TIMEOUT", exit_busy, "not granted within --wait"},
    {"CANCELLED", exit_refused, "the wait was cancelled by somebody else"},
    {"MISMATCH", exit_refused, "somebody uses that lock in another mode"},
    {"NOT_HELD", exit_not_held, "granted, and lost in part before the command could be started"},
    {"DEADLOCK", exit_refused, "to wait would be a deadlock: give back what the cycle names"},
    {"BAD_REQUEST", exit_usage, "the server does not accept this"},
    {"TOO_LONG", exit_usage, "names and note are too long for one request"},
    {"UNAUTHENTICATED", exit_denied, "the server does not know who asks"},
    {"FORBIDDEN", exit_denied, "this user may not have that lock"},
    {"UNREACHABLE", exit_unreachable, "no server answered"},
    {"LIMIT", exit_unreachable, "the server keeps no more locks or waits"},
    {"DISK_FULL", exit_unreachable, "the server's disk is full: it grants no locks now"},
    {"SHUTTING_DOWN", exit_unreachable, "the server is going down"},
    {"NOT_PRIMARY", exit_unreachable,
     "this node does not serve now: name the others too, -s a,b,c"},
    {"NO_QUORUM", exit_unreachable, "the servers have no majority: no locks are granted now"},
};

const Meaning* meaning_of(std::string_view code) {
  for (const Meaning& known : meanings) {
    if (known.code == code) return &known;
  }
  return nullptr;
}

const char* are(const RunOptions& options, const char* one, const char* several) {
  return options.locks.size() == 1 ? one : several;
}

std::string why_feared(const RunOptions& options) {
  std::string why = " could not be renewed in time";
  if (options.max_hold.count() > 0)
    why += ", or its --max-hold of " + duration_text(options.max_hold) + " is over";
  return why;
}

}  // namespace

std::string names_text(const std::vector<std::string>& names) {
  std::string text;
  for (std::size_t i = 0; i < names.size(); ++i) {
    if (i > 0) text += i + 1 == names.size() ? " and " : ", ";
    text += printable(names[i]);
  }
  return text;
}

std::string notice_text(const RunOptions& options, Notice notice) {
  const std::string grace = duration_text(options.policy.grace);
  const std::string are_lost = names_text(options.locks) + are(options, " is lost", " are lost");
  switch (notice) {
    case Notice::feared:
      return names_text(options.locks) + why_feared(options) +
             ": TERM to the command, KILL within " + grace +
             ", before the lock can be granted again";
    case Notice::told:
      return are_lost + ", the server says so: TERM to the command, KILL within " + grace;
    case Notice::too_late: return are_lost + ": KILL to the command";
    case Notice::ignored: return are_lost + "; the command goes on (--on-lost ignore)";
    case Notice::out_of_time: return "the command's processes did not obey TERM: KILL";
    case Notice::winding_up: break;
  }
  return {};
}

bool is_not_granted(const client::Refusal& refusal) {
  const Meaning* known = meaning_of(refusal.code);
  return known != nullptr && known->exit_code == exit_busy;
}

std::string refusal_text(const RunOptions& options, const client::Refusal& refusal) {
  const Meaning* known = meaning_of(refusal.code);
  std::string text = names_text(options.locks) + ": ";
  text += known != nullptr ? std::string(known->text) : "refused, " + printable(refusal.code);
  if (!refusal.message.empty()) text += " (" + printable(refusal.message) + ")";
  return text;
}

std::string unreachable_text(const std::string& why) { return "no server answers: " + why; }

std::string lost_before_start_text(const RunOptions& options) {
  return names_text(options.locks) + are(options, " was", " were") +
         " granted and lost before the command could be started";
}

std::string exec_error_text(const RunOptions& options, int error) {
  const std::string& name = options.command.front();
  const bool is_looked_up = name.find('/') == std::string::npos;
  const std::string why = error == ENOENT && is_looked_up ? "command not found" : strerror(error);
  return printable(name) + ": " + why;
}

std::string end_text(const RunOptions& options, int code) {
  return "the command was ended because " + names_text(options.locks) +
         are(options, " was", " were") + " lost or about to be (its own exit " +
         std::to_string(code) + ")";
}

std::string gave_up_text(const RunOptions& options) {
  return "no server confirmed that " + names_text(options.locks) +
         are(options, " was given back; it ends within ", " were given back; they end within ") +
         duration_text(options.policy.ttl);
}

int exit_code_of(std::string_view refusal, int conflict_exit_code) {
  const Meaning* known = meaning_of(refusal);
  if (known == nullptr) return exit_refused;
  return known->exit_code == exit_busy ? conflict_exit_code : known->exit_code;
}

}  // namespace pawl::cli
