// SPDX-License-Identifier: Apache-2.0
#include "client/session_driver.hpp"

#include <algorithm>
#include <boost/asio/post.hpp>
#include <random>
#include <utility>

#include "client/pace.hpp"

namespace pawl::client {

using namespace std::chrono_literals;

namespace {

constexpr Span stood_well = 1s;  // a connection that broke after so long is made anew at once
constexpr Span shortest_attempt = 250ms;

}  // namespace

SessionDriver::SessionDriver(boost::asio::io_context& context, DriverOptions options, Calls calls)
    : context_(context),
      options_(std::move(options)),
      calls_(std::move(calls)),
      clock_(read_clocks()),
      session_(options_.wanted),
      route_(options_.servers, std::random_device{}()) {}

void SessionDriver::start() {
  book_.emplace(context_, options_.resolve);
  timer_.emplace(context_, [weak = weak_from_this()] {
    if (const auto self = weak.lock()) self->wake();
  });
  connect_at_ = Moment{};
  told_over_ = false;  // closed before it was started: who starts it is told, too
  wake();
}

void SessionDriver::shut() {
  is_shut_ = true;
  if (link_) link_->close();
  link_.reset();
  book_.reset();
  timer_.reset();
}

HoldKey SessionDriver::lock(Wanted wanted) {
  HoldKey key = 0;
  perform([&](Session& session, Moment at, SessionActions& out) {
    key = session.lock(at, std::move(wanted), out);
  });
  return key;
}

void SessionDriver::release(HoldKey key) {
  perform(
      [key](Session& session, Moment at, SessionActions& out) { session.release(at, key, out); });
}

void SessionDriver::close() {
  perform([](Session& session, Moment at, SessionActions& out) { session.close(at, out); });
}

void SessionDriver::abandon() {
  perform([](Session& session, Moment at, SessionActions& out) { session.abandon(at, out); });
}

SessionDriver::View SessionDriver::look(HoldKey key) const {
  const std::lock_guard lock(mutex_);
  const Moment at = clock_.advance(read_clocks());
  return {session_.left(at, key), session_.is_confirmed(key)};
}

template <class Step>
void SessionDriver::perform(Step step) {
  SessionActions out;
  Moment at;
  {
    const std::lock_guard lock(mutex_);
    at = clock_.advance(read_clocks());
    step(session_, at, out);
    next_deadline_ = session_.next_deadline();
    is_open_ = session_.is_open();
    is_over_ = session_.is_over();
  }
  carry_out(at, std::move(out));
  settle(at);
}

void SessionDriver::carry_out(Moment at, SessionActions out) {
  if (link_ && is_up_) {
    for (const std::string& line : out.lines) link_->send(line);
  }
  for (Told& told : out.told) {
    if (told.refusal && told.refusal->code == "UNREACHABLE") explain(*told.refusal);
    told_.push_back(std::move(told));
  }
  renewed_ = renewed_ || out.renewed;
  if (!told_.empty() || renewed_ || is_over_) tell();
  if (out.reconnect) route_.failed(is_heard_ ? "does not serve now" : "");
  if (out.reconnect && link_) leave(at, false, out.primary, out.soon);
}

// Which servers, and why not.
void SessionDriver::explain(Refusal& unreachable) const {
  std::string& text = unreachable.message;
  text = text.empty() ? route_.failures() : text + " (" + route_.failures() + ")";
}

void SessionDriver::tell() {
  if (std::exchange(telling_, true)) return;
  boost::asio::post(context_, [self = shared_from_this()] {
    self->telling_ = false;
    const std::vector<Told> told = std::exchange(self->told_, {});
    const bool renewed = std::exchange(self->renewed_, false);
    for (const Told& one : told) {
      if (!self->is_shut_) self->calls_.told(one);
    }
    if (renewed && !self->is_shut_) self->calls_.renewed();
    if (!self->is_over_ || self->is_shut_ || std::exchange(self->told_over_, true)) return;
    self->calls_.over(self->session_.refusal());
  });
}

void SessionDriver::wake() {
  armed_for_ = never;
  perform([](Session& session, Moment at, SessionActions& out) { session.on_tick(at, out); });
}

void SessionDriver::connect(Moment at) {
  connect_at_ = never;
  is_up_ = is_heard_ = false;
  const Span longest = is_open_ ? std::max<Span>(shortest_attempt, Span{options_.wanted.ttl} / 20)
                                : std::max<Span>(shortest_attempt, options_.wanted.patience);
  attempt_length_ = route_.attempt_length(longest);
  attempt_until_ = at + attempt_length_;
  last_words_.clear();
  link_ = std::make_shared<Link>(context_, options_.access, link_calls());
  const std::size_t round = route_.round();
  route_.begin();
  link_->open(*book_, route_.server(), round);
}

Link::Calls SessionDriver::link_calls() {
  const std::weak_ptr<SessionDriver> weak = weak_from_this();
  return {[weak] {
            if (const auto self = weak.lock()) self->on_up();
          },
          [weak](std::string_view line) {
            if (const auto self = weak.lock()) self->on_line(line);
          },
          [weak](const Link::End& end) {
            if (const auto self = weak.lock()) self->on_down(end);
          },
          [weak] {
            if (const auto self = weak.lock()) self->on_nearer();
          }};
}

// Each step may take as long as the first: where the way is long, all of them are.
void SessionDriver::on_nearer() {
  perform([this](Session& /*session*/, Moment at, SessionActions& /*out*/) {
    attempt_until_ = at + attempt_length_;
  });
}

void SessionDriver::on_line(std::string_view line) {
  is_heard_ = true;
  if (line.starts_with("ERR ")) last_words_ = line.substr(line.find(' ') + 1);
  perform(
      [line](Session& session, Moment at, SessionActions& out) { session.on_line(at, line, out); });
}

void SessionDriver::on_up() {
  perform([this](Session& session, Moment at, SessionActions& out) {
    is_up_ = true;
    up_since_ = at;
    session.on_connected(at, out);
  });
}

// Who stood well is tried first again: it may be back in a moment.
void SessionDriver::on_down(const Link::End& end) {
  route_.failed(last_words_.empty() ? end.why : last_words_);
  perform([&](Session& session, Moment at, SessionActions& out) {
    leave(at, true, {}, false);
    if (end.denial) return session.on_denied(at, refusal_of(*end.denial), out);
    session.on_disconnected(at, out);
  });
}

void SessionDriver::leave(Moment at, bool again, std::string_view primary, bool soon) {
  const bool stood = is_up_ && is_heard_ && at - up_since_ >= stood_well;
  if (stood) route_.stands();
  const Span longest = longest_pause(options_.wanted.ttl);
  link_->close();
  link_.reset();
  is_up_ = false;
  connect_at_ = at + route_.leave(again && stood, primary,
                                  soon ? std::min(longest, election_pause) : longest);
}

void SessionDriver::settle(Moment at) {
  if (!timer_) return;
  if (is_over_) {
    if (link_) link_->close();
    link_.reset();
    book_->close();
    return timer_->disarm();
  }
  if (link_ && !is_up_ && at >= attempt_until_) {
    route_.failed({});
    leave(at, false, {}, false);
  }
  if (!link_ && at >= connect_at_) connect(at);
  const Moment link_at = link_ ? (is_up_ ? never : attempt_until_) : connect_at_;
  const Moment next = std::min(next_deadline_, link_at);
  if (next == std::exchange(armed_for_, next)) return;
  if (next == never) return timer_->disarm();
  timer_->arm(next - at);
}

}  // namespace pawl::client
