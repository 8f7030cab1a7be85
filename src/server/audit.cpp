// SPDX-License-Identifier: Apache-2.0
#include "server/audit.hpp"

#include <algorithm>
#include <optional>
#include <string>
#include <utility>

#include "base/overloaded.hpp"
#include "pawl/error.hpp"

namespace pawl::server {
namespace {

constexpr std::size_t most_told = 255;  // bytes, the longest name

template <class Words>
std::string joined(const Words& words) {
  std::string text;
  for (const std::string_view word : words) text.append(text.empty() ? "" : " ").append(word);
  return text;
}

// What an operator asks for; nothing: any other request.
struct Deed {
  std::string about;
  Token token{};
  std::string reason{};
};

std::optional<Deed> deed_of(const Request& request) {
  return std::visit(
      Overloaded{[](const request::Break& broken) -> std::optional<Deed> {
                   return Deed{std::string(broken.name), broken.token, std::string(broken.reason)};
                 },
                 [](const request::Slots& slots) -> std::optional<Deed> {
                   return Deed{std::string(slots.name), {}, std::to_string(slots.slots)};
                 },
                 [](const request::Promote& promote) -> std::optional<Deed> {
                   return Deed{std::string(promote.lost)};
                 },
                 [](const request::Handover& handover) -> std::optional<Deed> {
                   return Deed{std::string(handover.to)};
                 },
                 [](const request::Unlock& unlock) -> std::optional<Deed> {
                   return Deed{joined(unlock.names), unlock.token};
                 },
                 [](const request::Renew& renew) -> std::optional<Deed> {
                   return Deed{std::string(renew.name), renew.token};
                 },
                 [](const auto&) -> std::optional<Deed> { return std::nullopt; }},
      request);
}

// The name, or the first of several; empty: it names no lock.
std::string_view name_in(const Request& request) {
  return std::visit(
      []<class What>(const What& what) -> std::string_view {
        if constexpr (requires { what.names; }) {
          return what.names.empty() ? std::string_view{} : what.names.front();
        } else if constexpr (requires { what.prefix; }) {
          return what.prefix;
        } else if constexpr (std::is_same_v<What, request::Auth>) {
          return what.user;
        } else if constexpr (requires { what.name; } && !std::is_same_v<What, request::Open>) {
          return what.name;
        } else {
          return {};
        }
      },
      request);
}

bool is_of(const Origin& one, const Origin& other) {
  return one.connection == other.connection && one.request == other.request;
}

bool is_denial(ErrorCode code) {
  return code == ErrorCode::unauthenticated || code == ErrorCode::forbidden;
}

}  // namespace

bool Audit::concerns(const Request& request) {
  return std::holds_alternative<request::Break>(request) ||
         std::holds_alternative<request::Slots>(request) ||
         std::holds_alternative<request::Promote>(request) ||
         std::holds_alternative<request::Handover>(request);
}

void Audit::asked(Origin from, const Request& request, const Client& client) {
  const std::optional<Deed> deed = deed_of(request);
  if (!deed) return;
  const bool known = std::any_of(pending_.begin(), pending_.end(),
                                 [&](const Pending& one) { return is_of(one.from, from); });
  if (known) return;
  pending_.push_back({from, request_words[request.index()], std::string(client.user),
                      client.address, deed->about, deed->token.value, deed->reason});
}

void Audit::answered(const Reply& reply, Moment now) {
  const auto found = std::find_if(pending_.begin(), pending_.end(),
                                  [&](const Pending& one) { return is_of(one.from, reply.to); });
  if (found == pending_.end()) return;
  const Pending deed = std::move(*found);
  pending_.erase(found);
  const auto* error = std::get_if<reply::Error>(&reply.body);
  if (error == nullptr) return write(deed, "OK");
  if (is_denial(error->code)) return;  // told as such
  const std::string_view outcome = to_string(error->code);
  if (may_say({deed.address, deed.user, deed.what, outcome}, now)) write(deed, outcome);
}

void Audit::denied(const Request& request, const Client& client, ErrorCode code, Moment now) {
  // Over HTTP neither has been judged.
  const std::string_view user = client.user.substr(0, most_told);
  const std::string_view name = name_in(request).substr(0, most_told);
  const std::string_view what = request_words[request.index()];
  // Who is not known makes up as many users as it likes.
  const std::string_view known = code == ErrorCode::forbidden ? user : std::string_view{};
  if (!may_say({client.address, known, what}, now)) return;
  log_.warn("denied", {{"op", what},
                       {"user", user},
                       {"address", client.address},
                       {"name", name},
                       {"code", to_string(code)},
                       {"untold", std::exchange(untold_, 0)}});
}

bool Audit::may_say(std::initializer_list<std::string_view> what, Moment now) {
  if (said_.may_say(joined(what), now)) return true;
  ++untold_;
  return false;
}

void Audit::gone(ConnectionId connection) {
  for (const Pending& one : pending_) {
    if (one.from.connection == connection) write(one, "unanswered");
  }
  std::erase_if(pending_, [&](const Pending& one) { return one.from.connection == connection; });
}

void Audit::write(const Pending& done, std::string_view outcome) {
  log_.info("operator", {{"op", done.what},
                         {"user", done.user},
                         {"address", done.address},
                         {"about", done.about},
                         {"token", done.token},
                         {"reason", done.reason},
                         {"outcome", outcome},
                         {"untold", std::exchange(untold_, 0)}});
}

}  // namespace pawl::server
