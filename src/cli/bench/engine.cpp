// SPDX-License-Identifier: Apache-2.0
#include "cli/bench/engine.hpp"

#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <random>
#include <system_error>
#include <utility>

#include "cli/failure.hpp"
#include "cli/text/printable.hpp"

namespace pawl::cli::bench {
namespace {

using namespace std::chrono_literals;
using Clock = std::chrono::steady_clock;

constexpr std::size_t connecting_at_once = 128;  // what any server's backlog takes
constexpr std::size_t buffer_size = 262'144;     // and the longest line
constexpr Span tick_every = 5ms;
constexpr Span pause_when_nobody_serves = 100ms;
constexpr auto trouble_limit = 24h;

bool is_ok(const Answer& answer) {
  return answer.kind != Answer::Kind::refused && answer.kind != Answer::Kind::garbled;
}

bool is_elsewhere(const Answer& answer) {
  return answer.kind == Answer::Kind::refused &&
         (answer.text == "NOT_PRIMARY" || answer.text == "SHUTTING_DOWN" ||
          answer.text == "NO_QUORUM");
}

std::string_view primary_in(std::string_view line) {
  constexpr std::string_view key = " primary=";
  const std::size_t at = line.find(key);
  if (at == line.npos) return {};
  const std::string_view rest = line.substr(at + key.size());
  return rest.substr(0, rest.find(' '));
}

}  // namespace

Engine::Engine(Target target, Workload& workload, Tally& tally, OnTick on_tick)
    : target_(std::move(target)),
      workload_(workload),
      tally_(tally),
      on_tick_(std::move(on_tick)),
      addresses_(target_.timeout),
      buffer_(buffer_size) {
  if (target_.access.tls) {
    tls_.emplace(client::make_tls_context(*target_.access.tls));
    std::signal(SIGPIPE, SIG_IGN);  // OpenSSL writes as to a file
  }
  std::random_device seed;
  for (std::size_t i = 0; i < workload_.connections(); ++i) {
    client::Rounds rounds(target_.servers, trouble_limit, seed());
    rounds.begin(Clock::now());
    clients_.push_back(std::make_unique<Client>(workload_.driver(i), std::move(rounds)));
  }
}

void Engine::run(Span duration) {
  connect_all();
  work(duration);
  give_back();
}

void Engine::begin(Phase phase) {
  phase_ = phase;
  phase_start_ = Clock::now();
}

void Engine::connect_all() {
  begin(Phase::connecting);
  const Time begin = phase_start_;
  std::size_t next = 0;
  while (connected_ < clients_.size() && signal() == 0) {
    const Time now = Clock::now();
    while (next < clients_.size() && next - connected_ < connecting_at_once) {
      begin_connect(*clients_[next++], now);
    }
    turn(tick_every);
    if (Clock::now() - std::max(last_heard_, begin) > target_.timeout ||
        Clock::now() - begin > target_.longest) {
      throw Failure(exit_unreachable, "only " + std::to_string(connected_) + " of " +
                                          std::to_string(clients_.size()) +
                                          " connections came about in time");
    }
  }
}

void Engine::work(Span duration) {
  begin(Phase::working);
  start_ = phase_start_;
  const Time end = start_ + duration;
  workload_.begin(start_);
  for (const auto& client : clients_) {
    if (!client->link.is_open()) continue;
    client->link.set_now(Clock::now());
    client->driver->on_open(client->link);
    flush(*client);
  }
  Time now = start_;
  while (now < end && signal() == 0 && lost_ < clients_.size()) {
    turn(std::min<Span>(tick_every, end - now));
    now = Clock::now();
  }
  tally_.close();
  workload_.end(now);
  elapsed_ = now - start_;
}

void Engine::give_back() {
  begin(Phase::ending);
  const unsigned signals_before = waker_.signal_count();
  const Time begin = last_heard_ = phase_start_;
  for (const auto& client : clients_) {
    client->link.set_now(Clock::now());
    client->driver->on_end(client->link);
    if (client->link.is_open()) flush(*client);
  }
  while (waker_.signal_count() == signals_before) {
    if (turn(tick_every) && is_over()) return;
    const Time now = Clock::now();
    if (now - last_heard_ > target_.timeout || now - begin > target_.longest) return;
  }
}

bool Engine::is_over() const {
  return std::all_of(clients_.begin(), clients_.end(), [this](const auto& client) {
    const bool is_lost = client->link.state() == Link::State::closed && !target_.follows;
    return is_lost || client->driver->is_done();
  });
}

std::uint64_t Engine::held() const {
  std::uint64_t sum = 0;
  for (const auto& client : clients_) sum += client->driver->held();
  return sum;
}

bool Engine::turn(Span limit) {
  const Span until_tick = std::max<Span>(next_tick_ - Clock::now(), 0ns);
  for (const epoll_event& event : waker_.wait(std::min(limit, until_tick))) {
    on_event(*static_cast<Client*>(event.data.ptr), event.events);
  }
  const Time now = Clock::now();
  if (now < next_tick_) return false;
  next_tick_ = now + tick_every;
  tick(now);
  return true;
}

void Engine::tick(Time now) {
  for (const auto& client : clients_) look_after(*client, now);
  on_tick_({phase_, now - phase_start_, phase_ == Phase::ending ? held() : connected_});
}

void Engine::look_after(Client& client, Time now) {
  if (client.retry_at && now >= *client.retry_at) return begin_connect(client, now);
  if (target_.follows && phase_ != Phase::connecting && is_silent(client, now)) {
    return lose(client, {client::Trouble::silent, code::silent, {}});
  }
  if (!client.stands || phase_ != Phase::working) return;
  client.link.set_now(now);
  client.driver->on_tick(client.link);
  flush(client);
}

bool Engine::is_silent(const Client& client, Time now) {
  const Link& link = client.link;
  const bool is_late = link.is_open() && !link.asked().empty() &&
                       now - link.asked().front().sent > client.rounds.to_answer(now);
  const bool is_on_its_way = !link.is_open() && link.state() != Link::State::closed;
  const bool is_stuck = is_on_its_way && now - client.since > client.rounds.to_connect(now);
  return is_late || is_stuck;
}

void Engine::begin_connect(Client& client, Time now) {
  client.retry_at.reset();
  const client::ServerAddress& server = client.rounds.next();
  client.host = target_.access.tls && !target_.access.tls->server_name.empty()
                    ? target_.access.tls->server_name
                    : server.host;
  client.endpoints = &addresses_.of(server);
  client.endpoint = 0;
  try_endpoint(client, now);
}

void Engine::try_endpoint(Client& client, Time now) {
  client.since = now;
  int error = EHOSTUNREACH;
  while (error != 0 && client.endpoint < client.endpoints->size()) {
    error = client.link.connect((*client.endpoints)[client.endpoint++]);
  }
  if (error == EMFILE || error == ENFILE) {
    throw Failure(exit_usage, "no more files can be open at once (ulimit -n): fewer --connections");
  }
  if (error != 0) return lose(client, {client::Trouble::refused, code::unreached, {}});
  client.awaits_write = true;
  waker_.watch(client.link.descriptor(), &client, true);
}

void Engine::on_event(Client& client, std::uint32_t events) {
  if (client.link.state() == Link::State::connecting) return on_connected(client);
  if (client.link.state() == Link::State::securing) {
    const bool is_refused = client.link.shake_hands() != 0;
    if (is_refused) return lose(client, {client::Trouble::refused, code::unreached, {}});
    return on_secured(client);
  }
  if (client.link.is_open() && (events & ~std::uint32_t{EPOLLOUT}) != 0) read(client);
  if (client.link.is_open() && (events & EPOLLOUT) != 0) flush(client);
}

void Engine::on_connected(Client& client) {
  const Time now = Clock::now();
  if (client.link.finish_connect() != 0) {
    client.link.close();
    return try_endpoint(client, now);
  }
  if (tls_ && client.link.secure(tls_->native_handle(), client.host) != 0) {
    return lose(client, {client::Trouble::refused, code::unreached, {}});
  }
  on_secured(client);
}

void Engine::on_secured(Client& client) {
  if (!client.link.is_open()) return await_writing(client);
  last_heard_ = Clock::now();
  client.link.set_now(last_heard_);
  if (target_.access.user.empty()) return on_standing(client);
  client.link.ask(client::auth_line(target_.access) + "\n", What::auth);
  flush(client);
}

void Engine::on_standing(Client& client) {
  ++connected_;
  client.stands = true;
  if (phase_ != Phase::connecting) client.driver->on_open(client.link);
  flush(client);
}

void Engine::read(Client& client) {
  Link& link = client.link;
  const std::size_t kept = link.kept().copy(buffer_.data(), buffer_.size());
  const ssize_t count = link.receive(buffer_.data() + kept, buffer_.size() - kept);
  if (count < 0 && (errno == EAGAIN || errno == EINTR)) return;
  if (count <= 0) return lose(client, {client::Trouble::broken, code::closed, {}});
  last_heard_ = Clock::now();
  link.set_now(last_heard_);
  take_lines(client, {buffer_.data(), kept + static_cast<std::size_t>(count)});
  if (link.is_open()) flush(client);
  if (link.is_open() && link.has_unread()) read(client);
}

void Engine::take_lines(Client& client, std::string_view bytes) {
  while (!bytes.empty()) {
    const void* end = std::memchr(bytes.data(), '\n', bytes.size());
    if (end == nullptr) break;
    const auto length = static_cast<std::size_t>(static_cast<const char*>(end) - bytes.data());
    on_line(client, bytes.substr(0, length));
    if (!client.link.is_open()) return;
    bytes.remove_prefix(length + 1);
  }
  if (bytes.size() >= buffer_.size())
    return lose(client, {client::Trouble::broken, code::garbled, {}});
  client.link.keep(bytes);
}

// A reply to nothing is what a server says before it closes.
void Engine::on_line(Client& client, std::string_view line) {
  const Answer answer = read_answer(line);
  if (!client.link.is_owed_reply())
    return lose(client, {client::Trouble::broken, error_of(answer), {}});
  if (target_.follows && is_elsewhere(answer)) {
    return lose(client, {client::Trouble::elsewhere, answer.text, primary_in(line)});
  }
  const bool is_auth = client.link.asked().front().what == What::auth;
  if (client.is_in_trouble && !is_auth && is_ok(answer)) {
    client.is_in_trouble = false;
    client.rounds.begin(client.link.now());
  }
  const Asked asked = client.link.take_asked();
  if (is_auth) {
    if (is_ok(answer)) return on_standing(client);
    return lose(client, {client::Trouble::broken, error_of(answer), {}});
  }
  client.driver->on_reply(client.link, asked, answer);
}

void Engine::flush(Client& client) {
  if (client.link.flush() != 0) return lose(client, {client::Trouble::broken, code::closed, {}});
  await_writing(client);
}

void Engine::await_writing(Client& client) {
  if (client.link.has_output() == client.awaits_write) return;
  client.awaits_write = client.link.has_output();
  waker_.change(client.link.descriptor(), &client, client.awaits_write);
}

void Engine::lose(Client& client, const Loss& loss) {
  if (phase_ == Phase::connecting) {
    throw Failure(exit_unreachable, "only " + std::to_string(connected_) + " of " +
                                        std::to_string(clients_.size()) +
                                        " connections came about: " + printable(loss.code));
  }
  tally_.error(loss.code);
  client.stands = false;
  client.link.close();
  if (!target_.follows) {
    ++lost_;
    return;
  }
  const Time now = Clock::now();
  const auto pause = client.rounds.failed(now, loss.trouble, loss.primary);
  if (!pause) client.rounds.begin(now);
  client.is_in_trouble = true;
  client.retry_at = now + (pause ? Span{*pause} : pause_when_nobody_serves);
  next_tick_ = std::min(next_tick_, *client.retry_at);
}

}  // namespace pawl::cli::bench
