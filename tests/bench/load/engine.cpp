// SPDX-License-Identifier: Apache-2.0
#include "load/engine.hpp"

#include <sys/epoll.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <iostream>
#include <stdexcept>
#include <system_error>

namespace pawl::bench {
namespace {

using namespace std::chrono_literals;

// A reply is far smaller; STATUS of a cluster is the longest.
constexpr std::size_t reply_room = 256;
constexpr std::size_t least_room = 4'096;
constexpr Span patience = 60s;

}  // namespace

Engine::Engine(const Dialect& dialect, const Shape& shape)
    : dialect_(dialect),
      depth_(shape.depth),
      beat_(shape.beat),
      spins_(shape.spins),
      epoll_(epoll_create1(EPOLL_CLOEXEC)) {
  if (epoll_ < 0) throw std::system_error(errno, std::system_category(), "epoll_create1");
  underway_.resize(shape.connections * depth_);
  connections_.reserve(shape.connections);
  for (std::size_t i = 0; i < shape.connections; ++i) {
    Connection& connection = connections_.emplace_back(Socket::connect(shape.port));
    if (shape.tls) connection.socket.begin_tls();
    connection.in.resize(std::max(least_room, depth_ * reply_room));
    connection.order.resize(depth_);
    epoll_event event{};
    event.events = EPOLLIN;
    event.data.u64 = i;
    epoll_ctl(epoll_, EPOLL_CTL_ADD, connection.socket.descriptor(), &event);
  }
  for (Lane lane = 0; lane < underway_.size(); ++lane) resting_.push_back(lane);
}

Engine::~Engine() { close(epoll_); }

void Engine::run(Workload& workload, Moment until) {
  next_beat_ = Clock::now();
  while (Clock::now() < until) turn(workload, until);
}

void Engine::run_until_rest(Workload& workload) {
  next_beat_ = Clock::now();
  const Moment limit = next_beat_ + patience;
  do {
    turn(workload, limit);
    if (Clock::now() > limit) throw std::runtime_error("replies are missing");
  } while (resting_.size() < underway_.size());
}

void Engine::turn(Workload& workload, Moment until) {
  if (!resting_.empty() && Clock::now() >= next_beat_) ask_resting(workload);
  const Moment wake = resting_.empty() ? until : std::min(until, next_beat_);
  const Span left = spins_ ? Span::zero() : std::max(wake - Clock::now(), Span::zero());
  const auto whole = std::chrono::duration_cast<std::chrono::seconds>(left);
  const timespec timeout{whole.count(), (left - whole).count()};
  std::array<epoll_event, 512> events;
  const int ready = epoll_pwait2(epoll_, events.data(), events.size(), &timeout, nullptr);
  if (ready < 0 && errno != EINTR) {
    throw std::system_error(errno, std::system_category(), "epoll_pwait2");
  }
  for (int i = 0; i < ready; ++i) receive(workload, events[static_cast<std::size_t>(i)].data.u64);
}

void Engine::ask_resting(Workload& workload) {
  const Moment now = Clock::now();
  next_beat_ = std::max(next_beat_ + beat_, now);
  std::erase_if(resting_, [&](Lane lane) { return ask(workload, lane, now); });
  for (Connection& connection : connections_) flush(connection);
}

bool Engine::ask(Workload& workload, Lane lane, Moment now) {
  const auto request = workload.next(lane, now);
  if (!request) return false;
  underway_[lane] = {*request, now};
  Connection& connection = connections_[lane / depth_];
  dialect_.append(connection.out, *request);
  connection.order[(connection.first + connection.owed) % depth_] = lane;
  ++connection.owed;
  return true;
}

void Engine::receive(Workload& workload, std::size_t index) {
  Connection& connection = connections_[index];
  connection.filled += connection.socket.receive(connection.in.data() + connection.filled,
                                                 connection.in.size() - connection.filled);
  const Moment now = Clock::now();
  std::string_view bytes(connection.in.data(), connection.filled);
  while (const std::size_t length = take_reply(workload, connection, bytes, now)) {
    bytes.remove_prefix(length);
  }
  std::copy(bytes.begin(), bytes.end(), connection.in.begin());
  connection.filled = bytes.size();
  if (connection.filled == connection.in.size()) throw std::runtime_error("a reply is too long");
  flush(connection);
}

// How many bytes it was; 0 while there is none.
std::size_t Engine::take_reply(Workload& workload, Connection& connection, std::string_view bytes,
                               Moment now) {
  if (bytes.empty()) return 0;
  if (connection.owed == 0) throw std::runtime_error("a reply that nobody asked for");
  const Lane lane = connection.order[connection.first];
  const Underway asked = underway_[lane];
  const auto reply = dialect_.read(bytes, asked.request);
  if (!reply) return 0;
  connection.first = (connection.first + 1) % depth_;
  --connection.owed;
  if (!reply->right) complain(bytes.substr(0, reply->length), asked.request);
  workload.on_reply(lane, asked.request, *reply, now - asked.sent, now);
  if (!ask(workload, lane, now)) resting_.push_back(lane);
  return reply->length;
}

void Engine::complain(std::string_view reply, const Request& asked) {
  if (++errors_ > 3) return;
  std::string request;
  dialect_.append(request, asked);
  std::cerr << "wrong reply: " << reply << "      to: " << request;
}

void Engine::flush(Connection& connection) {
  if (connection.out.empty()) return;
  connection.socket.send_all(connection.out);
  connection.out.clear();
}

}  // namespace pawl::bench
