// SPDX-License-Identifier: Apache-2.0
#include "cli/run/run_messages.hpp"

#include <cerrno>
#include <cstring>

#include "cli/text/duration.hpp"
#include "cli/text/printable.hpp"

namespace pawl::cli {
namespace {

using boost::system::error_code;

struct Meaning {
  int exit_code;
  std::string_view text;
};

Meaning meaning_of(ErrorCode code) {
  switch (code) {
    case ErrorCode::busy:
      return {exit_busy, "held by somebody else, or others wait for it; --wait queues"};
    case ErrorCode::timeout: return {exit_busy, "not granted within --wait"};
    case ErrorCode::cancelled: return {exit_refused, "the wait was cancelled by somebody else"};
    case ErrorCode::mismatch: return {exit_refused, "somebody uses that lock in another mode"};
    case ErrorCode::not_held:
      return {exit_not_held, "granted, and lost in part before the command could be started"};
    case ErrorCode::deadlock:
      return {exit_refused, "to wait would be a deadlock: give back what the cycle names"};
    case ErrorCode::bad_request: return {exit_usage, "the server does not accept this"};
    case ErrorCode::too_long: return {exit_usage, "names and note are too long for one request"};
    case ErrorCode::unauthenticated:
      return {exit_denied,
              "the server wants to know who asks: --user NAME --secret-file FILE, or PAWL_USER and "
              "PAWL_SECRET"};
    case ErrorCode::forbidden: return {exit_denied, "this user may not have that lock"};
    case ErrorCode::limit: return {exit_unreachable, "the server keeps no more locks or waits"};
    case ErrorCode::disk_full:
      return {exit_unreachable, "the server's disk is full: it grants no locks now"};
    case ErrorCode::shutting_down: return {exit_unreachable, "the server is going down"};
    case ErrorCode::not_primary:
      return {exit_unreachable, "this node does not serve now: name the others too, -s a,b,c"};
    case ErrorCode::no_quorum:
      return {exit_unreachable, "the servers have no majority: no locks are granted now"};
    case ErrorCode::unknown_command:
    case ErrorCode::no_session:
    case ErrorCode::session_expired:
    case ErrorCode::internal: break;
  }
  return {exit_refused, "refused"};
}

Meaning meaning_of(error_code refusal) {
  if (refusal == ClientError::unreachable) return {exit_unreachable, "no server answers"};
  for (auto known = ErrorCode::bad_request; known <= ErrorCode::internal;
       known = static_cast<ErrorCode>(static_cast<int>(known) + 1)) {
    if (refusal == known) return meaning_of(known);
  }
  return {exit_refused, "refused"};
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

bool is_not_granted(error_code refusal) { return meaning_of(refusal).exit_code == exit_busy; }

std::string refusal_text(const RunOptions& options, error_code refusal,
                         const Diagnostics& diagnostics) {
  if (refusal == ClientError::unreachable)
    return "no server answers: " + printable(diagnostics.text);
  std::string text = names_text(options.locks) + ": " + std::string(meaning_of(refusal).text);
  if (!diagnostics.text.empty()) text += " (" + printable(diagnostics.text) + ")";
  return text;
}

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

int exit_code_of(error_code refusal, int conflict_exit_code) {
  const int code = meaning_of(refusal).exit_code;
  return code == exit_busy ? conflict_exit_code : code;
}

}  // namespace pawl::cli
