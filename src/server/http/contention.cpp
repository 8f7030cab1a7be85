// SPDX-License-Identifier: Apache-2.0
#include "server/http/contention.hpp"

#include <boost/asio/post.hpp>
#include <chrono>
#include <limits>
#include <utility>

#include "node/view.hpp"

namespace pawl::server::http {
namespace {

constexpr Span kept_for = std::chrono::seconds{1};

}  // namespace

void Contention::find(Moment now, Done done) {
  if (kept_ && now < kept_until_) return done(*kept_);
  waiting_.push_back(std::move(done));
  if (scan_) return;  // whoever is first finds it for all
  scan_.emplace(ConnectionId{}, node::Awaited<std::string>{}, std::string{}, most);
  took_long_ = false;
  began_ = now;
  go_on();
}

void Contention::go_on() {
  if (!node::View{node_}.run(*scan_)) {
    took_long_ = true;
    return boost::asio::post(context_, [this] { go_on(); });
  }
  Found found;
  for (auto& awaited : scan_->take().first) found.names.push_back(std::move(awaited.name));
  if (scan_->oldest_stamp_ms != std::numeric_limits<std::int64_t>::max()) {
    found.oldest_stamp_ms = scan_->oldest_stamp_ms;
  }
  scan_.reset();
  kept_.reset();
  if (took_long_) {
    kept_ = found;
    kept_until_ = began_ + kept_for;
  }
  for (const Done& done : std::exchange(waiting_, {})) done(found);
}

}  // namespace pawl::server::http
