// SPDX-License-Identifier: Apache-2.0
#include "server/peer_dialer.hpp"

#include <algorithm>
#include <utility>

namespace pawl::server {

using boost::system::error_code;

PeerDialer::PeerDialer(boost::asio::io_context& context, client::Resolve resolve, Address address,
                       DialTiming timing, std::uint32_t seed, Reached reached, Failed failed)
    : context_(context),
      addresses_(context, std::move(resolve)),
      address_{std::move(address.host), std::to_string(address.port)},
      timing_(timing),
      jitter_(seed),
      reached_(std::move(reached)),
      failed_(std::move(failed)),
      pause_timer_(context),
      attempt_timer_(context),
      pause_(timing.shortest_pause) {}

void PeerDialer::dial() {
  pause_timer_.cancel();
  find();
}

void PeerDialer::dial_later() {
  const auto least = pause_.count() * 3 / 4;
  const auto most = pause_.count() * 5 / 4;
  std::uniform_int_distribution<Milliseconds::rep> draw(least, most);
  pause_ = std::min(pause_ * 2, timing_.longest_pause);
  pause_timer_.expires_after(Milliseconds(draw(jitter_)));
  pause_timer_.async_wait([this](const error_code& cancelled) {
    if (!cancelled && !stopped_) find();
  });
}

void PeerDialer::stop() {
  stopped_ = true;
  addresses_.close();
  pause_timer_.cancel();
  attempt_timer_.cancel();
  error_code ignored;
  if (socket_) socket_->close(ignored);
}

void PeerDialer::find() {
  if (stopped_) return;
  addresses_.find(address_, [this](const error_code& error, const client::Endpoints& endpoints) {
    if (stopped_) return;
    if (error) return fail("the name does not resolve: " + error.message());
    connect(endpoints);
  });
}

void PeerDialer::connect(const client::Endpoints& endpoints) {
  socket_.emplace(context_);
  attempt_timer_.expires_after(timing_.attempt);
  attempt_timer_.async_wait([this](const error_code& cancelled) {
    error_code ignored;
    if (!cancelled && socket_) socket_->close(ignored);
  });
  socket_->async_connect(endpoints[attempts_ % endpoints.size()],
                         [this](const error_code& error) { on_connected(error); });
}

void PeerDialer::on_connected(const error_code& error) {
  if (stopped_) return;
  attempt_timer_.cancel();
  const bool is_late = !socket_->is_open();
  Socket socket = std::move(*socket_);
  socket_.reset();
  if (is_late) return fail("no answer in time");
  if (error) return fail(error.message());
  reached_(std::move(socket));
}

void PeerDialer::fail(const std::string& reason) {
  ++attempts_;
  failed_(reason);
  dial_later();
}

}  // namespace pawl::server
