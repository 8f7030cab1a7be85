// SPDX-License-Identifier: Apache-2.0
#include "client/route.hpp"

#include <algorithm>
#include <utility>

#include "base/ensure.hpp"
#include "client/pace.hpp"

namespace pawl::client {

using namespace std::chrono_literals;

namespace {

constexpr Span first_attempt = 250ms;
constexpr std::size_t most_doublings = 10;

}  // namespace

Route::Route(std::vector<ServerAddress> servers, std::uint32_t seed)
    : servers_(std::move(servers)), failures_(servers_.size()), random_(seed) {
  ensure(!servers_.empty());
}

const ServerAddress& Route::server() const { return primary_ ? *primary_ : servers_[at_]; }

void Route::failed(std::string why) {
  if (!primary_) failures_[at_] = std::move(why);
}

std::string Route::failures() const {
  std::string text;
  for (std::size_t i = 0; i < servers_.size(); ++i) {
    if (!text.empty()) text += "; ";
    text += to_text(servers_[i]) + ": ";
    text += failures_[i].empty() ? "does not answer" : failures_[i];
  }
  return text;
}

Span Route::attempt_length(Span longest) const {
  return std::min<Span>(longest, first_attempt * (1LL << std::min(round(), most_doublings)));
}

Span Route::leave(bool again, std::string_view primary, Span longest_pause) {
  if (again) return Span{0};
  const bool was_named = primary_.has_value();
  primary_ = parse_server_address(primary);
  // Whom a server named in vain says nothing of the list.
  if (!primary_ && !was_named) at_ = (at_ + 1) % servers_.size();
  if (attempts_ == 0 || attempts_ % servers_.size() != 0) return Span{0};
  const std::size_t doublings = std::min(round(), most_doublings) - 1;
  const Span pause = std::min<Span>(longest_pause, first_pause * (1LL << doublings));
  // So that many who lost the same primary do not come back as one.
  return Span{std::uniform_int_distribution<Span::rep>(pause.count() / 2, pause.count())(random_)};
}

}  // namespace pawl::client
