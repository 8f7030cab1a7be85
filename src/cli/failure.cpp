// SPDX-License-Identifier: Apache-2.0
#include "cli/failure.hpp"

#include <string_view>

#include "cli/text/printable.hpp"

namespace pawl::cli {
namespace {

struct Advice {
  std::string_view error;
  ExitCode code;
  std::string_view text;
};

constexpr Advice advice[] = {
    {"BUSY", exit_busy, "held, or others wait for it: --wait queues, `pawl why` shows who"},
    {"TIMEOUT", exit_busy, "not granted in time: `pawl why` shows who holds it"},
    {"NOT_HELD", exit_not_held,
     "that token is no current holder's: the lock was released, lapsed or was broken"},
    {"UNAUTHENTICATED", exit_denied,
     "the server wants to know who asks: pawl --user NAME --secret-file FILE, or PAWL_USER and "
     "PAWL_SECRET"},
    {"FORBIDDEN", exit_denied,
     "this user may not do that: security.roles in the server's "
     "configuration"},
    {"DEADLOCK", exit_refused, "to wait would be a deadlock: give back what the cycle names"},
    {"NO_SESSION", exit_refused, "the lock belongs to a session, only its owner can do that"},
    {"CANCELLED", exit_refused, "that id was given up before: take another"},
    {"MISMATCH", exit_refused, "that id stands for something else: take another"},
    {"LIMIT", exit_refused, "the server keeps no more of these: limits.* in its configuration"},
    {"DISK_FULL", exit_refused,
     "the server's disk is full: new locks are refused, renew and release go on"},
    {"SHUTTING_DOWN", exit_refused, "the server is going down: try again"},
    {"NOT_PRIMARY", exit_refused,
     "no node is primary now, or it is none of -s a,b,c: `pawl status` shows them"},
    {"NO_QUORUM", exit_refused, "unknown, it may still take effect: `pawl show` tells"},
    {"UNKNOWN_COMMAND", exit_refused,
     "the server does not have it, `pawl send HELLO` tells its version"},
    {"INTERNAL", exit_refused, "a defect of the server, its log says more"},
};

std::string said_in(const client::Refusal& refusal) {
  std::string text = printable(refusal.code);
  if (!refusal.message.empty()) text += " (" + printable(refusal.message) + ")";
  return text;
}

}  // namespace

Failure failure_of(const client::ReplyLine& error) {
  const client::Refusal refusal = client::refusal_of(error);
  std::string text = said_in(refusal);
  // Said before anybody could say who asks.
  const bool wants_tls = refusal.code == "UNAUTHENTICATED" && text.find("TLS") != text.npos;
  if (wants_tls) return {exit_denied, text + ": pawl --tls, or --ca FILE"};
  for (const Advice& known : advice) {
    if (known.error == refusal.code) {
      return {known.code, text.append(": ").append(known.text)};
    }
  }
  return {exit_refused, text};
}

Failure failure_of(const client::Denied& denied) {
  const client::Refusal refusal = client::refusal_of(denied.reply);
  const bool wants_tls = refusal.message.find("TLS") != refusal.message.npos;
  if (wants_tls) return failure_of(denied.reply);
  return {exit_denied, said_in(refusal) + ": look at --user and at the secret"};
}

}  // namespace pawl::cli
