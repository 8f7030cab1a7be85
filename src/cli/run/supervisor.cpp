// SPDX-License-Identifier: Apache-2.0
#include "cli/run/supervisor.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <random>
#include <stdexcept>

#include "cli/arguments.hpp"
#include "cli/output.hpp"
#include "cli/run/process_group.hpp"
#include "cli/run/run_messages.hpp"

namespace pawl::cli {
namespace {

using namespace std::chrono_literals;
using boost::asio::posix::stream_descriptor;
using boost::system::error_code;
using client::State;

constexpr Span silence = 2s;       // of a wait, before it says who is waited for
constexpr Span first_look = 20ms;  // whether somebody of the group is left; then less often
constexpr Span longest_look = 250ms;

std::string random_id() {
  constexpr char digits[] = "0123456789abcdef";
  std::random_device device;
  std::string id;
  for (int i = 0; i < 32; ++i) {
    if (i == 8 || i == 12 || i == 16 || i == 20) id += '-';
    id += digits[device() % 16];
  }
  return id;
}

client::HoldingOptions holding_options(const RunOptions& options) {
  client::HoldingOptions wanted;
  wanted.servers = options.addresses;
  wanted.wanted.names = options.locks;
  wanted.wanted.id = random_id();
  wanted.wanted.ttl = options.policy.ttl;
  wanted.wanted.wait = options.wait;
  wanted.wanted.mode = options.mode;
  wanted.wanted.slots = options.slots;
  wanted.wanted.delay = options.delay;
  wanted.wanted.max_hold = options.max_hold;
  wanted.wanted.note = options.note;
  wanted.timeout = options.timeout;
  return wanted;
}

}  // namespace

Supervisor::Supervisor(const RunOptions& options, const Signals& signals, Guard& guard,
                       const std::vector<int>& descriptors)
    : options_(options),
      signals_(signals),
      guard_(guard),
      descriptors_(descriptors),
      signal_stream_(context_, fcntl(signals.descriptor(), F_DUPFD_CLOEXEC, 3)),
      timer_(context_, [this] { review(); }),
      patience_(context_, silence),
      holding_(context_, holding_options(options), [this] { review(); }),
      supervision_(options.policy) {
  wait_for_signals();
  patience_.async_wait([this](error_code error) {
    if (!error) say_who_holds_it();
  });
}

int Supervisor::run() {
  review();
  context_.run();
  guard_.dismiss();
  return code_;
}

// Everything that can happen ends here, and nothing is remembered of what it was.
void Supervisor::review() {
  switch (phase_) {
    case Phase::waiting: review_waiting(); break;
    case Phase::running: review_running(); break;
    case Phase::leaving:
    case Phase::returning: review_return(); break;
    case Phase::over: return;
  }
  if (phase_ != Phase::over) set_timer();
}

void Supervisor::review_waiting() {
  const client::Acquisition& acquisition = holding_.acquisition();
  switch (acquisition.state()) {
    case State::held: {
      const Span left = acquisition.held_until() - holding_.now();
      if (left > std::max(Span(options_.policy.grace), lead_of(options_.policy.ttl))) start();
      return;  // else it is renewed first
    }
    case State::refused: {
      const bool expected = is_not_granted(*acquisition.refusal());
      if (!options_.quiet || !expected) say(refusal_text(options_, *acquisition.refusal()));
      return finish(code_of_refusal());
    }
    case State::lost:
      was_lost_ = true;
      say(lost_before_start_text(options_));
      return finish(exit_not_held);
    case State::asking:
    case State::queued:
    case State::released: break;
  }
  if (!holding_.unreachable()) return;
  say(unreachable_text(holding_.why_unreachable()));
  finish(exit_unreachable);
}

void Supervisor::start() {
  patience_.cancel();
  try {
    fork_command();
  } catch (const std::runtime_error& error) {
    say(error.what());
    return give_back(Phase::returning, exit_cannot_execute);
  }
  phase_ = Phase::running;
  review_running();  // the guard knows before the command runs
  if (on_terminal_) terminal_.lend(child_->group());
  child_->let_go();
}

void Supervisor::fork_command() {
  const Token token = holding_.acquisition().token();
  const Command command{
      options_.command,
      {"PAWL_LOCK=" + joined(options_.locks, " "), "PAWL_TOKEN=" + std::to_string(token.value),
       "PAWL_SERVER=" + options_.servers}};
  on_terminal_ = terminal_.is_lent_at_once() && terminal_.is_ours();
  child_ = std::make_unique<Child>(command, signals_, descriptors_, on_terminal_);
}

Situation Supervisor::situation() const {
  const client::Acquisition& acquisition = holding_.acquisition();
  Situation now;
  now.lost = acquisition.state() == State::lost || holding_.now() >= acquisition.held_until();
  now.held_until = acquisition.held_until();
  now.ended = child_->has_ended();
  now.killed = child_->ended_by() == SIGKILL;
  now.others_left = others_left_;
  return now;
}

void Supervisor::review_running() {
  const Moment now = holding_.now();
  const Moment held_until = holding_.acquisition().held_until();
  child_->look_for_end();  // its signal may come behind the one that brought us here
  if (std::exchange(guarded_until_, held_until) != held_until) {
    const bool forever = options_.policy.on_lost == OnLost::ignore;
    const Span left = held_until - now - lead_of(options_.policy.ttl) / 2;
    guard_.watch(child_->group(), forever ? std::nullopt : std::optional(left));
  }
  if (child_->has_ended() && (!look_at_ || now >= *look_at_)) look_for_others();
  Orders orders;
  supervision_.review(now, situation(), orders);
  obey(orders);
  if (child_->has_ended() && !others_left_) end_command();
}

void Supervisor::look_for_others() {
  const auto look = [this] {
    return has_members(child_->group()).value_or(!supervision_.has_killed());
  };
  others_left_ = look() || look();
  if (!others_left_ && !std::exchange(swept_, true)) {
    // Nobody was seen, which proves nothing of one that forks and ends all the time; this does.
    signal_command(SIGKILL);
    others_left_ = look();
  }
  look_pause_ = look_at_ ? std::min(2 * look_pause_, longest_look) : first_look;
  look_at_ = holding_.now() + look_pause_;
}

void Supervisor::signal_command(int signal) {
  if (signal_group(child_->group(), signal) || std::exchange(said_not_ours_, true)) return;
  say("the command is another user's: pawl may not signal it");
}

void Supervisor::obey(const Orders& orders) {
  for (const int signal : orders.signals) signal_command(signal);
  for (const Notice notice : orders.notices) {
    const std::string text = notice_text(options_, notice);
    if (!text.empty()) say(text);
  }
}

void Supervisor::end_command() {
  const bool was_killed = child_->ended_by() != 0;
  // Ctrl-C reached the command alone; who shares pawl's place on the terminal expects it too.
  const int by = child_->ended_by();
  const bool pass_on = terminal_.is_lent() && (by == SIGINT || by == SIGQUIT);
  terminal_.take_back(was_killed);
  if (pass_on) ::kill(0, by);
  if (child_->exec_error() != 0) say(exec_error_text(options_, child_->exec_error()));
  was_lost_ = supervision_.lost();
  asked_to_end_ |= by == SIGINT || by == SIGQUIT;
  const int code = supervision_.lost() ? exit_not_held : child_->exit_code();
  if (supervision_.lost()) say(end_text(options_, child_->exit_code()));
  give_back(Phase::returning, code);
}

void Supervisor::give_back(Phase phase, int code) {
  phase_ = phase;
  code_ = code;
  holding_.release();
  review_return();
}

void Supervisor::review_return() {
  const State state = holding_.acquisition().state();
  const bool done = state == State::released || state == State::lost || state == State::refused ||
                    holding_.gave_up() || holding_.unreachable();
  if (!done) return;
  if (holding_.gave_up() && !supervision_.lost()) say(gave_up_text(options_));
  finish(code_);
}

void Supervisor::finish(int code) {
  phase_ = Phase::over;
  code_ = code;
  context_.stop();
}

int Supervisor::code_of_refusal() const {
  return exit_code_of(holding_.acquisition().refusal()->code, options_.conflict_exit_code);
}

void Supervisor::set_timer() {
  if (phase_ != Phase::running) return;
  const Moment now = holding_.now();
  Moment next = supervision_.next_deadline(situation());
  if (child_->has_ended() && others_left_) next = std::min(next, *look_at_);
  if (next == never) {
    timer_.disarm();
  } else {
    timer_.arm(std::max(next - now, Span::zero()));
  }
}

void Supervisor::say_who_holds_it() {
  if (phase_ != Phase::waiting || options_.quiet) return;
  holders_.emplace(context_, options_.addresses, options_.locks, [this](const std::string& text) {
    if (phase_ == Phase::waiting) say("waiting for " + names_text(options_.locks) + ": " + text);
  });
}

void Supervisor::wait_for_signals() {
  signal_stream_.async_wait(stream_descriptor::wait_read, [this](error_code error) {
    if (error) return;
    while (phase_ != Phase::over) {
      const auto info = signals_.next();
      if (!info) break;
      on_signal(static_cast<int>(info->ssi_signo));
    }
    wait_for_signals();
    review();
  });
}

void Supervisor::on_signal(int signal) {
  if (signal == SIGCHLD) return on_child_signal();
  switch (phase_) {
    case Phase::waiting:
      if (stops_by_default(signal)) static_cast<void>(signals_.stop_here(signal));
      if (ends_by_default(signal)) give_back(Phase::leaving, 128 + signal);
      return;
    case Phase::running:
      if (signal == SIGCONT) return resume(terminal_.is_lent_at_once());
      asked_to_end_ |= signal == SIGTERM || signal == SIGINT || signal == SIGQUIT;
      return signal_command(signal);
    case Phase::leaving:
    case Phase::returning:
      // A second one does not wait for the server; what is left ends with its lease.
      asked_to_end_ |= ends_by_default(signal);
      if (ends_by_default(signal)) finish(code_);
      return;
    case Phase::over: return;
  }
}

void Supervisor::on_child_signal() {
  if (!child_) return;
  while (const auto change = child_->poll()) {
    if (change->stopped_by != 0) on_stopped(change->stopped_by);
  }
}

// A job stops as a whole: the terminal is taken back, and pawl stops with its command.
void Supervisor::on_stopped(int by) {
  if (!terminal_.exists()) return;  // nobody could continue us; the lock is kept meanwhile
  const bool wants_terminal = by == SIGTTIN || by == SIGTTOU;
  if (wants_terminal && terminal_.is_ours()) return resume(true);
  const bool lend = wants_terminal || terminal_.is_lent() || terminal_.is_lent_at_once();
  terminal_.take_back(false);
  const bool was_stopped = signals_.stop_here(by == SIGSTOP ? SIGTSTP : by);
  if (was_stopped || by != SIGSTOP) resume(lend);
}

// The lease is judged before the command moves again: what was lost meanwhile is killed stopped.
void Supervisor::resume(bool lend) {
  review_running();
  if (phase_ != Phase::running || supervision_.lost()) return;
  if (lend) terminal_.lend(child_->group());
  signal_command(SIGCONT);
}

}  // namespace pawl::cli
