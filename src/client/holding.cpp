// SPDX-License-Identifier: Apache-2.0
#include "client/holding.hpp"

#include <algorithm>
#include <boost/asio/post.hpp>
#include <optional>
#include <random>
#include <tuple>
#include <utility>

#include "base/ensure.hpp"
#include "client/address_book.hpp"
#include "client/boot_timer.hpp"
#include "client/clock.hpp"
#include "client/link.hpp"

namespace pawl::client {

using namespace std::chrono_literals;

namespace {

constexpr Span first_attempt = 250ms;
constexpr Span stood_well = 1s;  // a connection that broke after so long is made anew at once

Wanted with_patience(Wanted wanted, Milliseconds patience) {
  wanted.patience = patience;
  return wanted;
}

std::string text_of(const ServerAddress& server) {
  const bool is_v6 = server.host.find(':') != std::string::npos;
  return (is_v6 ? "[" + server.host + "]" : server.host) + ":" + server.port;
}

}  // namespace

class Holding::Impl : public std::enable_shared_from_this<Impl> {
 public:
  Impl(boost::asio::io_context& context, HoldingOptions options, std::function<void()> changed)
      : context_(context),
        options_(std::move(options)),
        changed_(std::move(changed)),
        clock_(read_clocks()),
        started_(now()),
        acquisition_(with_patience(options_.wanted, options_.timeout), started_),
        book_(context, options_.resolve),
        failures_(options_.servers.size()) {
    ensure(!options_.servers.empty());
  }

  void start() {
    timer_.emplace(context_, [weak = weak_from_this()] {
      if (const auto self = weak.lock()) self->wake();
    });
    connect_at_ = started_;
    settle();
  }

  void close() {
    closed_ = true;
    stop();
  }

  void release() {
    if (stopped_ || std::exchange(releasing_, true)) return;
    const Moment at = now();
    give_up_at_ = at + options_.timeout;
    if (acquisition_.state() == State::held) {
      give_up_at_ = std::min(give_up_at_, acquisition_.held_until());
    }
    Actions out;
    acquisition_.release(at, out);
    perform(at, out);
    settle();
  }

  Moment now() const { return clock_.advance(read_clocks()); }
  const Acquisition& acquisition() const { return acquisition_; }
  bool unreachable() const { return unreachable_; }
  bool gave_up() const { return gave_up_; }
  std::string why_unreachable() const {
    std::string why;
    for (std::size_t i = 0; i < failures_.size(); ++i) {
      if (failures_[i].empty()) continue;
      if (!why.empty()) why += "; ";
      why += text_of(options_.servers[i]) + ": " + failures_[i];
    }
    return why;
  }

 private:
  void wake() {
    if (stopped_) return;
    const Moment at = now();
    if (link_ && !is_up_ && at >= attempt_until_) lose_link(at, "does not answer");
    if (at >= unreachable_at()) {
      unreachable_ = true;
      for (std::string& failure : failures_) {
        if (failure.empty()) failure = "does not answer";
      }
      return settle();
    }
    gave_up_ = gave_up_ || at >= give_up_at_;
    Actions out;
    acquisition_.on_tick(at, out);
    perform(at, out);
    if (!link_ && at >= connect_at_) connect(at);
    settle();
  }

  [[nodiscard]] Moment unreachable_at() const {
    return reached_ || releasing_ ? never : started_ + options_.timeout;
  }

  void perform(Moment at, const Actions& out) {
    if (out.reconnect && link_) {
      if (failures_[server_].empty()) failures_[server_] = "does not answer";
      leave(at, out.soon);
      go_elsewhere(out.primary);
    }
    if (!link_) return;
    for (const std::string& line : out.lines) link_->send(line);
  }

  void go_elsewhere(const std::string& primary) {
    primary_ = parse_server_address(primary);
    if (!primary_) server_ = (server_ + 1) % options_.servers.size();
  }

  void connect(Moment at) {
    connect_at_ = never;
    is_up_ = false;
    is_heard_ = false;
    attempt_until_ = at + attempt_length();
    link_ = std::make_shared<Link>(context_, calls());
    const std::size_t round = attempts_ / options_.servers.size();
    ++attempts_;
    link_->open(book_, primary_.value_or(options_.servers[server_]), round);
  }

  // Longer each time, for where the way is long; but not so long that a lease would end over it.
  [[nodiscard]] Span attempt_length() const {
    const bool held = acquisition_.state() == State::held;
    const Span longest = held ? std::max<Span>(first_attempt, Span{options_.wanted.ttl} / 20)
                              : Span{options_.timeout};
    const std::size_t rounds = std::min<std::size_t>(attempts_ / options_.servers.size(), 10);
    const Span length = first_attempt * (1LL << rounds);
    return std::min({length, longest, Span{options_.timeout}});
  }

  Link::Calls calls() {
    const std::weak_ptr<Impl> weak = weak_from_this();
    return {[weak] {
              if (const auto self = weak.lock()) self->on_up();
            },
            [weak](std::string_view line) {
              if (const auto self = weak.lock()) self->on_line(line);
            },
            [weak](boost::system::error_code error) {
              if (const auto self = weak.lock()) self->on_down(error);
            }};
  }

  void on_up() {
    const Moment at = now();
    is_up_ = true;
    up_since_ = at;
    Actions out;
    acquisition_.on_connected(at, out);
    perform(at, out);
    settle();
  }

  void on_line(std::string_view line) {
    const Moment at = now();
    is_heard_ = true;
    if (!reached_ && parse_reply_line(line)) {
      reached_ = true;
      attempts_ = 0;
    }
    Actions out;
    acquisition_.on_line(at, line, out);
    perform(at, out);
    settle();
  }

  void on_down(boost::system::error_code error) {
    lose_link(now(), error.message());
    settle();
  }

  // The one that answered last is tried first again; one that did not answer, last: behind a proxy
  // a connection may stand although nobody is there.
  void lose_link(Moment at, const std::string& why) {
    const bool was_heard = is_heard_;
    if (!primary_) failures_[server_] = why;
    acquisition_.on_disconnected(at);
    leave(at);
    if (!was_heard) go_elsewhere({});
  }

  // A pause after each round of the servers, none after a connection that stood for a while.
  void leave(Moment at, bool soon = false) {
    const bool stood = is_up_ && at - up_since_ >= stood_well;
    link_->close();
    link_.reset();
    is_up_ = false;
    connect_at_ = at;
    if (stood) {
      attempts_ = 0;
      pause_ = Span{0};
    } else if (attempts_ % options_.servers.size() == 0) {
      const Span longest = longest_pause(options_.wanted.ttl);
      pause_ = std::min(soon ? std::min(longest, election_pause) : longest,
                        pause_ == Span{0} ? first_pause : 2 * pause_);
      connect_at_ = at + (soon ? jittered(pause_) : pause_);
    }
  }

  // So that many who lost the same primary do not come back as one.
  Span jittered(Span pause) {
    return Span{
        std::uniform_int_distribution<Span::rep>(pause.count() / 2, pause.count())(random_)};
  }

  [[nodiscard]] bool is_done() const { return acquisition_.is_over() || unreachable_ || gave_up_; }

  void settle() {
    tell();
    if (is_done()) stop();
    if (stopped_) return;
    const Moment link_at = link_ ? (is_up_ ? never : attempt_until_) : connect_at_;
    const Moment next =
        std::min({acquisition_.next_deadline(), link_at, unreachable_at(), give_up_at_});
    if (next == never) return timer_->disarm();
    timer_->arm(next - now());
  }

  void stop() {
    stopped_ = true;
    if (link_) link_->close();
    link_.reset();
    book_.close();
    if (timer_) timer_->disarm();
  }

  using Told = std::tuple<State, Moment, bool, bool>;
  [[nodiscard]] Told to_tell() const {
    return {acquisition_.state(), acquisition_.held_until(), unreachable_, gave_up_};
  }
  void tell() {
    if (told_ == to_tell()) return;
    told_ = to_tell();
    if (std::exchange(telling_, true)) return;
    boost::asio::post(context_, [self = shared_from_this()] {
      self->telling_ = false;
      if (!self->closed_) self->changed_();
    });
  }

  boost::asio::io_context& context_;
  HoldingOptions options_;
  std::function<void()> changed_;
  mutable Clock clock_;
  Moment started_;
  Acquisition acquisition_;
  std::optional<BootTimer> timer_;

  AddressBook book_;
  std::shared_ptr<Link> link_;
  bool is_up_ = false;
  bool is_heard_ = false;  // this connection has brought a line
  Moment up_since_;
  Moment attempt_until_ = never;
  Moment connect_at_ = never;
  Span pause_{0};
  std::minstd_rand random_{std::random_device{}()};
  std::size_t attempts_ = 0;  // since a connection stood
  std::size_t server_ = 0;
  std::optional<ServerAddress> primary_;  // said by another node; in place of server_
  std::vector<std::string> failures_;     // by server: why the last attempt failed

  bool reached_ = false;
  bool releasing_ = false;
  Moment give_up_at_ = never;
  bool unreachable_ = false;
  bool gave_up_ = false;
  bool stopped_ = false;
  bool closed_ = false;
  Told told_{State::asking, Moment{}, false, false};
  bool telling_ = false;
};

Holding::Holding(boost::asio::io_context& context, HoldingOptions options,
                 std::function<void()> changed)
    : impl_(std::make_shared<Impl>(context, std::move(options), std::move(changed))) {
  impl_->start();
}

Holding::~Holding() { impl_->close(); }

const Acquisition& Holding::acquisition() const { return impl_->acquisition(); }
Moment Holding::now() const { return impl_->now(); }
bool Holding::unreachable() const { return impl_->unreachable(); }
std::string Holding::why_unreachable() const { return impl_->why_unreachable(); }
void Holding::release() { impl_->release(); }
bool Holding::gave_up() const { return impl_->gave_up(); }

}  // namespace pawl::client
